"""R4: an import whose worker is killed again and again ends complete: nothing lost, nothing twice."""

from __future__ import annotations

import os
import random
import signal
import time

from tools.company import found_company
from tools.faults.machinery import check
from tools.stand import embedded_stand
from tools.topology import state_of, submit_import, wait_for_state


def import_killed(rng: random.Random, quick: bool) -> str:
    """Kill the worker and its children at random moments while a file is applied."""
    rows, kills = (3_000, 3) if quick else (40_000, 12)
    with embedded_stand() as stand:
        keys = found_company(stand)
        uid = submit_import(stand, keys["analyst"], rows)
        done = 0
        for _ in range(kills):
            time.sleep(rng.uniform(0.3, 1.5))
            if state_of(stand, uid) == "done":
                break
            child = stand.child("worker-jobs0")
            if child.process and child.process.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                done += 1
            stand.revive()
        took = wait_for_state(stand, uid, "done", 150 if quick else 600)
        responses = stand.number("SELECT count(*) FROM feedback_response")
        check(responses == rows, f"{responses} responses instead of {rows}")
        added, rest = stand.execute(
            "SELECT added, changed + skipped + rejected FROM intake_importjob WHERE uid = %s", (uid,)
        )[0]
        check((added, rest) == (rows, 0), f"the job counts {added} added and {rest} others")
        doubled = stand.number(
            "SELECT count(*) FROM (SELECT 1 FROM cases_caseresponse GROUP BY response_id HAVING count(*) > 1) x"
        )
        check(doubled == 0, f"{doubled} responses in more than one case")
        return f"{rows} rows, {done} kills: {responses} there, counts reconcile, done {took:.0f} s after the last kill"
