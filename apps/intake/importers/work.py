"""The body of an import: claimed by a lease, done in batches that each commit with their checkpoint.

1. One conditional UPDATE claims the job; who finds it held goes away quietly.
2. The file is read from its start. Rows up to the checkpoint are only remembered (their keys must not come twice).
3. Each batch is one transaction: lock the job, see that nobody else moved it, plan, write, store rejects, changes,
   counts and the checkpoint. `kill -9` at any point leaves whole batches; the next claim goes on behind them.
4. After a slice of time the rest is left to a further task, so that no task outlives its limits.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.intake.convert import Outcome, Reader, Record, Skipped
from apps.intake.importers.base import Assumed, Importer, Plan
from apps.intake.importers.registry import IMPORTERS, context_for, defaults_for
from apps.intake.importers.staging import rows_insert
from apps.intake.mapping import mapping_parse
from apps.intake.models import ImportJob, ImportReject, State
from apps.intake.reading.faults import RowFault
from apps.intake.reading.sniff import Layout
from apps.intake.reading.table import Table
from apps.intake.storage import path_of

BATCH = 1_000
LEASE = dt.timedelta(seconds=60)
SLICE_SECONDS = 600.0
REJECTS_KEPT = 100_000
SAMPLE = 5

Clock = Callable[[], dt.datetime]


class Overtaken(Exception):
    """Another worker holds the job now: this one stops without a word."""


@dataclass(slots=True)
class Tally:
    """Counts of one pass; rows = added + changed + skipped + rejected."""

    added: int = 0
    changed: int = 0
    skipped: int = 0
    rejected: int = 0
    samples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    FIELDS = {"add": "added", "change": "changed", "skip": "skipped", "reject": "rejected"}

    def count(self, action: str) -> None:
        name = self.FIELDS[action]
        setattr(self, name, getattr(self, name) + 1)

    @property
    def rows(self) -> int:
        return self.added + self.changed + self.skipped + self.rejected


def job_claim(job_id: int, now: dt.datetime, states: tuple[str, ...]) -> ImportJob | None:
    """Take the job for one lease, or None when it is not to be worked on or somebody holds it."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    job = ImportJob.objects.filter(free, pk=job_id, state__in=states).first()
    if job is None:
        return None
    taken = ImportJob.objects.filter(free, pk=job_id, state__in=states, attempt=job.attempt).update(
        lease_until=now + LEASE, attempt=job.attempt + 1, stuck=job.stuck + 1, updated_at=now
    )
    if not taken:
        return None
    job.refresh_from_db()
    return job


def job_release(job: ImportJob, **changes: Any) -> None:
    """Give the job back with these values, if it is still ours."""
    ImportJob.objects.filter(pk=job.pk, attempt=job.attempt).update(lease_until=None, **changes)


@dataclass(slots=True)
class Opened:
    """A job's file with its compiled mapping and importer."""

    table: Table
    reader: Reader
    importer: Importer

    def outcomes(self) -> Iterator[Outcome]:
        for row in self.table:
            yield self.reader.read(row)


def job_open(job: ImportJob, *, actor: Actor, now: dt.datetime, is_preview: bool) -> Opened:
    """Open the stored file by the job's complete mapping."""
    mapping = mapping_parse(job.mapping, job.kind)
    layout = Layout(**{**job.layout, "guessed": tuple(job.layout.get("guessed", ()))})
    table = Table(path_of(job.stored_as), layout)
    reader = Reader(mapping, table.names, defaults_for(mapping))
    context = context_for(
        mapping, actor=actor, now=now, unit_id=job.unit_id, job=job, scale=reader.scale, is_preview=is_preview
    )
    return Opened(table, reader, IMPORTERS[job.kind](context))


def batches(outcomes: Iterator[Outcome]) -> Iterator[list[Outcome]]:
    while batch := list(islice(outcomes, BATCH)):
        yield batch


def line_of(outcome: Outcome) -> int:
    return outcome[0].line if isinstance(outcome, list) else outcome.line


def batch_plan(
    importer: Importer, outcomes: list[Outcome]
) -> tuple[list[Plan], list[list[RowFault]], list[Skipped]]:
    """The batch sorted into plans for records, the faults of rows that are none, and rows left out on purpose."""
    records = [each for each in outcomes if isinstance(each, Record)]
    faults = [each for each in outcomes if isinstance(each, list)]
    left_out = [each for each in outcomes if isinstance(each, Skipped)]
    plans = importer.plan(records) if records else []
    faults += [[plan.fault] for plan in plans if plan.fault is not None]
    return plans, faults, left_out


def batch_write(importer: Importer, plans: list[Plan]) -> None:
    writing = [plan for plan in plans if plan.action in ("add", "change")]
    if writing:
        importer.write(writing)


def rejects_store(job: ImportJob, faults: list[list[RowFault]], already: int) -> None:
    """Keep rejected cells for the download, up to a generous number of rows."""
    rows = [
        ImportReject(
            job=job,
            line=fault.line,
            column=fault.column[:200],
            value=fault.value[:300],
            reason=fault.reason[:500],
            remedy=fault.remedy[:500],
        )
        for row in faults[: max(0, REJECTS_KEPT - already)]
        for fault in row
    ]
    ImportReject.objects.bulk_create(rows, batch_size=2_000)


def tally_add(tally: Tally, plans: list[Plan], faults: list[list[RowFault]], left_out: list[Skipped]) -> None:
    for plan in plans:
        if plan.action != "reject":
            tally.count(plan.action)
    tally.rejected += len(faults)
    tally.skipped += len(left_out)


def job_apply(job: ImportJob, *, actor: Actor, clock: Clock, slice_seconds: float = SLICE_SECONDS) -> bool:
    """Work on a claimed job until it is over or its slice of time is used up; says whether it is over."""
    began = time.monotonic()
    opened = job_open(job, actor=actor, now=clock(), is_preview=False)
    try:
        tally = Tally(job.added, job.changed, job.skipped, job.rejected)
        outcomes = opened.outcomes()
        pending = _behind(outcomes, job.checkpoint_line, opened.importer)
        for batch in batches(pending):
            if not _batch_commit(job, opened.importer, batch, tally, clock):
                return True
            if time.monotonic() - began > slice_seconds:
                return False
    finally:
        opened.table.close()
    opened.importer.finish()
    return True


def _behind(outcomes: Iterator[Outcome], line: int, importer: Importer) -> Iterator[Outcome]:
    """Outcomes after the checkpoint; those before are remembered, not done again."""
    for outcome in outcomes:
        if line_of(outcome) > line:
            yield outcome
        elif isinstance(outcome, Record):
            importer.remember(outcome)


def _batch_commit(
    job: ImportJob, importer: Importer, batch: list[Outcome], tally: Tally, clock: Clock
) -> bool:
    """One batch in one transaction; False when the job was cancelled meanwhile."""
    with transaction.atomic():
        held = ImportJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
        if (
            held.attempt != job.attempt
            or held.checkpoint_line != job.checkpoint_line
            or held.state != State.RUNNING
        ):
            raise Overtaken
        if held.is_cancel_asked:
            ImportJob.objects.filter(pk=job.pk).update(
                state=State.CANCELLED, lease_until=None, finished_at=clock()
            )
            job.state = State.CANCELLED
            return False
        importer.context.now = clock()
        plans, faults, left_out = _written(importer, batch)
        rejects_store(job, faults, tally.rejected)
        changes = importer.context.changes
        rows_insert(changes, key=("table", "object_id", "line"), keeps_order=True)  # undo goes backwards
        changes.clear()
        tally_add(tally, plans, faults, left_out)
        job.checkpoint_line = line_of(batch[-1])
        job.rows_done = tally.rows
        job.added, job.changed, job.skipped, job.rejected = (
            tally.added,
            tally.changed,
            tally.skipped,
            tally.rejected,
        )
        ImportJob.objects.filter(pk=job.pk).update(
            checkpoint_line=job.checkpoint_line,
            stuck=0,
            rows_done=job.rows_done,
            added=job.added,
            changed=job.changed,
            skipped=job.skipped,
            rejected=job.rejected,
            lease_until=max(clock(), _real_now()) + LEASE,
            updated_at=_real_now(),
        )
    return True


def _written(
    importer: Importer, batch: list[Outcome]
) -> tuple[list[Plan], list[list[RowFault]], list[Skipped]]:
    """Plan and write a batch; when the database refuses it, halve it until the row at fault stands alone."""
    noted = len(importer.context.changes)
    try:
        with transaction.atomic():
            plans, faults, left_out = batch_plan(importer, batch)
            batch_write(importer, plans)
        return plans, faults, left_out
    except (DataError, IntegrityError, DomainError) as refused:
        del importer.context.changes[noted:]
        importer.reset()
        if len(batch) == 1:
            return [], [[_refusal(batch[0], refused)]], []
    middle = len(batch) // 2
    first, second = _written(importer, batch[:middle]), _written(importer, batch[middle:])
    return first[0] + second[0], first[1] + second[1], first[2] + second[2]


def _refusal(outcome: Outcome, refused: Exception) -> RowFault:
    """Why one row was refused while writing: a rule of its room in words, or the database's."""
    if isinstance(refused, DomainError):
        fields = getattr(refused, "fields", {})
        return RowFault(
            line_of(outcome),
            ", ".join(name for name in fields if name),
            "",
            refused.message,
            _("Check its values."),
        )
    words = str(refused).splitlines()[0]
    return RowFault(
        line_of(outcome),
        "",
        "",
        _("The row cannot be stored (%(fault)s).") % {"fault": words},
        _("Check its values."),
    )


def _tried(
    importer: Importer, batch: list[Outcome]
) -> tuple[list[Plan], list[list[RowFault]], list[Skipped]]:
    """What a batch would do. Nothing stays written."""
    if not importer.preview_writes:
        return batch_plan(importer, batch)
    with transaction.atomic():
        found = _written(importer, batch)
        transaction.set_rollback(True)
    importer.context.changes.clear()
    importer.reset()
    return found


def _real_now() -> dt.datetime:
    """Leases run by the real clock, whatever day the import pretends it is."""
    return dt.datetime.now(dt.UTC)


def job_preview(job: ImportJob, *, actor: Actor, clock: Clock, assumed: Assumed | None = None) -> Tally:
    """Plan all rows without writing any of them: counts, rejects, the first rows of each outcome.

    `assumed` holds what earlier files of the same bundle would add; what this one would add is put in.
    """
    opened = job_open(job, actor=actor, now=clock(), is_preview=True)
    opened.importer.context.assumed = assumed
    tally = Tally()
    ImportReject.objects.filter(job=job).delete()
    try:
        for batch in batches(opened.outcomes()):
            plans, faults, left_out = _tried(opened.importer, batch)
            with transaction.atomic():
                rejects_store(job, faults, tally.rejected)
                tally_add(tally, plans, faults, left_out)
                held = ImportJob.objects.filter(
                    pk=job.pk, attempt=job.attempt, state=State.PREVIEWING, is_cancel_asked=False
                )
                if not held.update(
                    rows_done=tally.rows, lease_until=_real_now() + LEASE, updated_at=_real_now()
                ):
                    raise Overtaken
            _sample(tally, plans)
            if assumed is not None:
                opened.importer.assume(plans, assumed)
    finally:
        opened.table.close()
    return tally


def _sample(tally: Tally, plans: list[Plan]) -> None:
    for plan in plans:
        if plan.action == "reject":
            continue
        kept = tally.samples.setdefault(plan.action, [])
        if len(kept) < SAMPLE:
            shown = {name: str(value)[:120] for name, value in plan.record.values.items()}
            shown |= {name: str(value)[:120] for name, value in plan.record.attributes.items()}
            changed = sorted(plan.values) if plan.action == "change" else []
            kept.append({"line": plan.line, "values": shown, "changed": changed, "note": plan.note})
