"""Kill processes, shut the broker, restart the database in the middle of work, and count what is lost (nothing).

    python -m tools.faults [--quick] [--seed N] [NAME ...]      names: see SCENARIOS

Each scenario prints one line and fails loudly. Everything runs on private, throw-away installations on this machine.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections.abc import Callable

from tools.faults import imports, machinery, returns

SCENARIOS: dict[str, Callable[[random.Random, bool], str]] = {
    "kill-processes": machinery.kill_processes,
    "poison": machinery.poison,
    "queue-wiped": machinery.queue_wiped,
    "database-restart": machinery.database_restart,
    "broker-away": machinery.broker_away,
    "import-killed": imports.import_killed,
    "recompute-killed": returns.recompute_killed,
}


def main() -> int:
    """Run the scenarios asked for; the number of failed ones."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="scenarios to run (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer rows and kills: about two minutes in all")
    parser.add_argument("--seed", type=int, default=20260, help="the same seed kills at the same moments")
    options = parser.parse_args()
    unknown = set(options.names) - set(SCENARIOS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(SCENARIOS)}")
    failed = 0
    for name in options.names or SCENARIOS:
        began = time.monotonic()
        try:
            found = SCENARIOS[name](random.Random(options.seed), options.quick)
        except Exception:
            failed += 1
            found = "FAILED\n" + traceback.format_exc()
        print(f"{name} ({time.monotonic() - began:.0f} s): {found}", flush=True)
    print(f"{len(options.names or SCENARIOS) - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
