"""How batches of interactions and purchases are written: read what is there, compare, insert, update."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts.selectors import the_organisation
from apps.audit import services as audit
from apps.core import topics
from apps.core.actor import Actor
from apps.customers import rules
from apps.customers.models import Interaction, Purchase
from apps.customers.services._matching import units_allowed
from apps.customers.services._undo import referred_ids, take_back
from apps.customers.types import BulkOutcome, Changes, InteractionRow, PurchaseRow, UnitDay
from apps.notifications.services import outbox_add

# Told in the same transaction whenever evidence is written; the room of the KPIs registers the handler.
# payload: {"origin": "interactions" | "purchases", "keys": [[unit id, "YYYY-MM-DD"], ...]}
TOUCHED = "customers.evidence.touched"
SHARED_FIELDS = ("unit_id", "happened_at", "customer_id", "touchpoint_id", "attributes")
INTERACTION_FIELDS = (*SHARED_FIELDS, "kind", "summary", "is_failure", "minutes")
PURCHASE_FIELDS = (*SHARED_FIELDS, "amount", "currency", "margin", "product_line", "order_ref")
LIMITS = {"system": 60, "external_id": 200, "kind": 40, "summary": 500, "product_line": 80, "order_ref": 200}
NEEDED = ("system", "external_id", "kind")
LARGEST = {"minutes": Decimal(10) ** 6, "amount": Decimal(10) ** 12, "margin": Decimal(10) ** 12}
Model = type[Interaction] | type[Purchase]
Row = InteractionRow | PurchaseRow
Key = tuple[str, str]


def rows_record(
    actor: Actor, now: dt.datetime, model: Model, fields: Sequence[str], action: str, rows: Sequence[Row]
) -> BulkOutcome:
    """Insert new rows, update changed ones, leave the others; see `BulkOutcome`."""
    # not a verb: the part that the verbs of interactions and purchases share
    units = units_allowed(actor, action, (row.unit_id for row in rows))
    refused = {at: problem for at, row in enumerate(rows) if (problem := _refusal(row, units))}
    told: dict[Key, Row] = {
        (row.system, row.external_id): row for at, row in enumerate(rows) if at not in refused
    }
    zone = ZoneInfo(the_organisation().time_zone) if told else ZoneInfo("UTC")
    known = _locked(model, told)
    added: list[int] = []
    if fresh := {key: row for key, row in told.items() if key not in known}:
        made = {
            key: _fill(model(system=key[0], external_id=key[1]), row, fields, zone)
            for key, row in fresh.items()
        }
        # Sorted, so that two imports of the same rows wait for each other in one order and never in a ring.
        model.objects.bulk_create([made[key] for key in sorted(made)], ignore_conflicts=True)
        # Another import may have been first: then the row there is not ours, and ours is compared with it.
        stored = _locked(model, fresh)
        added = [row.pk for key, row in stored.items() if row.uid == made[key].uid]
        known |= stored
    new, touched = set(added), set[UnitDay]()
    units |= units_allowed(actor, action, (row.unit_id for row in known.values()))
    outside = {key for key in told if known[key].unit_id not in units}
    refused |= {at: _outside() for at, row in enumerate(rows) if at not in refused and _key(row) in outside}
    changed: dict[int, Changes] = {}
    for key, row in told.items():
        stored_row = known[key]
        if key in outside:
            continue
        before = (stored_row.unit_id, stored_row.local_date)
        if stored_row.pk in new:
            touched.add(before)
        elif changes := _merge(stored_row, row, fields, zone):
            changed[stored_row.pk] = changes
            touched |= {before, (stored_row.unit_id, stored_row.local_date)}
    _store(model, [row for row in known.values() if row.pk in changed], fields)
    tell_rollups(model, touched, now)
    return BulkOutcome(
        added=added,
        changed=changed,
        unchanged=len(told) - len(outside) - len(added) - len(changed),
        ids=[None if at in refused else known[_key(row)].pk for at, row in enumerate(rows)],
        refused=refused,
        touched=frozenset(touched),
    )


def rows_forget(
    actor: Actor, now: dt.datetime, model: Model, action: str, ids: Iterable[int]
) -> tuple[list[int], int]:
    """Delete rows nobody refers to; (ids kept, number deleted)."""
    # not a verb: the part that the verbs of interactions and purchases share
    found = list(model.objects.filter(pk__in=set(ids)).order_by("pk").locked())
    units = units_allowed(actor, action, (row.unit_id for row in found))
    mine = {row.pk: (row.unit_id, row.local_date) for row in found if row.unit_id in units}
    gone = set(mine) - referred_ids(model, mine)
    model.objects.filter(pk__in=gone).delete()
    tell_rollups(model, {mine[pk] for pk in gone}, now)
    return sorted({row.pk for row in found} - gone), len(gone)


def rows_restore(
    actor: Actor,
    now: dt.datetime,
    model: Model,
    fields: Sequence[str],
    action: str,
    changes: Mapping[int, Changes],
) -> int:
    """Take changes back where they still stand; how many rows changed."""
    # not a verb: the part that the verbs of interactions and purchases share
    zone = ZoneInfo(the_organisation().time_zone)
    found = list(model.objects.filter(pk__in=set(changes)).order_by("pk").locked())
    units = units_allowed(actor, action, (row.unit_id for row in found))
    restored, touched = [], set[UnitDay]()
    for row in found:
        before = (row.unit_id, row.local_date)
        if row.unit_id in units and take_back(row, changes[row.pk]):
            row.local_date = row.happened_at.astimezone(zone).date()
            row.version += 1
            restored.append(row)
            touched |= {before, (row.unit_id, row.local_date)}
    _store(model, restored, fields)
    tell_rollups(model, touched, now)
    return len(restored)


def tell_rollups(model: Model, touched: Iterable[UnitDay], now: dt.datetime) -> None:
    """Leave word which (unit, day) keys changed, for whoever derives KPIs from this evidence."""
    keys = sorted(touched)
    if keys and topics.is_known(TOUCHED):
        origin = f"{model._meta.model_name}s"
        payload = {"origin": origin, "keys": [[unit_id, day.isoformat()] for unit_id, day in keys]}
        outbox_add(topic=TOUCHED, key=origin, payload=payload, now=now)


def _key(row: Row) -> Key:
    return row.system, row.external_id


def _locked(model: Model, keys: Iterable[Key]) -> dict[Key, Any]:
    by_system: dict[str, list[str]] = {}
    for system, external_id in keys:
        by_system.setdefault(system, []).append(external_id)
    if not by_system:
        return {}
    wanted = reduce(or_, (Q(system=system, external_id__in=ids) for system, ids in by_system.items()))
    return {
        (row.system, row.external_id): row for row in model.objects.filter(wanted).order_by("pk").locked()
    }


def _value(row: Row, name: str) -> Any:
    value = getattr(row, name)
    if name in {"amount", "margin", "minutes"} and value is not None:
        return rules.cents(value)
    return value.strip() if isinstance(value, str) else value


def _fill(stored: Any, row: Row, fields: Sequence[str], zone: ZoneInfo) -> Any:
    for name in fields:
        setattr(stored, name, dict(row.attributes) if name == "attributes" else _value(row, name))
    stored.local_date = stored.happened_at.astimezone(zone).date()
    return stored


def _merge(stored: Any, row: Row, fields: Sequence[str], zone: ZoneInfo) -> Changes:
    before = {name: getattr(stored, name) for name in fields}
    for name in fields:
        value = _value(row, name)
        if name == "attributes":
            stored.attributes = rules.merged_attributes(stored.attributes, row.attributes)
        elif value not in (None, ""):
            setattr(stored, name, value)
    changes = audit.diff(before, {name: getattr(stored, name) for name in fields})
    if changes:
        stored.local_date = stored.happened_at.astimezone(zone).date()
        stored.version += 1
    return changes


def _store(model: Model, rows: list[Any], fields: Sequence[str]) -> None:
    if rows:
        # One statement instead of a CASE per field and row; the rows are locked, so each one meets itself.
        model.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[*(name.removesuffix("_id") for name in fields), "local_date", "version"],
        )


def _outside() -> str:
    return _("This id belongs to a unit outside yours.")


def _refusal(row: Row, units: set[int]) -> str:
    if row.unit_id not in units:
        return _outside()
    for name, limit in LIMITS.items():
        text: str | None = getattr(row, name, None)
        if text is None:
            continue
        if "\x00" in text or len(text.strip()) > limit:
            return _("“%(field)s” holds a NUL or more than %(limit)s characters.") % {
                "field": name,
                "limit": limit,
            }
        if name in NEEDED and not text.strip():
            return _("“%(field)s” is empty.") % {"field": name}
    if row.happened_at.tzinfo is None:
        return _("The time has no zone.")
    for name, largest in LARGEST.items():
        number = getattr(row, name, None)
        if number is None:
            continue
        try:
            if abs(rules.cents(number)) >= largest:
                return _("“%(field)s” is too large.") % {"field": name}
        except InvalidOperation:
            return _("“%(field)s” is not a number.") % {"field": name}
    currency = getattr(row, "currency", None)
    if currency is not None and not (
        len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()
    ):
        return _("A currency is three capital letters, for example EUR.")
    return ""
