from __future__ import annotations

from celery import shared_task
from django.utils import timezone


@shared_task(name="returns.sweep", ignore_result=True, expires=60)
def sweep() -> None:
    """Each minute: what is stale."""
    from apps.returns import recompute

    recompute.sweep(now=timezone.now())


@shared_task(name="returns.nightly", ignore_result=True)
def nightly() -> None:
    """Each night: all that has begun."""
    from apps.returns import recompute

    recompute.nightly(now=timezone.now())
