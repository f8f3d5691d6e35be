from __future__ import annotations

from celery import shared_task
from django.utils import timezone


@shared_task(name="intake.sweep", ignore_result=True, expires=60)
def sweep() -> None:
    """Wake imports that were left behind."""
    from apps.intake.importers.jobs import jobs_sweep

    jobs_sweep(now=timezone.now())
