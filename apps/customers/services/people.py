"""Verbs over customers and what source systems call them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, check_version
from apps.core.locks import lock_until_commit
from apps.customers import rules
from apps.customers.models import Customer, Identity
from apps.customers.services._matching import (
    FIELDS,
    MATCHING,
    TEXTS,
    Place,
    customers_locked,
    rows_record,
    units_allowed,
)
from apps.customers.services._undo import referred_ids, take_back
from apps.customers.types import Changes, CustomerOutcome, CustomerRow, IdentityKey

EDITABLE = (*FIELDS, "unit", "account_owner")


@transaction.atomic
def customer_record(
    *, actor: Actor, now: dt.datetime, unit: Unit, identities: Iterable[IdentityKey] = (), name: str = "",
    email: str = "", phone: str = "", language: str = "", segment: str = "", since_on: dt.date | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> tuple[Customer, str]:  # fmt: skip
    """Find the customer meant (exact identity, then e-mail, then a phone only one has) or add one; merge what is told.

    Returns the customer and "added", "changed" or "unchanged". Empty values never overwrite. Safe to repeat and to
    call twice at once. Raises `Invalid` when nothing identifies the customer, `Conflict` when an identity belongs to a
    customer outside the actor's units.
    """
    policy.require(actor, "customers.customer.edit", Place(unit.pk))
    row = CustomerRow(
        unit_id=unit.pk, identities=tuple(identities), name=name, email=email, phone=phone, language=language,
        segment=segment, since_on=since_on, attributes=attributes or {},
    )  # fmt: skip
    outcome = rows_record(actor, now, [row])[0]
    if outcome.customer_id is None:
        known = any(Identity.objects.filter(system=s, external_id=e).exists() for s, e in row.identities)
        raise Conflict(outcome.problem) if known else Invalid(outcome.problem)
    customer = Customer.objects.get(pk=outcome.customer_id)
    if outcome.outcome != "unchanged":
        changes = {**outcome.changes}
        if outcome.identities:
            changes["identities"] = [
                "",
                ", ".join(f"{system}: {external}" for system, external in outcome.identities),
            ]
        audit.record(
            actor=actor,
            action=f"customers.customer.{outcome.outcome}",
            obj=customer,
            now=now,
            changes=changes,
        )
    return customer, outcome.outcome


@transaction.atomic
def customers_bulk_record(
    *, actor: Actor, now: dt.datetime, rows: Sequence[CustomerRow]
) -> list[CustomerOutcome]:
    """`customer_record` for a batch (best 500 to 2,000 rows), in at most nine statements; one outcome per row, in order.

    Rows of the batch meet each other too. A row that cannot be taken is `refused` and does not stop the others. Two
    imports at once never add a customer twice. One audit event with the counts, none when nothing changed.
    """
    policy.require(actor, "customers.customer.edit")
    outcomes = rows_record(actor, now, rows)
    counts: Counter[str] = Counter(outcome.outcome for outcome in outcomes)
    if counts["added"] or counts["changed"]:
        audit.record(
            actor=actor,
            action="customers.batch.recorded",
            now=now,
            changes=dict(counts),
            label=_("Customers"),
        )
    return outcomes


@transaction.atomic
def customer_edit(
    *, actor: Actor, now: dt.datetime, customer: Customer, version: int | None, **values: Any
) -> Customer:
    """Change fields of `EDITABLE` by hand; here an empty value does clear. Raises `Stale` when `version` is not the current."""
    row: Customer = Customer.objects.visible_to(actor).locked().the(pk=customer.pk)
    policy.require(actor, "customers.customer.edit", row)
    check_version(version, row.version)
    _check_editable(values)
    if "unit" in values:
        policy.require(actor, "customers.customer.edit", Place(values["unit"].pk))
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    row.email_key = rules.normalise_email(row.email)
    row.phone_key = rules.normalise_phone(row.phone)
    changes = audit.diff(before, values)
    if changes:
        row.version += 1
        row.save()
        audit.record(actor=actor, action="customers.customer.edited", obj=row, now=now, changes=changes)
    return row


@transaction.atomic
def identity_add(
    *, actor: Actor, now: dt.datetime, customer: Customer, system: str, external_id: str
) -> Identity:
    """Attach what a source system calls this customer; attaching it again is harmless, somebody else's is a `Conflict`."""
    row: Customer = Customer.objects.visible_to(actor).locked().the(pk=customer.pk)
    policy.require(actor, "customers.customer.edit", row)
    if not (0 < len(system) <= 60 and 0 < len(external_id) <= 200):
        raise Invalid(_("An identity needs a system (up to 60 characters) and an id (up to 200)."))
    lock_until_commit(MATCHING)
    identity, is_new = Identity.objects.get_or_create(
        system=system, external_id=external_id, defaults={"customer": row}
    )
    if identity.customer_id != row.pk:
        raise Conflict(_("This identity belongs to another customer."))
    if is_new:
        audit.record(
            actor=actor, action="customers.identity.added", obj=row, now=now, changes={"identity": [None, str(identity)]}
        )  # fmt: skip
    return identity


@transaction.atomic
def identity_remove(*, actor: Actor, now: dt.datetime, identity: Identity) -> None:
    """Detach an identity from its customer; what was recorded stays with the customer."""
    row = Identity.objects.visible_to(actor).select_related("customer").locked().the(pk=identity.pk)
    policy.require(actor, "customers.customer.edit", row.customer)
    audit.record(
        actor=actor, action="customers.identity.removed", obj=row.customer, now=now, changes={"identity": [str(row), None]}
    )  # fmt: skip
    row.delete()


@transaction.atomic
def customers_forget(*, actor: Actor, now: dt.datetime, ids: Iterable[int]) -> list[int]:
    """Delete customers that an undone import added; returns the ids kept because something else refers to them by now."""
    policy.require(actor, "customers.customer.edit")
    found = customers_locked(ids)
    allowed = units_allowed(actor, "customers.customer.edit", (row.unit_id for row in found.values()))
    mine = {pk for pk, row in found.items() if row.unit_id in allowed}
    gone = mine - referred_ids(Customer, mine, but=("Identity",))
    Customer.objects.filter(pk__in=gone).delete()
    if gone:
        audit.record(
            actor=actor, action="customers.batch.forgotten", now=now, changes={"customers": len(gone)}, label=_("Customers")
        )  # fmt: skip
    return sorted(set(found) - gone)


@transaction.atomic
def customers_restore(
    *, actor: Actor, now: dt.datetime, changes: Mapping[int, Changes], identities: Iterable[IdentityKey] = ()
) -> int:
    """Take an undone import's changes back: fields that still hold what it wrote, and the identities it attached.

    What somebody changed since stays. Returns how many customers changed.
    """
    policy.require(actor, "customers.customer.edit")
    lock_until_commit(MATCHING)
    found = customers_locked(changes)
    allowed = units_allowed(actor, "customers.customer.edit", (row.unit_id for row in found.values()))
    restored = []
    for pk, row in found.items():
        if row.unit_id in allowed and take_back(row, changes[pk]):
            row.email_key = rules.normalise_email(row.email)
            row.phone_key = rules.normalise_phone(row.phone)
            row.version += 1
            restored.append(row)
    if restored:
        fields = [*FIELDS, "email_key", "phone_key", "version"]
        Customer.objects.bulk_create(
            restored, update_conflicts=True, unique_fields=["id"], update_fields=fields
        )
    by_system: dict[str, list[str]] = {}
    for system, external_id in identities:
        by_system.setdefault(system, []).append(external_id)
    mine = Identity.objects.visible_to(actor)
    detached = sum(mine.filter(system=s, external_id__in=e).delete()[0] for s, e in by_system.items())
    if restored or detached:
        counts = {"customers": len(restored), "identities": detached}
        audit.record(
            actor=actor, action="customers.batch.restored", now=now, changes=counts, label=_("Customers")
        )
    return len(restored)


def _check_editable(values: Mapping[str, Any]) -> None:
    unknown = set(values) - set(EDITABLE)
    if unknown:
        raise Invalid(fields={name: [_("This cannot be changed here.")] for name in sorted(unknown)})
    long = {
        name: [_("At most %(limit)s characters.") % {"limit": limit}]
        for name, limit in TEXTS.items()
        if name in values and len(values[name]) > limit
    }
    if long:
        raise Invalid(fields=long)
