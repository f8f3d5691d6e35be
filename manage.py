#!/usr/bin/env python3
"""Django's commands; without DATABASE_URL they use the embedded database, started for the command when none runs."""

import importlib.util
import os
import signal
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def into_virtual_environment() -> None:
    """Go on with .venv's Python when this one has no Django."""
    if importlib.util.find_spec("django") is not None:
        return
    python = HERE / ".venv" / "bin" / "python"
    if not python.exists():
        sys.exit("Nothing is installed yet. Run `python3 start.py` once, or `python3 start.py test`.")
    if Path(sys.prefix).resolve() == (HERE / ".venv").resolve():
        sys.exit("The virtual environment is incomplete. Run `python3 start.py` once.")
    os.execv(python, [str(python), str(HERE / "manage.py"), *sys.argv[1:]])  # noqa: S606  becomes the other program


def main() -> None:
    """Run one command."""
    into_virtual_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxplatform.settings")
    from django.core.management import execute_from_command_line

    from cxplatform.embedded.binaries import EmbeddedError
    from cxplatform.embedded.command import database_for

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a database we started is stopped
    try:
        with database_for(sys.argv):
            execute_from_command_line(sys.argv)
    except EmbeddedError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
