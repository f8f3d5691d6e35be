"""`record` is the primitive every verb calls; sealing makes later tampering evident."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import connection, models, transaction

from apps.audit.models import AuditEvent, AuditSeal
from apps.core.actor import Actor
from apps.core.locks import lock_number

WRITERS = lock_number("audit.writers")
Changes = dict[str, list[Any]]


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, (dt.date, dt.datetime, dt.timedelta, Decimal)):
        return str(value)
    if isinstance(value, (str, int, float, bool, type(None), list, dict)):
        return value
    return str(value)


def diff(before: dict[str, Any], after: dict[str, Any]) -> Changes:
    """What differs, as {field: [before, after]}; fields of `after` only."""
    return {
        name: [_plain(before.get(name)), _plain(value)]
        for name, value in after.items()
        if before.get(name) != value
    }


def record(
    *,
    actor: Actor,
    action: str,
    obj: models.Model | None = None,
    now: dt.datetime,
    changes: dict[str, Any] | None = None,
    label: str = "",
    unit_id: int | None = None,
) -> None:
    """Append one event in the caller's transaction. `action` is `<app>.<noun>.<past>`."""
    # not a verb: the primitive that verbs record themselves with
    AuditEvent.objects.bulk_create(
        [event(actor=actor, action=action, obj=obj, now=now, changes=changes, label=label, unit_id=unit_id)]
    )


def event(
    *,
    actor: Actor,
    action: str,
    obj: models.Model | None = None,
    now: dt.datetime,
    changes: dict[str, Any] | None = None,
    label: str = "",
    unit_id: int | None = None,
) -> AuditEvent:
    """The unsaved event, for bulk verbs that append many at once by `record_many`."""
    return AuditEvent(
        at=now,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        actor_label=actor.label[:200],
        action=action,
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=obj.pk if obj is not None else None,
        object_label=(label or (str(obj) if obj is not None else ""))[:200],
        unit_id=unit_id if unit_id is not None else getattr(obj, "unit_id", None),
        changes={
            name: [_plain(item) for item in pair] if isinstance(pair, list) else _plain(pair)
            for name, pair in (changes or {}).items()
        },
        request_id=actor.request_id,
    )


def record_many(events: Iterable[AuditEvent]) -> None:
    """Append many events in one statement."""
    # not a verb: the primitive that bulk verbs record themselves with
    AuditEvent.objects.bulk_create(list(events), batch_size=1000)


def _link(previous: str, rows: Iterable[AuditEvent]) -> tuple[str, int, int]:
    digest = hashlib.sha256(previous.encode())
    count = last = 0
    for row in rows:
        line = [row.pk, row.uid.hex, row.at.isoformat(), row.actor_kind, row.actor_id, row.actor_label, row.action,
                row.object_type, row.object_id, row.object_label, row.unit_id, row.changes, row.request_id]  # fmt: skip
        digest.update(json.dumps(line, sort_keys=True, ensure_ascii=False).encode())
        count, last = count + 1, row.pk
    return digest.hexdigest(), count, last


@transaction.atomic
def seal(*, now: dt.datetime, limit: int = 50_000) -> AuditSeal | None:
    """Add a link over the events written since the last one; None when there are none or writers are busy.

    Writers hold `WRITERS` shared (a trigger takes it), so holding it exclusively means that no smaller id can still
    commit later: the chain never skips an event.
    """
    # not a verb: a job's inner step over the log itself
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [WRITERS])
        if not cursor.fetchone()[0]:
            return None
    before = AuditSeal.objects.order_by("-last_event_id").first()
    rows = AuditEvent.objects.filter(pk__gt=before.last_event_id if before else 0).order_by("pk")[:limit]
    digest, count, last = _link(before.digest if before else "", rows.iterator(chunk_size=2000))
    if not count:
        return None
    return AuditSeal.objects.create(
        last_event_id=last,
        events=count,
        sealed_at=now,
        previous=before.digest if before else "",
        digest=digest,
    )


def verify() -> list[str]:
    """Recompute the whole chain; returns one sentence per broken link (empty = intact)."""
    wrong: list[str] = []
    previous, start = "", 0
    for link in AuditSeal.objects.order_by("last_event_id").iterator():
        rows = AuditEvent.objects.filter(pk__gt=start, pk__lte=link.last_event_id).order_by("pk")
        digest, count, _last = _link(previous, rows.iterator(chunk_size=2000))
        if link.previous != previous or digest != link.digest or count != link.events:
            wrong.append(
                f"events {start + 1} to {link.last_event_id}: changed since {link.sealed_at:%Y-%m-%d %H:%M}"
            )
        previous, start = link.digest, link.last_event_id
    return wrong
