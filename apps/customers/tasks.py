"""Calendar jobs of this room."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.core.actor import Actor
from apps.customers.services import customer_values_refresh


@shared_task(name="customers.values", ignore_result=True)
def customers_values() -> None:
    """Each night: values and bands move on by a day."""
    customer_values_refresh(actor=Actor.system("customer values"), now=timezone.now())
