"""Calendar job of the rollup: finds marks that no nudge worked off."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.kpis.services import rollup_work


@shared_task(name="kpis.rollup_sweep", ignore_result=True)
def rollup_sweep() -> None:
    """Work off all waiting marks; nothing to do is the usual case."""
    while rollup_work(now=timezone.now()):
        pass
