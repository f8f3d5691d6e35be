"""R7 to R10: the outbox, the relay, workers, broker and database under fire, with effects that can be counted."""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time

import psycopg2

from cxplatform.embedded.processes import kill_group
from tools.broker import Door, answers, private_vhost
from tools.stand import Stand, embedded_stand, server_stand

SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"


class Wrong(AssertionError):
    """The product lost, doubled or refused something it must not."""


def check(true: bool, what: str) -> None:
    """Fail the scenario unless it holds."""
    if not true:
        raise Wrong(what)


def outcome(stand: Stand, wanted: int) -> str:
    """After all rows are done: every effect there once; says how often work was repeated on the way."""
    effects = stand.number("SELECT count(*) FROM probe_effect")
    runs = stand.number("SELECT count(*) FROM probe_run")
    parked = stand.number(
        "SELECT count(*) FROM notifications_outbox WHERE parked_at IS NOT NULL AND topic <> 'probe.poison'"
    )
    check(effects == wanted, f"{effects} effects instead of {wanted}")
    check(parked == 0, f"{parked} rows parked")
    return f"{wanted} rows, 0 lost, effects once, {runs - wanted} repeated runs"


def kill_processes(rng: random.Random, quick: bool) -> str:
    """R7: kill -9 worker, pool child, scheduler, web and relay at random moments."""
    rows, kills = (300, 6) if quick else (3000, 25)
    with embedded_stand() as stand:
        stand.add_rows("probe.effect", [f"e{number}" for number in range(rows)], seconds=0.01)
        stand.add_rows("probe.long", [f"l{number}" for number in range(rows // 20)], seconds=0.1)
        for number in range(kills):
            time.sleep(rng.uniform(0.2, 0.8))
            child = stand.children[number % len(stand.children)]
            if child.process and child.process.poll() is None:
                if rng.random() < 0.5:
                    os.kill(child.pid, signal.SIGKILL)  # the parent alone: its pool must not go on as orphans
                else:
                    kill_group(child.pid)
            stand.revive()
        took = stand.wait("all rows are done", lambda: stand.open_rows() == 0, 240)
        return f"{kills} kills; {outcome(stand, rows + rows // 20)}; done {took:.0f} s after the last kill"


def poison(rng: random.Random, quick: bool) -> str:
    """R8: rows that kill every process that works on them are parked with a reason; all others go on."""
    rows = 100 if quick else 1000
    with embedded_stand() as stand:
        stand.add_rows("probe.poison", ["p1", "p2"])
        stand.add_rows("probe.effect", [f"e{number}" for number in range(rows)])
        took = stand.wait("all rows are done or parked", lambda: stand.open_rows() == 0, 180)
        parked = stand.execute(
            "SELECT attempts, last_error FROM notifications_outbox WHERE parked_at IS NOT NULL"
        )
        check(len(parked) == 2, f"{len(parked)} rows parked instead of 2")
        check(all(error for _, error in parked), "a parked row without a reason")
        stand.wait("readiness is green again", stand.ready, 60)
        return f"2 parked after {parked[0][0]} attempts, {outcome(stand, rows)}, in {took:.0f} s"


def queue_wiped(rng: random.Random, quick: bool) -> str:
    """R9, wiped broker: all messages vanish while work is going on."""
    rows = 200 if quick else 2000
    with embedded_stand() as stand:
        stand.add_rows("probe.long", [f"e{number}" for number in range(rows)], seconds=0.02)
        time.sleep(1.0)
        for entry in (stand.var / "queue").iterdir():
            entry.unlink(missing_ok=True)
        shutil.rmtree(stand.var / "queue", ignore_errors=True)
        time.sleep(1.0)
        (stand.var / "queue").mkdir(exist_ok=True)
        took = stand.wait("all rows are done", lambda: stand.open_rows() == 0, 240)
        return f"{outcome(stand, rows)}; all done {took:.0f} s after the wipe"


def database_restart(rng: random.Random, quick: bool) -> str:
    """R10: fast restart and kill -9 of the database under writing clients: no acknowledged row is lost."""
    rounds = 2 if quick else 6
    with embedded_stand() as stand:
        acknowledged: list[str] = []
        refused = [0]
        ended = threading.Event()

        def write(writer: int) -> None:
            number = 0
            while not ended.is_set():
                number += 1
                try:
                    stand.add_rows("probe.effect", [f"w{writer}-{number}"])
                    acknowledged.append(f"w{writer}-{number}")
                except psycopg2.Error:
                    refused[0] += 1
                    time.sleep(0.05)

        writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
        for writer in writers:
            writer.start()
        odd: set[int] = set()
        for number in range(rounds):
            time.sleep(1.5)
            assert stand.postgres
            assert stand.postgres.process
            stand.postgres.process.send_signal(signal.SIGKILL if number % 2 else signal.SIGINT)
            odd.add(stand.get("/readyz")[0])
            stand.postgres.process.wait(30)
            stand.revive()
        ended.set()
        for writer in writers:
            writer.join()
        check(odd <= {200, 503}, f"the web answered {sorted(odd)} while the database was away")
        stand.wait("all rows are done", lambda: stand.open_rows() == 0, 180)
        missing = len(acknowledged) - stand.number(
            "SELECT count(*) FROM notifications_outbox WHERE key = ANY(%s)", (acknowledged,)
        )
        check(missing == 0, f"{missing} acknowledged rows are missing")
        undone = stand.number(
            "SELECT count(*) FROM notifications_outbox WHERE topic = 'probe.effect' AND done_at IS NULL"
        )
        check(undone == 0, f"{undone} rows not done")
        stand.wait("readiness is green again", stand.ready, 60)
        return f"{rounds} restarts, {len(acknowledged)} acknowledged rows, 0 lost, {refused[0]} clear errors meanwhile"


def broker_away(rng: random.Random, quick: bool) -> str:
    """R9: RabbitMQ refuses, then hangs; pages answer at once meanwhile, and everything is worked off afterwards."""
    if not (answers(5672) and answers(5432)):
        return "skipped: needs RabbitMQ on 5672 and PostgreSQL on 5432"
    pause = 5 if quick else 60
    door = Door(5672)
    try:
        with (
            private_vhost(f"cx_faults_{os.getpid()}") as vhost,
            server_stand(SERVER, broker_url=door.url(vhost)) as stand,
        ):
            slowest = 0.0
            for shut in (door.refuse, door.hang):
                shut()
                stand.add_rows("probe.effect", [f"{shut.__name__}{number}" for number in range(50)])
                until = time.monotonic() + pause
                while time.monotonic() < until:
                    began = time.monotonic()
                    check(stand.get("/healthz")[0] == 200, "the web did not answer")
                    status, _ = stand.get("/readyz")
                    check(status in (200, 503), f"readiness answered {status}")
                    slowest = max(slowest, time.monotonic() - began)
                    time.sleep(0.5)
                door.open()
                took = stand.wait("all rows are done", lambda: stand.open_rows() == 0, 120)
                stand.wait("readiness is green again", stand.ready, 120)
            check(slowest < 2.5, f"a request took {slowest:.1f} s while the broker was away")
            return f"{outcome(stand, 100)}; slowest request {slowest:.2f} s; worked off {took:.0f} s after the return"
    finally:
        door.close()
