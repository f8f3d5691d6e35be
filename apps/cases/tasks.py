from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.cases.services import breaches_sweep
from apps.core.actor import Actor


@shared_task(name="cases.breaches_sweep", ignore_result=True, expires=55)
def sweep() -> None:
    """Mark the targets missed since the last minute, batch by batch (each its own transaction)."""
    for _batch in range(50):
        if not breaches_sweep(actor=Actor.system("clock"), now=timezone.now()).is_more:
            return
