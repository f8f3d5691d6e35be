from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.audit.services import seal


@shared_task(name="audit.seal", ignore_result=True)
def audit_seal() -> None:
    """Chain the events of the last minute."""
    seal(now=timezone.now())
