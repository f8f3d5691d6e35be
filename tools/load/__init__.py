"""A bounded load on a private installation; see `python -m tools.load --help`."""
