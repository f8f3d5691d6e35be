"""The verbs of feedback: sources are kept, responses are recorded once however often they are delivered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.accounts.selectors import the_organisation
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, NotVisible, check_version
from apps.customers.models import Customer
from apps.feedback.bulk import merged, prepared, rewrite
from apps.feedback.models import Response, Source
from apps.feedback.types import BulkOutcome, Changed, Key, ResponseRow
from apps.journeys.models import Touchpoint

SOURCE_FIELDS = (
    "key",
    "name",
    "kind",
    "score_kind",
    "scale_min",
    "scale_max",
    "unit",
    "touchpoint",
    "is_active",
)
FROZEN = {"key", "score_kind", "scale_min", "scale_max"}  # what recorded scores were measured with


@transaction.atomic
def source_save(
    *, actor: Actor, now: dt.datetime, source: Source | None = None, version: int | None = None, **fields: Any
) -> Source:
    """Add a source, or change one (`version`: the one its author saw). Key and scale stay once it has responses.

    Fields: key, name, kind, score_kind, scale_min, scale_max, unit, touchpoint, is_active. Raises Invalid, Stale, Denied.
    """
    unknown = set(fields) - set(SOURCE_FIELDS)
    if unknown:
        raise TypeError(f"a source has no {', '.join(sorted(unknown))}")
    if source is None:
        row = Source(**fields)
        before: dict[str, Any] = {}
    else:
        row = Source.objects.visible_to(actor).locked().the(pk=source.pk)
        check_version(version, row.version)
        before = {name: getattr(row, name) for name in SOURCE_FIELDS}
        policy.require(actor, "feedback.source.edit", row)
    for name, value in fields.items():
        setattr(row, name, value)
    if row.unit_id is None:
        raise Invalid(fields={"unit": [_("A source belongs to a unit.")]})
    policy.require(actor, "feedback.source.edit", row)
    changes = audit.diff(before, {name: getattr(row, name) for name in SOURCE_FIELDS})
    if source is not None and not changes:
        return row
    _source_check(row, changes if source is not None else {})
    row.version += 1 if source is not None else 0
    row.save()
    action = "feedback.source.changed" if source is not None else "feedback.source.added"
    audit.record(actor=actor, action=action, obj=row, now=now, changes=changes)
    return row


def _source_check(row: Source, changes: dict[str, Any]) -> None:
    if row.scale_max <= row.scale_min:
        raise Invalid(fields={"scale_max": [_("The highest score must be above the lowest.")]})
    if Source.objects.filter(key=row.key).exclude(pk=row.pk).exists():
        raise Invalid(fields={"key": [_("Another source has this key.")]})
    fixed = FROZEN & set(changes)
    if fixed and Response.objects.filter(source_id=row.pk).exists():
        why = _("Responses were measured with this. Add another source instead.")
        raise Conflict(why, fields={name: [why] for name in sorted(fixed)})


@transaction.atomic
def response_record(
    *,
    actor: Actor,
    now: dt.datetime,
    source: Source,
    external_id: str,
    responded_at: dt.datetime,
    unit: Unit | None = None,
    customer: Customer | None = None,
    touchpoint: Touchpoint | None = None,
    score: Any = None,
    title: str = "",
    verbatim: str = "",
    language: str = "",
    asked_at: dt.datetime | None = None,
    attributes: dict[str, Any] | None = None,
) -> tuple[Response, bool]:
    """Record one response once: a second delivery of (source, external id) returns the first and False.

    Safe under simultaneous deliveries (insert or find, in the database). The caller marks the rollup and opens cases.
    Raises Invalid with the fields at fault, Denied.
    """
    given = ResponseRow(
        source, external_id, responded_at, unit, customer, touchpoint, score, title, verbatim, language,
        asked_at, attributes,
    )  # fmt: skip
    row = prepared(given, now=now, zone=the_organisation().time_zone)
    policy.require(actor, "feedback.response.record", row)
    Response.objects.bulk_create([row], ignore_conflicts=True)
    stored = Response.objects.select_related("source", "unit", "customer", "touchpoint").get(
        source_id=row.source_id, external_id=row.external_id
    )
    created = stored.uid == row.uid
    if created:
        audit.record(actor=actor, action="feedback.response.recorded", obj=stored, now=now)
    elif (
        stored.unit_id != row.unit_id and not Response.objects.visible_to(actor).filter(pk=stored.pk).exists()
    ):
        raise NotVisible
    return stored, created


@transaction.atomic
def responses_bulk_record(*, actor: Actor, now: dt.datetime, rows: list[ResponseRow]) -> BulkOutcome:
    """Record a batch (500–2,000 rows) in a constant number of queries; the same batch again changes nothing.

    A key that is there already gets what the row says otherwise (empty values never overwrite, attributes are merged).
    Two simultaneous deliveries of one batch add each row once. Raises Invalid when any row cannot be used: nothing is
    written then. The caller marks the rollup for `touched` and opens cases for `added`.
    """
    if not rows:
        return BulkOutcome()
    zone = the_organisation().time_zone
    made = [(row, prepared(row, now=now, zone=zone)) for row in rows]
    _require_all(actor, {new.unit_id for _row, new in made})
    # In one order for everybody, so that two batches wait for each other instead of deadlocking.
    fresh = dict(sorted({(new.source_id, new.external_id): (row, new) for row, new in made}.items()))
    Response.objects.bulk_create([new for _row, new in fresh.values()], ignore_conflicts=True)
    stored = _stored(set(fresh))
    added: list[Response] = []
    dirty: list[Response] = []
    changed: list[Changed] = []
    touched: set[Key] = set()
    for old in stored:
        row, new = fresh[old.source_id, old.external_id]
        if old.uid == new.uid:
            added.append(old)
            touched.add((old.unit_id, old.local_date))
            continue
        after = merged(old, row, new)
        before = {name: getattr(old, name) for name, value in after.items() if getattr(old, name) != value}
        if before:
            touched |= {(old.unit_id, old.local_date), (after["unit_id"], after["local_date"])}
            _require_all(actor, {old.unit_id})
            for name in before:
                setattr(old, name, after[name])
            dirty.append(old)
            changed.append(Changed(old.pk, before))
    rewrite(dirty)
    _audit_batch(actor, now, added, list(zip(dirty, changed, strict=True)))
    return BulkOutcome(
        added=[row.pk for row in added],
        changed=changed,
        unchanged=len(stored) - len(added) - len(changed),
        repeated=len(rows) - len(fresh),
        touched=frozenset(touched),
    )


def _stored(fresh: set[tuple[int, str]]) -> list[Response]:
    """The stored rows of these keys, locked in the order of their keys."""
    keys = {external_id for _source, external_id in fresh}
    found = (
        Response.objects.filter(source_id__in={source for source, _key in fresh}, external_id__in=keys)
        .defer("search")
        .order_by("source_id", "external_id")
        .locked()
    )
    return [row for row in found if (row.source_id, row.external_id) in fresh]


def _require_all(actor: Actor, unit_ids: set[int]) -> None:
    for unit_id in unit_ids:
        policy.require(actor, "feedback.response.record", Response(unit_id=unit_id))


def _audit_batch(
    actor: Actor, now: dt.datetime, added: list[Response], changed: list[tuple[Response, Changed]]
) -> None:
    """One event per source for what was added, one per response for what was changed (never personal words)."""
    events = []
    per_source: dict[int, int] = {}
    for row in added:
        per_source[row.source_id] = per_source.get(row.source_id, 0) + 1
    for source in Source.objects.filter(pk__in=per_source):
        events.append(
            audit.event(
                actor=actor, action="feedback.responses.recorded", obj=source, now=now,
                changes={"added": per_source[source.pk]},
            )
        )  # fmt: skip
    for row, change in changed:
        told = {
            name: ["…", "…"] if name in Response.PERSONAL else [value, getattr(row, name)]
            for name, value in change.before.items()
            if name not in {"score_norm", "local_date"}
        }
        events.append(
            audit.event(
                actor=actor, action="feedback.response.changed", obj=row, now=now, changes=told,
                label=row.external_id,
            )
        )  # fmt: skip
    audit.record_many(events)


@transaction.atomic
def responses_forget(*, actor: Actor, now: dt.datetime, ids: Iterable[int]) -> set[Key]:
    """Take responses away again (an import that is undone). Returns the touched (unit id, day) keys for the rollup."""
    rows = list(
        Response.objects.visible_to(actor).filter(pk__in=list(ids)).defer("search").order_by("id").locked()
    )
    _require_all(actor, {row.unit_id for row in rows})
    if rows:
        Response.objects.filter(pk__in=[row.pk for row in rows]).delete()
        audit.record(
            actor=actor, action="feedback.responses.forgotten", now=now, changes={"count": len(rows)},
            label=_("%(count)s responses") % {"count": len(rows)},
        )  # fmt: skip
    return {(row.unit_id, row.local_date) for row in rows}


@transaction.atomic
def responses_restore(*, actor: Actor, now: dt.datetime, changes: Iterable[Changed]) -> set[Key]:
    """Give responses back the values they had before a batch changed them. Returns the touched keys for the rollup."""
    by_id = {change.id: change.before for change in changes}
    rows = list(
        Response.objects.visible_to(actor).filter(pk__in=by_id).defer("search").order_by("id").locked()
    )
    _require_all(actor, {row.unit_id for row in rows})
    touched: set[Key] = set()
    for row in rows:
        touched.add((row.unit_id, row.local_date))
        for name, value in by_id[row.pk].items():
            setattr(row, name, value)
        touched.add((row.unit_id, row.local_date))
    _require_all(actor, {row.unit_id for row in rows})
    rewrite(rows)
    if rows:
        audit.record(
            actor=actor, action="feedback.responses.restored", now=now, changes={"count": len(rows)},
            label=_("%(count)s responses") % {"count": len(rows)},
        )  # fmt: skip
    return touched
