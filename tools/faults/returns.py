"""A recompute whose worker is killed ends complete: every return computed once, from the same inputs to the same digest."""

from __future__ import annotations

import os
import random
import signal
import time

from tools.company import found_company
from tools.faults.machinery import check
from tools.stand import embedded_stand
from tools.topology import ask_for_returns, start_initiatives, wait_for_run


def recompute_killed(rng: random.Random, quick: bool) -> str:
    """Kill the worker and its children while a run over all initiatives is worked on."""
    initiatives, kills = (12, 1) if quick else (60, 4)
    with embedded_stand() as stand:
        keys = found_company(stand)
        start_initiatives(stand, keys["cx_manager"], initiatives)
        uid = ask_for_returns(stand, keys["cx_manager"])
        for _ in range(kills):
            time.sleep(rng.uniform(0.5, 2.0))
            child = stand.child("worker-jobs0")
            if child.process and child.process.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            stand.revive()
        took = wait_for_run(stand, uid, 420)
        current = stand.number(
            "SELECT count(*) FROM returns_returnstate WHERE current_id IS NOT NULL AND NOT is_stale"
        )
        check(current == initiatives, f"{current} current returns instead of {initiatives}")
        doubled = stand.number(
            "SELECT count(*) FROM (SELECT 1 FROM returns_snapshot GROUP BY initiative_id, engine_version, digest HAVING count(*) > 1) x"
        )
        check(doubled == 0, f"{doubled} snapshots of the same inputs twice")
        return f"{initiatives} returns, {kills} kills: all current, none twice, done {took:.0f} s after the last kill"
