"""How a job comes to a worker."""

from __future__ import annotations

import datetime as dt

from apps.intake.models import ImportJob
from apps.notifications.services import outbox_add

TOPIC = "imports.work"


def wake(job: ImportJob, now: dt.datetime) -> None:
    """Leave the job to a worker: a row in the outbox, published after the commit."""
    outbox_add(topic=TOPIC, key=str(job.pk), payload={"attempt": job.attempt}, now=now)
