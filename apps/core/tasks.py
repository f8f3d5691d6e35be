from __future__ import annotations

import os

from celery import shared_task
from django.utils import timezone

from apps.core.models import Heartbeat

WORKER = "worker"


@shared_task(name="core.heartbeat", ignore_result=True, expires=60)
def heartbeat() -> None:
    """Say that scheduler, broker and worker together still get work done: the row is what readiness looks at."""
    Heartbeat.objects.update_or_create(
        name=WORKER, defaults={"at": timezone.now(), "detail": {"pid": os.getpid()}}
    )
