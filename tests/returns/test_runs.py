"""Runs: asked once, watched, called off, and finished once whoever dies."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from apps.core.errors import Conflict, Denied, NotVisible
from apps.initiatives.models import Initiative
from apps.notifications.models import Outbox
from apps.returns import recompute, services
from apps.returns.models import RecomputeItem, RecomputeRun, Snapshot
from tests.processes import database_url


def ask(cast: Any, now: dt.datetime, row: Initiative | None = None, who: str = "cx_manager") -> RecomputeRun:
    return services.recompute_request(actor=cast.actor(who), now=now, initiative=row)


def test_the_same_question_twice_is_one_run(cast: Any, coaching: Initiative, now: dt.datetime) -> None:
    first, second = ask(cast, now, coaching), ask(cast, now, coaching)
    assert first.pk == second.pk
    assert RecomputeItem.objects.count() == Outbox.objects.filter(topic="returns.item").count() == 1


def test_who_may_ask(cast: Any, coaching: Initiative, now: dt.datetime) -> None:
    for who, error in [
        ("executive", Denied),
        ("frontline", Denied),
        ("administrator", Denied),
        ("other_unit", Denied),
    ]:
        with pytest.raises((error, NotVisible)):
            ask(cast, now, coaching, who)
    assert not RecomputeRun.objects.exists()


def test_an_item_is_worked_once_however_often_its_message_comes(
    cast: Any, coaching: Initiative, now: dt.datetime
) -> None:
    run = ask(cast, now, coaching)
    key = str(RecomputeItem.objects.get().pk)
    for _ in range(2):
        recompute.item_work(key=key, payload={}, now=now)
    run.refresh_from_db()
    item = RecomputeItem.objects.get()
    assert (run.state, item.state, item.attempt, item.changed, Snapshot.objects.count()) == (
        "done",
        "done",
        1,
        1,
        1,
    )


def test_a_run_called_off_begins_nothing_more(cast: Any, coaching: Initiative, now: dt.datetime) -> None:
    run = ask(cast, now, coaching)
    services.recompute_cancel(actor=cast.actor("cx_manager"), now=now, run=run)
    recompute.item_work(key=str(RecomputeItem.objects.get().pk), payload={}, now=now)
    run.refresh_from_db()
    assert (run.state, Snapshot.objects.count()) == ("cancelled", 0)
    with pytest.raises(Conflict):
        services.recompute_cancel(actor=cast.actor("cx_manager"), now=now, run=run)


def test_a_dead_workers_item_is_taken_over_and_the_late_one_changes_nothing(
    cast: Any, coaching: Initiative, now: dt.datetime
) -> None:
    run = ask(cast, now, coaching)
    key = RecomputeItem.objects.get().pk
    dead = recompute._claim(key, now)
    assert dead is not None
    assert recompute._claim(key, now) is None, "somebody holds it"
    later = now + recompute.LEASE + dt.timedelta(seconds=1)
    assert recompute.sweep(now=later) == 0
    assert Outbox.objects.filter(topic="returns.item", key=str(key)).count() == 2, "dispatched again"
    recompute.item_work(key=str(key), payload={}, now=later)
    recompute._finish(dead, "failed", error="too late")
    item = RecomputeItem.objects.get()
    run.refresh_from_db()
    assert (item.state, item.attempt, item.error, run.state) == ("done", 2, "", "done")


def test_what_kills_its_worker_each_time_is_given_up(
    cast: Any, coaching: Initiative, now: dt.datetime
) -> None:
    run = ask(cast, now, coaching)
    key = RecomputeItem.objects.get().pk
    at = now
    for _ in range(recompute.ATTEMPTS):
        assert recompute._claim(key, at) is not None
        at += recompute.LEASE + dt.timedelta(seconds=1)
    assert recompute._claim(key, at) is None
    run.refresh_from_db()
    assert run.state == "failed"


WORKER = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from django.utils import timezone
from apps.returns import recompute
from apps.returns.computing import compute
import apps.returns.computing as computing
def slow(plan):
    found = compute(plan)
    print("computing", flush=True)
    time.sleep(60)
    return found
computing.compute = slow
recompute.item_work(key=sys.argv[1], payload={}, now=timezone.now())
"""


@pytest.mark.ops
@pytest.mark.django_db(transaction=True)
def test_kill_9_in_the_middle_finishes_once(coaching: Initiative, cast: Any, now: dt.datetime) -> None:
    """R 8 of reliability: a worker killed while it computes; the next one does the whole, once."""
    from django.utils import timezone

    run = ask(cast, timezone.now(), coaching)
    key = str(RecomputeItem.objects.get().pk)
    child = subprocess.Popen(
        [sys.executable, "-c", WORKER, key],
        env={**os.environ, "DATABASE_URL": database_url()},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "computing"
    assert RecomputeItem.objects.get().state == "running"
    child.send_signal(signal.SIGKILL)
    child.wait(timeout=10)
    assert Snapshot.objects.count() == 0, "nothing half-written"
    later = timezone.now() + recompute.LEASE + dt.timedelta(seconds=1)
    recompute.item_work(key=key, payload={}, now=later)
    run.refresh_from_db()
    assert (run.state, Snapshot.objects.count(), RecomputeItem.objects.get().attempt) == ("done", 1, 2)
