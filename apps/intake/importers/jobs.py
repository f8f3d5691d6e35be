"""Working on jobs: what a worker does with one, and finding those that were left behind."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.accounts.services import actor_for
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.intake.importers import work
from apps.intake.importers.base import Assumed
from apps.intake.importers.undo import undo_batch
from apps.intake.mapping import mapping_parse
from apps.intake.models import ImportJob, ImportReject, Kind, State
from apps.intake.prepare import file_prepare
from apps.intake.presets import preset_named
from apps.intake.reading.faults import FileRefused
from apps.intake.storage import path_of
from apps.intake.waking import wake
from apps.kpis.services import rollup_work
from apps.notifications.services import notify

log = logging.getLogger(__name__)
Clock = Callable[[], dt.datetime]
MOST_STUCK = 5


def job_handle(*, key: str, payload: dict[str, Any], now: dt.datetime) -> None:
    """Handler of `imports.work`: one slice of one job; what is left is woken again."""
    job = ImportJob.objects.filter(pk=int(key)).select_related("created_by").first()
    if job is None:
        return
    with translation.override((job.created_by and job.created_by.language) or settings.LANGUAGE_CODE):
        if job_work(job_id=job.pk) is False:
            with transaction.atomic():
                wake(job, timezone.now())


def job_work(
    *,
    job_id: int,
    actor: Actor | None = None,
    clock: Clock = timezone.now,
    slice_seconds: float = work.SLICE_SECONDS,
) -> bool | None:
    """Work on a job if it wants work and nobody holds it. True: over; False: more to do; None: not ours.

    A refused file or a mapping that does not fit ends it as failed, in words. Anything else leaves it to the next
    attempt, which goes on behind the last checkpoint; after too many attempts it is failed as well.
    """
    job = work.job_claim(job_id, work._real_now(), ("previewing", "confirmed", "running", "undoing"))
    if job is None:
        return None
    if actor is None:
        actor = actor_for(job.created_by) if job.created_by else Actor.system("import")
    if job.stuck > MOST_STUCK:
        _fail(job, actor, clock(), _("It was tried too often without getting on."))
        return True
    try:
        if job.state == State.PREVIEWING:
            _preview(job, actor, clock)
            return True
        if job.state == State.UNDOING:
            return _undo(job, actor, clock, slice_seconds)
        return _apply(job, actor, clock, slice_seconds)
    except work.Overtaken:
        return None
    except FileRefused as refused:
        _fail(job, actor, clock(), str(refused))
        return True
    except Exception:
        work.job_release(job)
        raise


def _fail(job: ImportJob, actor: Actor, now: dt.datetime, words: str) -> None:
    with transaction.atomic():
        work.job_release(job, state=State.FAILED, error=words[:2000], finished_at=now)
        ImportJob.objects.filter(parent=job, state__in=[State.RUNNING, State.PREVIEWING]).update(
            state=State.FAILED
        )
        audit.record(
            actor=actor, action="intake.import.failed", obj=job, now=now, changes={"error": words[:500]}
        )
        _tell(job, _("Import failed: %(file)s") % {"file": job.filename}, words, now)


def _tell(job: ImportJob, title: str, body: str, now: dt.datetime) -> None:
    if job.created_by is not None:
        notify(
            users=[job.created_by], kind="intake.import", title=title, body=body[:500], url=f"/imports/{job.uid}/",
            now=now, dedupe_key=f"import:{job.uid}:{job.state}:{job.attempt}", mail=False,
        )  # fmt: skip


# ---- preview -----------------------------------------------------------------------------------------------------------


def job_prepare(job: ImportJob) -> bool:
    """Read the whole file once; store layout, complete mapping and questions. False while a question is open."""
    stated = mapping_parse(job.mapping, job.kind)
    prepared = file_prepare(
        path_of(job.stored_as),
        job.filename if not job.parent_id else job.stored_as,
        kind=job.kind,
        mapping=stated,
    )
    job.layout = asdict(prepared.layout)
    job.mapping = prepared.mapping.document()
    job.rows_total = prepared.rows
    job.questions = [
        {"setting": each.setting, "words": str(each), "choices": each.choices, "columns": each.columns}
        for each in prepared.questions
    ]
    fields = {name: getattr(job, name) for name in ("layout", "mapping", "rows_total", "questions")}
    ImportJob.objects.filter(pk=job.pk, attempt=job.attempt).update(**fields)
    return not prepared.questions


def _preview(job: ImportJob, actor: Actor, clock: Clock) -> None:
    if job.kind == Kind.BUNDLE:
        _preview_bundle(job, actor, clock)
        return
    if not job_prepare(job):
        work.job_release(job, state=State.UPLOADED)
        return
    tally = work.job_preview(job, actor=actor, clock=clock)
    work.job_release(
        job, state=State.PREVIEWED, stuck=0, rows_done=tally.rows, rows_total=tally.rows, samples=tally.samples,
        **_counts(tally),
    )  # fmt: skip


def _preview_bundle(job: ImportJob, actor: Actor, clock: Clock) -> None:
    """Later files of a bundle refer to earlier ones: each is checked against what those would add.

    What the rows refer to (touchpoints, the source) is set up in a transaction that is rolled back; no row is written,
    so that nobody else waits.
    """
    assumed = Assumed()
    # Nothing of the transaction below is seen before its end, a renewed lease neither.
    ImportJob.objects.filter(pk=job.pk, attempt=job.attempt).update(
        lease_until=work._real_now() + 5 * work.LEASE
    )
    found: list[tuple[ImportJob, work.Tally, list[ImportReject]]] = []
    with transaction.atomic():
        preset_named(job.preset).setup(actor=actor, now=clock(), unit=job.unit)
        for step in job.steps.order_by("position").select_related("unit", "created_by"):
            step.attempt, step.state = job.attempt, State.PREVIEWING
            ImportJob.objects.filter(pk=step.pk).update(
                attempt=step.attempt, state=step.state, is_cancel_asked=False
            )
            if not job_prepare(step):
                raise FileRefused("question", f"{step.filename}: {step.questions[0]['words']}")
            tally = work.job_preview(step, actor=actor, clock=clock, assumed=assumed)
            found.append((step, tally, list(step.rejects.all()[:1_000])))
        transaction.set_rollback(True)
    with transaction.atomic():
        for step, tally, rejects in found:
            ImportJob.objects.filter(pk=step.pk).update(
                state=State.PREVIEWED, layout=step.layout, mapping=step.mapping, samples=tally.samples,
                rows_total=tally.rows, rows_done=tally.rows, **_counts(tally),
            )  # fmt: skip
            step.rejects.all().delete()
            for reject in rejects:
                reject.pk = None
            ImportReject.objects.bulk_create(rejects)
        work.job_release(job, state=State.PREVIEWED, stuck=0, **_sums(list(job.steps.all())))


def _counts(tally: work.Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in ("added", "changed", "skipped", "rejected")}


def _sums(steps: list[ImportJob]) -> dict[str, int]:
    names = ("added", "changed", "skipped", "rejected", "rows_total", "rows_done")
    return {name: sum(getattr(step, name) for step in steps) for name in names}


# ---- apply -------------------------------------------------------------------------------------------------------------


def _apply(job: ImportJob, actor: Actor, clock: Clock, slice_seconds: float) -> bool:
    if job.kind == Kind.BUNDLE:
        _start(job, clock)
        is_over = _apply_bundle(job, actor, clock, slice_seconds)
    else:
        if not job.rows_total:
            job_prepare(job)
        if job.questions:
            raise FileRefused("question", str(job.questions[0]["words"]))
        _start(job, clock)
        is_over = work.job_apply(job, actor=actor, clock=clock, slice_seconds=slice_seconds)
    if is_over and job.state != State.CANCELLED:
        _derive(clock)
        _finish(job, actor, clock())
    elif not is_over:
        work.job_release(job)
    return is_over


def _start(job: ImportJob, clock: Clock) -> None:
    if job.state == State.CONFIRMED:
        job.state = State.RUNNING
        job.started_at = clock()
        ImportJob.objects.filter(pk=job.pk, attempt=job.attempt, state=State.CONFIRMED).update(
            state=State.RUNNING, started_at=job.started_at
        )


def _apply_bundle(
    job: ImportJob, actor: Actor, clock: Clock, slice_seconds: float = work.SLICE_SECONDS
) -> bool:
    """The steps in order, each resumed where it stopped; the first that fails ends the bundle."""
    began = time.monotonic()
    with transaction.atomic():
        preset_named(job.preset).setup(actor=actor, now=clock(), unit=job.unit)
    steps = list(job.steps.order_by("position").select_related("unit", "created_by"))
    for (
        step
    ) in steps:  # all are read before any is written: a file that must be refused stops the whole bundle
        if not step.rows_total:
            step.attempt = job.attempt
            ImportJob.objects.filter(pk=step.pk).update(attempt=job.attempt)
            if not job_prepare(step):
                raise FileRefused("question", f"{step.filename}: {step.questions[0]['words']}")
    for step in steps:
        if step.state == State.DONE:
            continue
        if ImportJob.objects.filter(pk=job.pk, is_cancel_asked=True).exists():
            ImportJob.objects.filter(pk=job.pk).update(
                state=State.CANCELLED, lease_until=None, finished_at=clock()
            )
            job.state = State.CANCELLED
            return True
        ImportJob.objects.filter(pk=step.pk).update(
            state=State.RUNNING, attempt=job.attempt, lease_until=None
        )
        step.state, step.attempt = State.RUNNING, job.attempt
        is_over = work.job_apply(
            step, actor=actor, clock=clock, slice_seconds=slice_seconds - (time.monotonic() - began)
        )
        ImportJob.objects.filter(pk=job.pk, attempt=job.attempt).update(
            lease_until=work._real_now() + work.LEASE,
            updated_at=work._real_now(),
            **_sums(list(job.steps.all())),
        )
        if not is_over:
            return False
        if step.state == State.CANCELLED:
            continue
        ImportJob.objects.filter(pk=step.pk).update(state=State.DONE, finished_at=clock(), lease_until=None)
    return True


def _derive(clock: Clock) -> None:
    """KPIs that the import made out of date, worked off at once rather than by the next minute's sweep."""
    while rollup_work(now=clock(), limit=2_000):
        pass


def _finish(job: ImportJob, actor: Actor, now: dt.datetime) -> None:
    with transaction.atomic():
        work.job_release(job, state=State.DONE, stuck=0, finished_at=now)
        job.refresh_from_db()
        counts = {name: getattr(job, name) for name in ("added", "changed", "skipped", "rejected")}
        audit.record(actor=actor, action="intake.import.done", obj=job, now=now, changes=counts)
        _tell(
            job,
            _("Imported: %(file)s") % {"file": job.filename},
            _("%(added)d added, %(changed)d changed, %(skipped)d skipped, %(rejected)d rejected.") % counts,
            now,
        )


# ---- undo --------------------------------------------------------------------------------------------------------------


def _undo(job: ImportJob, actor: Actor, clock: Clock, slice_seconds: float) -> bool:
    began = time.monotonic()
    steps = list(job.steps.order_by("-position")) if job.kind == Kind.BUNDLE else [job]
    for step in steps:
        while True:
            with transaction.atomic():
                held = ImportJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
                if held.attempt != job.attempt or held.state != State.UNDOING:
                    raise work.Overtaken
                done, kept = undo_batch(step, actor=actor, now=clock())
                held.rows_done += done
                held.undo_kept += kept
                held.lease_until = work._real_now() + work.LEASE
                held.save(update_fields=["rows_done", "undo_kept", "lease_until", "updated_at"])
            if not done:
                break
            if time.monotonic() - began > slice_seconds:
                work.job_release(job)
                return False
    _derive(clock)
    with transaction.atomic():
        job.refresh_from_db()
        ImportJob.objects.filter(parent=job).update(state=State.UNDONE)
        work.job_release(job, state=State.UNDONE, finished_at=clock())
        audit.record(
            actor=actor, action="intake.import.undone", obj=job, now=clock(), changes={"kept": job.undo_kept}
        )
    return True


def jobs_sweep(*, now: dt.datetime) -> int:
    """Wake jobs whose worker died or whose message the broker lost; how many."""
    left = list(ImportJob.objects.left_behind(now)[:100])
    with transaction.atomic():
        for job in left:
            wake(job, now)
    return len(left)
