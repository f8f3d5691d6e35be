"""The rollup beside writers: nothing is lost, whoever commits first."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from apps.feedback.services import responses_bulk_record
from apps.kpis.models import Observation, RollupDirty
from apps.kpis.services import rollup_check, rollup_mark, rollup_work
from tests.cast import Cast
from tests.feedback.factories import NOW, SYSTEM, make_source, row
from tests.kpis.factories import make_kpi


@pytest.mark.django_db(transaction=True)
def test_rows_committed_while_the_rollup_runs_are_counted_next_time(transactional_db):
    cast = Cast()
    source = make_source(cast.store, "shop")
    make_kpi("n", statistic="count", derived={"from": "feedback"})
    key = (cast.store.pk, NOW.date())
    written, may_commit = threading.Event(), threading.Event()

    def writer() -> None:
        with transaction.atomic():
            outcome = responses_bulk_record(actor=SYSTEM, now=NOW, rows=[row(source, "slow")])
            rollup_mark(origin="feedback", keys=outcome.touched, now=NOW)
            written.set()
            may_commit.wait(10)
        connection.close()

    rollup_mark(origin="feedback", keys=[key], now=NOW)  # a mark of the same key that is committed already
    thread = threading.Thread(target=writer)
    thread.start()
    assert written.wait(10)
    assert rollup_work(now=NOW) == 1  # does not wait for the writer, and sees none of its rows
    assert not Observation.objects.exists()
    may_commit.set()
    thread.join(10)
    assert RollupDirty.objects.count() == 1
    assert rollup_work(now=NOW) == 1
    assert Observation.objects.get().value == 1
    assert rollup_check() == []


@pytest.mark.django_db(transaction=True)
def test_two_rollups_at_once_do_the_work_once_each(transactional_db):
    cast = Cast()
    source = make_source(cast.store, "shop")
    make_kpi("n", statistic="count", grain="day", derived={"from": "feedback"})
    responses_bulk_record(actor=SYSTEM, now=NOW, rows=[row(source, str(n)) for n in range(50)])
    for _ in range(6):
        rollup_mark(origin="feedback", keys=[(cast.store.pk, NOW.date())], now=NOW)
    done, errors = [], []

    def work() -> None:
        try:
            while count := rollup_work(now=NOW, limit=1):
                done.append(count)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert sum(done) == 6
    assert Observation.objects.get().value == 50
