"""Working off outbox rows: claim with a lease, run the topic's handler, mark done; or wait longer, or park."""

from __future__ import annotations

import datetime as dt
import logging

from celery import shared_task
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.core import topics
from apps.notifications.models import Outbox

log = logging.getLogger(__name__)
LONGEST_WAIT = dt.timedelta(hours=6)


def claim(outbox_id: int, now: dt.datetime) -> Outbox | None:
    """Take the row if it is open and nobody holds it: one conditional UPDATE decides between rivals."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    row = Outbox.objects.filter(pk=outbox_id).first()
    if row is None or not topics.is_known(row.topic):
        return None
    lease = now + dt.timedelta(seconds=topics.topic(row.topic).lease_seconds)
    open_rows = Outbox.objects.filter(
        free, pk=outbox_id, done_at__isnull=True, parked_at__isnull=True, attempts=row.attempts
    )
    taken = open_rows.update(claimed_at=now, lease_until=lease, attempts=F("attempts") + 1)
    if not taken:
        return None
    row.attempts += 1
    return row


def work_off(outbox_id: int, now: dt.datetime) -> bool:
    """Claim and run one row. Returns whether it was done here. A failure is kept on the row, never raised."""
    row = claim(outbox_id, now)
    if row is None:
        return False
    topic = topics.topic(row.topic)
    if row.attempts > topic.attempts:
        Outbox.objects.filter(pk=row.pk).update(parked_at=now, lease_until=None)
        return False
    try:
        topic.handler(key=row.key, payload=row.payload, now=now)
    except Exception as error:
        log.exception("outbox %s (%s) failed in attempt %s", row.pk, row.topic, row.attempts)
        wait = min(dt.timedelta(seconds=5 * 3 ** (row.attempts - 1)), LONGEST_WAIT)
        is_last = row.attempts >= topic.attempts
        Outbox.objects.filter(pk=row.pk, attempts=row.attempts).update(
            lease_until=None,
            dispatched_at=None,
            available_at=now + wait,
            parked_at=now if is_last else None,
            last_error=f"{type(error).__name__}: {error}"[:2000],
        )
        return False
    Outbox.objects.filter(pk=row.pk, attempts=row.attempts).update(
        done_at=timezone.now(), lease_until=None, last_error=""
    )
    return True


@shared_task(name="notifications.outbox_handle", ignore_result=True)
def outbox_handle(*, outbox_ids: list[int]) -> None:
    """Work off these rows, each on its own."""
    for outbox_id in outbox_ids:
        work_off(outbox_id, timezone.now())


@shared_task(name="notifications.outbox_purge", ignore_result=True)
def outbox_purge() -> None:
    """Forget done rows after two weeks."""
    with transaction.atomic():
        Outbox.objects.filter(done_at__lt=timezone.now() - dt.timedelta(days=14)).delete()
