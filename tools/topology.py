"""The whole flow as people deploy it: two web and two worker processes, RabbitMQ, a PostgreSQL server.

    python -m tools.topology

Needs both services on their standard local ports; uses a database and a virtual host of its own. Prints what it checked.
"""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tools.broker import private_vhost
from tools.company import feedback, feedback_file, found_company
from tools.stand import Stand, multipart, server_stand

SERVER = os.environ.get("CX_TOPOLOGY_SERVER", "postgresql://postgres@127.0.0.1:5432/postgres")
ROWS = 3000
MAPPING = {
    "version": 1,
    "kind": "feedback",
    "columns": {name: name for name in ("external_id", "customer_key", "answered_at", "score", "verbatim")},
    "constants": {"source": "survey", "scale_min": 1, "scale_max": 5},
    "zone": "Europe/Berlin",
}


def same(found: Any, wanted: Any, what: str) -> None:
    """Fail with both values unless they are equal."""
    if found != wanted:
        raise AssertionError(f"{what}: {found!r} instead of {wanted!r}")


def deliver(stand: Stand, key: str) -> str:
    """40 responses, each delivered four times at once to both web processes: one response and one case each."""
    auth = {"Authorization": f"Bearer {key}"}

    def post(turn: int) -> tuple[int, str]:
        status, body = stand.request("POST", "/api/v1/feedback/", feedback(turn % 40), web=turn % 2, **auth)
        return status, str(body.get("case"))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(160)))
    same({status for status, _ in answers} <= {200, 201}, True, f"answers {sorted({s for s, _ in answers})}")
    same(sum(status == 201 for status, _ in answers), 40, "new responses")
    same(stand.number("SELECT count(*) FROM feedback_response"), 40, "responses")
    same(stand.number("SELECT count(*) FROM cases_case"), 40, "cases")
    same(len({case for _, case in answers}), 40, "case numbers in the answers")
    return "160 deliveries of 40 responses: 40 cases"


def close_a_case(stand: Stand, key: str) -> str:
    """Take, contact, resolve and close one case, each step on the other web process; a stale step is refused."""
    auth = {"Authorization": f"Bearer {key}"}
    uid = stand.execute("SELECT uid FROM cases_case ORDER BY id LIMIT 1")[0][0]
    steps: list[tuple[str, dict[str, Any]]] = [
        ("take", {}),
        ("contact", {"channel": "phone", "is_reached": True, "minutes": "7.5"}),
        ("resolve", {"cause": "queue", "resolution": "called back"}),
        ("close", {"outcome": "confirmed"}),
    ]
    for number, (step, body) in enumerate(steps):
        _, case = stand.request("GET", f"/api/v1/cases/{uid}/", web=number % 2, **auth)
        match = {"If_Match": f'"{case["version"]}"'}
        path = f"/api/v1/cases/{uid}/{step}/"
        status, answer = stand.request("POST", path, body, web=(number + 1) % 2, **auth, **match)
        same(status, 200, f"{step} answered {answer}")
        status, _ = stand.request("POST", path, body, web=number % 2, **auth, **match)
        same(status in (409, 412), True, f"{step} with a stale version answered {status}")
    same(stand.execute("SELECT state FROM cases_case WHERE uid = %s", (uid,))[0][0], "closed", "the case")
    return "a case taken, contacted, resolved and closed over two web processes; stale steps refused"


def submit_import(stand: Stand, key: str, rows: int) -> str:
    """Upload a feedback file, wait for its preview, confirm it; the import's uid."""
    auth = {"Authorization": f"Bearer {key}"}
    form = {"kind": "feedback", "mapping": json.dumps(MAPPING)}
    body, kind = multipart(form, "feedback.csv", feedback_file(rows))
    status, job = stand.request("POST", "/api/v1/imports/upload/", body, **auth, Content_Type=kind)
    same(status, 201, f"the upload answered {job}")
    status, answer = stand.request("POST", f"/api/v1/imports/{job['uid']}/preview/", **auth)
    same(status, 202, f"the preview answered {answer}")
    wait_for_state(stand, str(job["uid"]), "previewed", 60)
    status, answer = stand.request("POST", f"/api/v1/imports/{job['uid']}/confirm/", **auth)
    same(status, 202, f"the confirmation answered {answer}")
    return str(job["uid"])


def state_of(stand: Stand, uid: str) -> str:
    """The state of an import."""
    return str(stand.execute("SELECT state FROM intake_importjob WHERE uid = %s", (uid,))[0][0])


def wait_for_state(stand: Stand, uid: str, state: str, seconds: float) -> float:
    """Wait until an import has this state; the seconds it took. RuntimeError when it fails instead."""

    def arrived() -> bool:
        now = state_of(stand, uid)
        if now == "failed":
            raise RuntimeError(
                str(stand.execute("SELECT error FROM intake_importjob WHERE uid = %s", (uid,)))
            )
        return now == state

    return stand.wait(f"the import is {state}", arrived, seconds)


def import_a_file(stand: Stand, key: str) -> str:
    """A file through upload, preview and confirmation, worked off by the workers; the same file again is harmless."""
    before = stand.number("SELECT count(*) FROM feedback_response")
    uid = submit_import(stand, key, ROWS)
    took = wait_for_state(stand, uid, "done", 180)
    same(stand.number("SELECT count(*) FROM feedback_response") - before, ROWS, "imported responses")
    return f"{ROWS} rows imported by the workers in {took:.0f} s"


def start_initiatives(stand: Stand, key: str, number: int) -> None:
    """Register initiatives with a cost each, and let them have begun."""
    auth = {"Authorization": f"Bearer {key}"}
    owner = str(stand.execute("SELECT uid FROM accounts_user WHERE name = 'cx_manager'")[0][0])
    for index in range(number):
        body = {
            "key": f"i{index}", "name": f"Initiative {index}", "unit": "north", "owner": owner,
            "investment_class": "people_process",
        }  # fmt: skip
        status, made = stand.request(
            "POST", "/api/v1/initiatives/", body, web=index % len(stand.ports), **auth
        )
        same(status, 201, f"the initiative answered {made}")
        cost = {
            "label": "Training",
            "amount": "1200.00",
            "starts_on": "2026-01-01",
            "plan": "actual",
            "rhythm": "once",
        }
        status, answer = stand.request("POST", f"/api/v1/initiatives/{made['uid']}/costs/", cost, **auth)
        same(status, 201, f"the cost answered {answer}")
    # The gates between idea and live need several people's decisions; they have their own tests.
    stand.execute("UPDATE initiatives_initiative SET stage = 'live'")


def ask_for_returns(stand: Stand, key: str) -> str:
    """Ask for a recompute of everything; the run's uid."""
    status, run = stand.request("POST", "/api/v1/returns/runs/", {}, Authorization=f"Bearer {key}")
    same(status, 201, f"the run answered {run}")
    return str(run["uid"])


def wait_for_run(stand: Stand, uid: str, seconds: float) -> float:
    """Wait until a run is done; the seconds it took."""
    query = "SELECT count(*) FROM returns_recomputerun WHERE uid = %s AND state = 'done'"
    return stand.wait("the run is done", lambda: stand.number(query, (uid,)) == 1, seconds)


def compute_returns(stand: Stand, key: str) -> str:
    """Three initiatives with costs, recomputed by the workers: a snapshot each, with what was invested."""
    start_initiatives(stand, key, 3)
    took = wait_for_run(stand, ask_for_returns(stand, key), 120)
    invested = stand.execute(
        "SELECT n.invested FROM returns_returnstate s JOIN returns_snapshot n ON n.id = s.current_id ORDER BY 1"
    )
    same([str(value) for (value,) in invested], ["1200.00"] * 3, "invested")
    return f"returns of three initiatives computed by the workers in {took:.0f} s"


def effects_done(stand: Stand) -> str:
    """Everything the flow left in the outbox is worked off."""
    query = "SELECT count(*) FROM notifications_outbox WHERE done_at IS NULL"
    took = stand.wait("the outbox is empty", lambda: stand.number(query) == 0, 120)
    return f"outbox empty after {took:.0f} s, {stand.number('SELECT count(*) FROM notifications_outbox')} effects done"


def main() -> int:
    """Run the flow; the exit status."""
    began = time.monotonic()
    with (
        private_vhost(f"cx_topology_{os.getpid()}") as vhost,
        server_stand(SERVER, broker_url=vhost, webs=2, workers=2) as stand,
    ):
        print(
            f"two web and two worker processes are ready after {time.monotonic() - began:.0f} s", flush=True
        )
        keys = found_company(stand)
        steps = (
            (deliver, "analyst"), (close_a_case, "team_lead"), (import_a_file, "analyst"), (compute_returns, "cx_manager"),
        )  # fmt: skip
        for step, role in steps:
            print(step(stand, keys[role]), flush=True)
        print(effects_done(stand), flush=True)
    print(f"the whole flow took {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
