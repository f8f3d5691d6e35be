"""Readers, a writer of feedback and repeated deliveries on a private installation on this machine, for a bounded time.

    python -m tools.load [--seconds N] [--users N] [--webhooks N]

Prints requests, errors and percentiles per kind of request, and reconciles: accepted = stored. Exit status 1 when a
request failed, when the count is wrong, or when the 95th percentile is over --p95-ms.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections import defaultdict

from tools.company import feedback, found_company
from tools.stand import Stand, embedded_stand

READS = ("/api/v1/cases/?state=new", "/api/v1/cases/", "/api/v1/imports/", "/healthz")
LONGEST_SECONDS = 900


class Tally:
    """What happened: seconds by kind of request, and answers that should not be."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.wrong: list[str] = []
        self.accepted: set[str] = set()
        self.lock = threading.Lock()

    def note(self, kind: str, began: float, status: int, good: tuple[int, ...]) -> None:
        """Count one answer."""
        with self.lock:
            self.seconds[kind].append(time.monotonic() - began)
            if status not in good:
                self.wrong.append(f"{kind}: {status}")


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the values lie, in ms."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def read(stand: Stand, key: str, tally: Tally, until: float, rng: random.Random) -> None:
    """One person looking around with short pauses."""
    while time.monotonic() < until:
        path = rng.choice(READS)
        began = time.monotonic()
        status, _ = stand.request("GET", path, Authorization=f"Bearer {key}")
        tally.note(path.partition("?")[0], began, status, (200,))
        time.sleep(rng.uniform(0.1, 0.5))


def deliver(stand: Stand, key: str, tally: Tally, until: float, rng: random.Random, rate: float) -> None:
    """Webhooks at a steady rate, three in ten of them delivered before."""
    number = rng.randrange(10**9)
    while time.monotonic() < until:
        repeat = rng.random() < 0.3
        number += 0 if repeat else 1
        row = feedback(number, score=rng.randint(1, 5))
        began = time.monotonic()
        status, _ = stand.request("POST", "/api/v1/feedback/", row, Authorization=f"Bearer {key}")
        tally.note("webhook", began, status, (200, 201))
        if status in (200, 201):
            with tally.lock:
                tally.accepted.add(row["external_id"])
        time.sleep(max(0.0, 1 / rate - (time.monotonic() - began)))


def main() -> int:
    """Run the load; the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--users", type=int, default=6)
    parser.add_argument("--webhooks", type=float, default=10, help="per second, in all")
    parser.add_argument("--p95-ms", type=float, default=1500)
    options = parser.parse_args()
    if options.seconds > LONGEST_SECONDS:
        parser.error(f"at most {LONGEST_SECONDS} seconds")
    with embedded_stand() as stand:
        stand.env["CX_API_RATE"] = "1000000/min"
        stand.child("web0").ask_to_stop()
        stand.wait("the web is back without its rate limit", lambda: stand.get("/healthz")[0] == 200, 60)
        keys = found_company(stand)
        tally = Tally()
        until = time.monotonic() + options.seconds
        people = [
            threading.Thread(
                target=read, args=(stand, keys["team_lead"], tally, until, random.Random(number))
            )
            for number in range(options.users)
        ]
        senders = [
            threading.Thread(
                target=deliver,
                args=(
                    stand,
                    keys["analyst"],
                    tally,
                    until,
                    random.Random(100 + number),
                    options.webhooks / 2,
                ),
            )
            for number in range(2)
        ]
        for thread in [*people, *senders]:
            thread.start()
        for thread in [*people, *senders]:
            thread.join()
        stored = stand.number("SELECT count(*) FROM feedback_response")
        lag = stand.wait("the outbox is worked off", lambda: open_effects(stand) == 0, 120)
    worst = 0.0
    for kind, values in sorted(tally.seconds.items()):
        worst = max(worst, percentile(values, 0.95))
        figures = "  ".join(
            f"p{int(share * 100)} {percentile(values, share):6.0f} ms" for share in (0.5, 0.95, 0.99)
        )
        print(f"{kind:<22} {len(values):6d} requests  {len(values) / options.seconds:6.1f}/s  {figures}")
    print(
        f"{len(tally.wrong)} errors {sorted(set(tally.wrong))}; accepted {len(tally.accepted)}, stored {stored}; outbox {lag:.0f} s"
    )
    return int(bool(tally.wrong) or stored != len(tally.accepted) or worst > options.p95_ms)


def open_effects(stand: Stand) -> int:
    """Effects that are still to be done."""
    return stand.number(
        "SELECT count(*) FROM notifications_outbox WHERE done_at IS NULL AND parked_at IS NULL"
    )


if __name__ == "__main__":
    sys.exit(main())
