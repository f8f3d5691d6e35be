"""Faults done on purpose to a private installation; see `python -m tools.faults --help`."""
