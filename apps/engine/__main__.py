"""`python -m apps.engine`: the same functions on plain CSV files."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
