"""What the tests of imports share: a file given as text goes in the way a person's would."""

from __future__ import annotations

import datetime as dt
from typing import Any

from apps.core.actor import Actor
from apps.intake.importers.jobs import job_work
from apps.intake.models import ImportJob
from apps.intake.services import import_confirm, import_preview, import_submit, import_undo
from apps.intake.storage import upload_keep

NOW = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)


def submitted(
    actor: Actor, kind: str, text: str | bytes, mapping: dict[str, Any] | None = None, **more: Any
) -> ImportJob:
    """A job for a file of this text."""
    stored = upload_keep([text.encode() if isinstance(text, str) else text], "file.csv")
    return import_submit(
        actor=actor, now=NOW, kind=kind, filename="file.csv", stored=stored, mapping=mapping, **more
    )


def worked(job: ImportJob, actor: Actor) -> ImportJob:
    """What a worker does with it, until it is over."""
    while job_work(job_id=job.pk, actor=actor, clock=lambda: NOW) is False:
        pass
    job.refresh_from_db()
    return job


def previewed(actor: Actor, kind: str, text: str | bytes, mapping: dict[str, Any] | None = None) -> ImportJob:
    job = submitted(actor, kind, text, mapping)
    import_preview(actor=actor, now=NOW, job=job)
    return worked(job, actor)


def imported(
    actor: Actor, kind: str, text: str | bytes, mapping: dict[str, Any] | None = None, **more: Any
) -> ImportJob:
    """The job after preview, confirmation and work."""
    job = submitted(actor, kind, text, mapping, **more)
    import_preview(actor=actor, now=NOW, job=job)
    worked(job, actor)
    import_confirm(actor=actor, now=NOW, job=job)
    return worked(job, actor)


def undone(job: ImportJob, actor: Actor) -> ImportJob:
    import_undo(actor=actor, now=NOW, job=job)
    return worked(job, actor)


def counts(job: ImportJob) -> tuple[int, int, int, int]:
    return job.added, job.changed, job.skipped, job.rejected
