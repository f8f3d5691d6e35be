"""A file's way in: submit, map, preview, confirm; cancel or undo."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Conflict
from apps.intake.fields import kind_spec
from apps.intake.guards import action_for, home_unit, moved
from apps.intake.mapping import mapping_check, mapping_parse
from apps.intake.models import ImportJob, Kind, State
from apps.intake.presets import preset_named
from apps.intake.reading.faults import FileRefused
from apps.intake.storage import Stored
from apps.intake.waking import wake


@transaction.atomic
def import_submit(
    *,
    actor: Actor,
    now: dt.datetime,
    kind: str,
    filename: str,
    stored: Stored,
    unit: Unit | None = None,
    mapping: dict[str, Any] | None = None,
    layout: dict[str, Any] | None = None,
    questions: Sequence[dict[str, Any]] = (),
    notify: bool = False,
) -> ImportJob:
    """A job for a kept upload, in state *uploaded*. `mapping` is a checked document; nothing else is written yet."""
    policy.require(actor, action_for(kind), unit)
    unit = unit or home_unit(actor)
    kind_spec(kind)
    job = ImportJob.objects.create(
        kind=kind,
        filename=filename[-200:],
        stored_as=stored.name,
        sha256=stored.sha256,
        size=stored.size,
        unit=unit,
        mapping=mapping or {},
        layout=layout or {},
        questions=list(questions),
        notify=notify,
        created_by_id=actor.user_id,
    )
    audit.record(
        actor=actor,
        action="intake.import.submitted",
        obj=job,
        now=now,
        changes={"kind": [None, kind], "sha256": [None, stored.sha256], "size": [None, stored.size]},
    )
    return job


@transaction.atomic
def bundle_submit(
    *,
    actor: Actor,
    now: dt.datetime,
    preset: str,
    files: dict[str, Stored],
    unit: Unit | None = None,
    notify: bool = False,
) -> ImportJob:
    """One job over several files by a preset: its steps run in order, as one import that is confirmed and undone whole.

    `files` maps the file names the preset knows to kept uploads. Raises FileRefused naming those that are missing.
    """
    policy.require(actor, action_for(Kind.BUNDLE), unit)
    unit = unit or home_unit(actor)
    plan = preset_named(preset)
    missing = sorted({step.file for step in plan.steps} - set(files))
    if missing:
        raise FileRefused(
            "missing_file",
            _("The bundle lacks %(names)s.") % {"names": ", ".join(missing)},
            remedy=_("Give all its files."),
        )
    digest = hashlib.sha256(
        json.dumps({name: files[name].sha256 for name in sorted(files)}).encode()
    ).hexdigest()
    parent = ImportJob.objects.create(
        kind=Kind.BUNDLE,
        filename=plan.name[:200],
        sha256=digest,
        size=sum(each.size for each in files.values()),
        unit=unit,
        preset=preset,
        notify=notify,
        created_by_id=actor.user_id,
    )
    for position, step in enumerate(plan.steps, start=1):
        stored = files[step.file]
        ImportJob.objects.create(
            kind=step.kind,
            filename=step.label(),
            stored_as=stored.name,
            sha256=stored.sha256,
            size=stored.size,
            unit=unit,
            mapping=step.mapping,
            parent=parent,
            position=position,
            preset=preset,
            notify=notify,
            created_by_id=actor.user_id,
        )
    audit.record(
        actor=actor, action="intake.import.submitted", obj=parent, now=now, changes={"preset": [None, preset]}
    )
    return parent


@transaction.atomic
def import_map(
    *,
    actor: Actor,
    now: dt.datetime,
    job: ImportJob,
    mapping: dict[str, Any],
    names: list[str],
    notify: bool | None = None,
    layout: dict[str, Any] | None = None,
    questions: Sequence[dict[str, Any]] = (),
    is_partial: bool = False,
) -> ImportJob:
    """Say what the columns mean, and with `layout` how the file is written.

    Raises FileRefused when the mapping is wrong or (unless `is_partial`) a required field has no column.
    """
    job = ImportJob.objects.visible_to(actor).locked().the(pk=job.pk)
    policy.require(actor, action_for(job.kind), job)
    moved(job, "map")
    checked = mapping_parse(mapping, job.kind)
    if not is_partial:
        mapping_check(checked, names)
    job.mapping = checked.document()
    job.questions = list(questions)
    job.rows_total = 0
    if layout is not None:
        job.layout = layout
    job.state = State.UPLOADED
    if notify is not None:
        job.notify = notify
    job.version += 1
    job.save(
        update_fields=[
            "mapping",
            "questions",
            "layout",
            "rows_total",
            "state",
            "notify",
            "version",
            "updated_at",
        ]
    )
    audit.record(actor=actor, action="intake.import.mapped", obj=job, now=now)
    return job


@transaction.atomic
def import_preview(*, actor: Actor, now: dt.datetime, job: ImportJob, wakes: bool = True) -> ImportJob:
    """Have a worker (or, without `wakes`, the caller) check every row against what is stored, writing none of them."""
    job = ImportJob.objects.visible_to(actor).locked().the(pk=job.pk)
    policy.require(actor, action_for(job.kind), job)
    moved(job, "preview")
    _begin(job, State.PREVIEWING)
    if wakes:
        wake(job, now)
    audit.record(actor=actor, action="intake.import.previewed", obj=job, now=now)
    return job


@transaction.atomic
def import_confirm(
    *,
    actor: Actor,
    now: dt.datetime,
    job: ImportJob,
    notify: bool | None = None,
    wakes: bool = True,
    is_checked: bool = True,
) -> ImportJob:
    """Let the rows in, by a worker or, without `wakes`, by the caller; without `is_checked` also unpreviewed ones. Raises `Conflict` when the same file of this kind is being imported already."""
    job = ImportJob.objects.visible_to(actor).locked().the(pk=job.pk)
    policy.require(actor, action_for(job.kind), job)
    moved(job, "confirm" if is_checked else "start")
    if notify is not None:
        job.notify = notify
        ImportJob.objects.filter(parent=job).update(notify=notify)
    try:
        with transaction.atomic():
            _begin(job, State.CONFIRMED)
    except IntegrityError:
        raise Conflict(_("The same file is being imported already.")) from None
    job.rejects.all().delete()
    if wakes:
        wake(job, now)
    audit.record(
        actor=actor,
        action="intake.import.confirmed",
        obj=job,
        now=now,
        changes={"notify": [None, job.notify]},
    )
    return job


def _begin(job: ImportJob, state: State) -> None:
    """Set the job and its steps to the start of a phase."""
    fresh: dict[str, Any] = {
        "state": state, "rows_done": 0, "checkpoint_line": 0, "added": 0, "changed": 0, "skipped": 0, "rejected": 0,
        "is_cancel_asked": False, "lease_until": None, "stuck": 0, "error": "", "finished_at": None, "samples": {},
    }  # fmt: skip
    for name, value in fresh.items():
        setattr(job, name, value)
    job.version += 1
    job.save(update_fields=[*fresh, "notify", "version", "updated_at"])
    ImportJob.objects.filter(parent=job).update(**fresh)


@transaction.atomic
def import_cancel(*, actor: Actor, now: dt.datetime, job: ImportJob) -> ImportJob:
    """Stop it. What was committed before stays (undo takes it back); a worker stops before its next batch."""
    job = ImportJob.objects.visible_to(actor).locked().the(pk=job.pk)
    policy.require(actor, action_for(job.kind), job)
    moved(job, "cancel")
    is_running = job.state == State.RUNNING
    job.is_cancel_asked = True
    if not is_running:
        job.state = State.CANCELLED
        job.finished_at = now
        job.lease_until = None
    job.version += 1
    job.save(
        update_fields=["is_cancel_asked", "state", "finished_at", "lease_until", "version", "updated_at"]
    )
    ImportJob.objects.filter(parent=job, state=State.RUNNING).update(is_cancel_asked=True)
    audit.record(actor=actor, action="intake.import.cancelled", obj=job, now=now)
    return job


@transaction.atomic
def import_undo(*, actor: Actor, now: dt.datetime, job: ImportJob, wakes: bool = True) -> ImportJob:
    """Have a worker take back what the import added and changed, except what was touched since."""
    job = ImportJob.objects.visible_to(actor).locked().the(pk=job.pk)
    policy.require(actor, action_for(job.kind), job)
    moved(job, "undo")
    job.state = State.UNDOING
    job.rows_done = 0
    job.undo_kept = 0
    job.lease_until = None
    job.is_cancel_asked = False
    job.version += 1
    job.save(
        update_fields=[
            "state",
            "rows_done",
            "undo_kept",
            "lease_until",
            "is_cancel_asked",
            "version",
            "updated_at",
        ]
    )
    if wakes:
        wake(job, now)
    audit.record(actor=actor, action="intake.import.undo_asked", obj=job, now=now)
    return job
