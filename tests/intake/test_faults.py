"""The same things at the same time, and workers that are killed: nothing lost, nothing doubled (R1, R4, R7)."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connections

from apps.cases.models import Case, CaseRule
from apps.customers.models import Customer, Identity, Purchase
from apps.feedback.models import Response, Source
from apps.intake.importers.jobs import job_work
from apps.intake.models import ImportJob, State
from apps.intake.services import batch_receive, feedback_receive, import_confirm
from tests.intake.support import NOW, previewed
from tests.processes import database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def analyst(cast):
    CaseRule.objects.create(name="Low", unit=cast.company, score_at_most=Decimal(6))
    Source.objects.create(key="survey", name="Survey", kind="survey", score_kind="nps", unit=cast.company)
    return cast.actor("analyst")


def at_once(*calls: Callable[[], object]) -> list[BaseException]:
    """Run the calls in threads that start together; what they raised."""
    gate, raised = threading.Barrier(len(calls)), []

    def run(call: Callable[[], object]) -> None:
        gate.wait()
        try:
            call()
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def text(first: int, last: int, step: int = 1) -> str:
    lines = [f"r{i},2026-02-01T10:00:00Z,{i % 11},t,1.00,C{i % 30}" for i in range(first, last, step)]
    return "source_id,responded_at,score,verbatim,revenue,customer_key\n" + "\n".join(lines) + "\n"


def test_one_webhook_eight_times_at_once_is_one_response_and_one_case(analyst):
    def deliver() -> None:
        feedback_receive(
            actor=analyst, now=NOW, source="survey", external_id="e1", responded_at=NOW, score=Decimal(1),
            customer={"system": "crm", "id": "C1", "email": "ana@example.org"},
        )  # fmt: skip

    assert at_once(*[deliver] * 8) == []
    assert (
        Response.objects.count(),
        Case.objects.count(),
        Customer.objects.count(),
        Identity.objects.count(),
    ) == (1, 1, 1, 1)


def test_one_batch_four_times_at_once_adds_each_row_once(analyst):
    rows = [
        {
            "external_id": f"e{i}",
            "answered_at": "2026-03-01T10:00:00Z",
            "score": i % 11,
            "source": "survey",
            "customer_key": f"C{i % 20}",
        }
        for i in range(200)
    ]
    results = []

    def send() -> None:
        shuffled = random.Random(len(results)).sample(rows, len(rows))
        results.append(batch_receive(actor=analyst, now=NOW, kind="feedback", rows=shuffled))

    assert at_once(*[send] * 4) == []
    assert (Response.objects.count(), Customer.objects.count(), Identity.objects.count()) == (200, 20, 20)
    assert Case.objects.count() == Case.objects.values("customer").distinct().count()


def test_two_overlapping_files_at_once(analyst):
    jobs = [previewed(analyst, "feedback", text(0, 400)), previewed(analyst, "feedback", text(599, 199, -1))]
    for job in jobs:
        import_confirm(actor=analyst, now=NOW, job=job)

    def work(job: ImportJob) -> None:
        while job_work(job_id=job.pk, actor=analyst, clock=lambda: NOW) is False:
            pass

    assert at_once(*[lambda job=job: work(job) for job in jobs]) == []
    for job in jobs:
        job.refresh_from_db()
        assert (job.state, job.rows, job.rejected) == (State.DONE, 400, 0)
    assert (Response.objects.count(), Purchase.objects.count(), Customer.objects.count()) == (600, 600, 30)
    assert sum(job.changes.filter(table="feedback.response", is_added=True).count() for job in jobs) == 600


def test_two_workers_at_one_job(analyst):
    job = previewed(analyst, "feedback", text(0, 300))
    import_confirm(actor=analyst, now=NOW, job=job)
    assert at_once(*[lambda: job_work(job_id=job.pk, actor=analyst, clock=lambda: NOW)] * 4) == []
    job.refresh_from_db()
    assert (job.state, job.added, Response.objects.count()) == (State.DONE, 300, 300)


WORKER = """
import django; django.setup()
from apps.core.actor import Actor
from apps.intake.importers import work
from apps.intake.importers.jobs import job_work
work.BATCH = 100
print("ready", flush=True)
job_work(job_id={job}, actor=Actor.system("worker"))
print("done", flush=True)
"""


def test_a_worker_killed_again_and_again_loses_and_doubles_nothing(analyst):
    job = previewed(analyst, "feedback", text(0, 3_000))
    import_confirm(actor=analyst, now=NOW, job=job)
    environment = {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    media = {"CX_VAR": str(ROOT / "var")}
    kills = 0
    from django.conf import settings as configured

    script = WORKER.format(job=job.pk)
    script = f"from django.conf import settings\nimport django; django.setup(); settings.MEDIA_ROOT = {str(configured.MEDIA_ROOT)!r}\n{script}"
    for attempt in range(30):
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**environment, **media},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        if attempt < 5:
            time.sleep(random.Random(attempt).uniform(0.05, 1.0))
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait(120)
        job.refresh_from_db()
        assert Response.objects.count() == job.rows_done  # a batch and its checkpoint are one
        if job.state == State.DONE:
            break
        # The lease of a dead worker runs out; the sweep then wakes the job.
        ImportJob.objects.filter(pk=job.pk).update(
            lease_until=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
        )
    assert kills >= 1
    assert (job.state, job.added, job.rejected) == (State.DONE, 3_000, 0)
    assert (Response.objects.count(), Purchase.objects.count(), Customer.objects.count()) == (
        3_000,
        3_000,
        30,
    )
    assert Case.objects.count() == Case.objects.values("customer").distinct().count()
