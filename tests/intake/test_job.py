"""A job survives crashes, cancels, resumes behind its checkpoint, and can be undone."""

from __future__ import annotations

import datetime as dt

import pytest

from apps.cases.models import Case, CaseRule
from apps.cases.services import case_take
from apps.core.errors import Conflict, Denied, IllegalTransition, NotVisible
from apps.customers.models import Customer, Identity, Purchase
from apps.feedback.models import Response, Source
from apps.intake.importers import undo, work
from apps.intake.importers.jobs import job_work, jobs_sweep
from apps.intake.models import ImportChange, ImportJob, State
from apps.intake.services import import_cancel, import_confirm, import_preview, import_undo
from apps.kpis.models import Kpi, Observation
from apps.notifications.models import Outbox
from tests.intake.support import NOW, counts, imported, previewed, submitted, undone, worked

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(cast):
    return cast.actor("analyst")


@pytest.fixture
def rule(cast):
    return CaseRule.objects.create(name="Low", unit=cast.company, score_at_most=6)


def rows(n: int, start: int = 0) -> str:
    body = "".join(
        f"r{i},2026-02-01T10:00:00Z,{i % 11},t{i},1.50,C{i % 40}\n" for i in range(start, start + n)
    )
    return "source_id,responded_at,score,verbatim,revenue,customer_key\n" + body


@pytest.mark.parametrize("dies_at", [0, 1, 2, 4])
def test_after_a_crash_it_goes_on_behind_the_last_checkpoint(analyst, rule, monkeypatch, dies_at):
    monkeypatch.setattr(work, "BATCH", 20)
    job = submitted(analyst, "feedback", rows(95) + "r3,2026-02-01T10:00:00Z,1,twice,,C1\nbad,never,1,,,\n")
    import_preview(actor=analyst, now=NOW, job=job)
    worked(job, analyst)
    import_confirm(actor=analyst, now=NOW, job=job)
    real, calls = work.batch_write, []

    def dies(importer, plans):
        real(importer, plans)
        calls.append(1)
        if len(calls) == dies_at + 1:
            raise SystemError("kill -9")

    monkeypatch.setattr(work, "batch_write", dies)
    with pytest.raises(SystemError):
        job_work(job_id=job.pk, actor=analyst, clock=lambda: NOW)
    job.refresh_from_db()
    assert job.rows_done == 20 * dies_at == Response.objects.count()
    worked(job, analyst)
    assert job.state == State.DONE
    assert counts(job) == (95, 0, 0, 2)
    assert (Response.objects.count(), Customer.objects.count(), Purchase.objects.count()) == (95, 40, 95)
    assert job.rejects.filter(line=97).count() == job.rejects.filter(line=98).count() == 1
    assert job.changes.filter(table="feedback.response").count() == 95


def test_who_finds_the_job_held_leaves_it(analyst):
    job = previewed(analyst, "feedback", rows(3))
    import_confirm(actor=analyst, now=NOW, job=job)
    ImportJob.objects.filter(pk=job.pk).update(lease_until=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30))
    assert job_work(job_id=job.pk, actor=analyst) is None
    assert not Response.objects.exists()


def test_a_worker_that_was_overtaken_writes_nothing_more(analyst, monkeypatch):
    monkeypatch.setattr(work, "BATCH", 5)
    job = previewed(analyst, "feedback", rows(20))
    import_confirm(actor=analyst, now=NOW, job=job)
    real = work.batch_plan

    def overtaken(importer, outcomes):
        ImportJob.objects.filter(pk=job.pk, rows_done=5).update(attempt=99)
        return real(importer, outcomes)

    monkeypatch.setattr(work, "batch_plan", overtaken)
    assert job_work(job_id=job.pk, actor=analyst, clock=lambda: NOW) is None
    job.refresh_from_db()
    assert (job.attempt, job.rows_done, Response.objects.count()) == (99, 10, 10)


def test_a_long_job_is_worked_on_in_slices(analyst, monkeypatch):
    monkeypatch.setattr(work, "BATCH", 10)
    job = previewed(analyst, "feedback", rows(25))
    import_confirm(actor=analyst, now=NOW, job=job)
    assert job_work(job_id=job.pk, actor=analyst, clock=lambda: NOW, slice_seconds=0) is False
    job.refresh_from_db()
    assert (job.state, job.rows_done) == (State.RUNNING, 10)
    assert counts(worked(job, analyst)) == (25, 0, 0, 0)


def test_cancelled_in_the_middle_keeps_whole_batches_and_can_be_undone(analyst, monkeypatch):
    monkeypatch.setattr(work, "BATCH", 10)
    job = previewed(analyst, "feedback", rows(25))
    import_confirm(actor=analyst, now=NOW, job=job)
    job_work(job_id=job.pk, actor=analyst, clock=lambda: NOW, slice_seconds=0)
    import_cancel(actor=analyst, now=NOW, job=job)
    worked(job, analyst)
    assert (job.state, Response.objects.count()) == (State.CANCELLED, 10)
    undone(job, analyst)
    assert (job.state, Response.objects.count(), Customer.objects.count()) == (State.UNDONE, 0, 0)


def test_a_row_the_database_refuses_is_rejected_alone(analyst, monkeypatch):
    text = rows(30).replace("t7,", "x" * 50 + ",")
    real = Response._meta.get_field("verbatim").pre_save
    monkeypatch.setattr(
        Response._meta.get_field("verbatim"),
        "pre_save",
        lambda row, add: "\x00" if row.verbatim.startswith("xx") else real(row, add),
    )
    job = imported(analyst, "feedback", text)
    assert counts(job) == (29, 0, 0, 1)
    assert job.rejects.get().line == 9


def test_a_question_sends_it_back_to_be_answered(analyst):
    job = previewed(analyst, "feedback", 'source_id,responded_at,score,revenue\na,2026-01-01,1,"1,234"\n')
    assert job.state == State.UPLOADED
    assert job.questions[0]["setting"] == "decimal_sign"


def test_a_refused_file_fails_in_words_and_nothing_is_written(analyst):
    job = previewed(analyst, "feedback", 'source_id,responded_at,score\na,2026-01-01,1\nb,"2026-01-01,1\n')
    assert job.state == State.FAILED
    assert job.error.startswith("line 3:")
    assert not Response.objects.exists()


def test_undo_takes_back_all_of_it(analyst, rule, cast):
    kpi = Kpi.objects.create(
        key="k",
        name="K",
        kind="perceptive",
        statistic="mean",
        grain="month",
        derived={"from": "feedback", "measure": "score"},
    )
    job = imported(analyst, "feedback", rows(60))
    assert Case.objects.exists()
    assert Observation.objects.filter(kpi=kpi).exists()
    undone(job, analyst)
    assert (job.state, job.undo_kept) == (State.UNDONE, 0)
    for model in (Response, Case, Customer, Identity, Purchase, Source, ImportChange):
        assert not model.objects.exists(), model
    assert not Observation.objects.filter(kpi=kpi, n__gt=0).exists()


def test_undo_in_small_batches_takes_back_a_case_of_several_answers(analyst, rule, monkeypatch):
    job = imported(analyst, "feedback", rows(60))
    assert Case.objects.count() < Response.objects.filter(score__lte=6).count()
    monkeypatch.setattr(undo, "BATCH", 3)
    undone(job, analyst)
    assert job.undo_kept == 0
    assert not any(model.objects.exists() for model in (Response, Case, Customer, Identity))


def test_undo_restores_what_was_changed(analyst):
    first = imported(analyst, "customers", "customer_key,name,segment\nC1,Ana,gold\n")
    second = imported(analyst, "customers", "customer_key,name,segment\nC1,Anna,silver\nC2,Ben,\n")
    undone(second, analyst)
    row = Customer.objects.get()
    assert (row.name, row.segment) == ("Ana", "gold")
    undone(first, analyst)
    assert (
        first.undo_kept == 2
    )  # the customer was touched since by the second import: it stays, with its identity


def test_undo_leaves_what_somebody_worked_on(analyst, rule, cast):
    job = imported(analyst, "feedback", rows(1), {"constants": {"unit": "north"}})
    case = Case.objects.get()
    case_take(actor=cast.actor("cx_manager"), now=NOW, case=case, version=case.version)
    undone(job, analyst)
    assert (
        Response.objects.count()
        == Case.objects.count()
        == Customer.objects.count()
        == Identity.objects.count()
        == 1
    )
    assert job.undo_kept >= 1


def test_undo_keeps_a_value_that_was_edited_since(analyst):
    imported(analyst, "customers", "customer_key,name\nC1,Ana\n")
    job = imported(analyst, "customers", "customer_key,name\nC1,Anna\n")
    Customer.objects.update(name="By hand")
    undone(job, analyst)
    assert Customer.objects.get().name == "By hand"
    assert job.undo_kept == 1


def test_the_sweep_wakes_what_was_left_behind(analyst):
    job = submitted(analyst, "feedback", rows(3))
    import_preview(actor=analyst, now=NOW, job=job)
    assert Outbox.objects.filter(topic="imports.work", key=str(job.pk)).count() == 1
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=2)
    assert jobs_sweep(now=later) == 1
    assert Outbox.objects.filter(topic="imports.work", key=str(job.pk)).count() == 2
    worked(job, analyst)
    assert jobs_sweep(now=later) == 0


def test_the_same_file_is_imported_by_one_job_at_a_time(analyst):
    first, second = previewed(analyst, "feedback", rows(3)), previewed(analyst, "feedback", rows(3))
    import_confirm(actor=analyst, now=NOW, job=first)
    with pytest.raises(Conflict):
        import_confirm(actor=analyst, now=NOW, job=second)


def test_moves_out_of_order_are_refused(analyst):
    job = submitted(analyst, "feedback", rows(1))
    for verb in (import_confirm, import_undo):
        with pytest.raises(IllegalTransition):
            verb(actor=analyst, now=NOW, job=job)


def test_who_may_import(cast):
    job = submitted(cast.actor("analyst"), "feedback", rows(1))
    with pytest.raises(NotVisible):
        import_preview(actor=cast.actor("frontline"), now=NOW, job=job)
    with pytest.raises(Denied):
        submitted(cast.actor("finance"), "feedback", rows(1), unit=cast.company)
    with pytest.raises(Denied):  # analysts change no money
        submitted(cast.actor("analyst"), "cost_lines", "initiative\n", unit=cast.company)
