"""Verbs over key dates and consents."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, check_version
from apps.customers.models import Consent, Customer, KeyDate


@transaction.atomic
def key_date_add(
    *, actor: Actor, now: dt.datetime, customer: Customer, kind: str, on: dt.date, note: str = ""
) -> KeyDate:
    """Note a date on which to reach out; the same kind on the same day twice is one row (its note is kept or filled)."""
    row: Customer = Customer.objects.visible_to(actor).locked().the(pk=customer.pk)
    policy.require(actor, "customers.keydate.edit", row)
    _check(kind, note)
    key_date, is_new = KeyDate.objects.get_or_create(customer=row, kind=kind, on=on, defaults={"note": note})
    if not is_new and note and key_date.note != note:
        key_date.note = note
        key_date.version += 1
        key_date.save(update_fields=["note", "version"])
    if is_new:
        audit.record(
            actor=actor, action="customers.keydate.added", obj=row, now=now, changes={"key_date": [None, str(key_date)]}
        )  # fmt: skip
    return key_date


@transaction.atomic
def key_date_edit(
    *,
    actor: Actor,
    now: dt.datetime,
    key_date: KeyDate,
    version: int | None,
    kind: str,
    on: dt.date,
    note: str,
) -> KeyDate:
    """Change a key date; `Conflict` when the customer has the same kind on that day already."""
    row: KeyDate = KeyDate.objects.visible_to(actor).select_related("customer").locked().the(pk=key_date.pk)
    policy.require(actor, "customers.keydate.edit", row.customer)
    check_version(version, row.version)
    _check(kind, note)
    before = {"kind": row.kind, "on": row.on, "note": row.note}
    changes = audit.diff(before, {"kind": kind, "on": on, "note": note})
    if changes:
        if KeyDate.objects.filter(customer_id=row.customer_id, kind=kind, on=on).exclude(pk=row.pk).exists():
            raise Conflict(_("This customer has the same date already."))
        row.kind, row.on, row.note = kind, on, note
        row.version += 1
        row.save(update_fields=["kind", "on", "note", "version"])
        audit.record(
            actor=actor, action="customers.keydate.edited", obj=row.customer, now=now, changes=changes
        )
    return row


@transaction.atomic
def key_date_remove(*, actor: Actor, now: dt.datetime, key_date: KeyDate) -> None:
    """Take a key date off; the history keeps that it was there."""
    row: KeyDate = KeyDate.objects.visible_to(actor).select_related("customer").locked().the(pk=key_date.pk)
    policy.require(actor, "customers.keydate.edit", row.customer)
    audit.record(
        actor=actor, action="customers.keydate.removed", obj=row.customer, now=now, changes={"key_date": [str(row), None]}
    )  # fmt: skip
    row.delete()


@transaction.atomic
def consent_record(
    *, actor: Actor, now: dt.datetime, customer: Customer, purpose: str, is_given: bool, source: str
) -> Consent:
    """Note that the customer allows or refuses a purpose. A new row each time it changes; the newest counts."""
    row: Customer = Customer.objects.visible_to(actor).locked().the(pk=customer.pk)
    policy.require(actor, "customers.consent.record", row)
    if purpose not in Consent.Purpose.values:
        raise Invalid(fields={"purpose": [_("This purpose is not known.")]})
    if not 0 < len(source) <= 60:
        raise Invalid(fields={"source": [_("Say where the customer told it, in up to 60 characters.")]})
    newest = Consent.objects.filter(customer=row, purpose=purpose).first()
    if newest is not None and newest.is_given == is_given:
        return newest
    consent = Consent.objects.create(
        customer=row, purpose=purpose, is_given=is_given, recorded_at=now, source=source
    )
    before = newest.is_given if newest else None
    audit.record(
        actor=actor, action="customers.consent.recorded", obj=row, now=now, changes={f"consent_{purpose}": [before, is_given]}
    )  # fmt: skip
    return consent


def _check(kind: str, note: str) -> None:
    if kind not in KeyDate.Kind.values:
        raise Invalid(fields={"kind": [_("This kind of date is not known.")]})
    if len(note) > 300:
        raise Invalid(fields={"note": [_("At most 300 characters.")]})
