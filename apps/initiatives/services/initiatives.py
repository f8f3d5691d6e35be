from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.models import Unit, User
from apps.accounts.selectors import the_organisation
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid
from apps.initiatives.models import Initiative, ReturnType, Stage
from apps.initiatives.rules import changed_fields, stays_are_falling
from apps.initiatives.services._shared import (
    known_fields,
    locked_initiative,
    money,
    snapshot_of,
    touch,
    valid,
)

# What a return depends on; a change of the others leaves it fresh.
INPUTS = frozenset({"currency", "stays_6m", "stays_12m", "stays_24m"})
ANSWERS = frozenset({
    "summary", "budget", "stays_6m", "stays_12m", "stays_24m", "cost_per_1000", "customer_gain", "company_gain",
    "trust_risk", "is_comfortable_public", "advocate", "no_advocate_reason", "operational_owner", "revenue_owner",
    "transformation", "transformation_owner", "transformation_due_on", "review_on",
})  # fmt: skip
EDITABLE = ANSWERS | {
    "name", "unit", "owner", "sponsor", "investment_class", "investment_type", "objective", "nature",
    "return_types", "is_quick_win", "currency", "expected_months_to_effect",
}  # fmt: skip


@transaction.atomic
def initiative_create(
    *,
    actor: Actor,
    now: dt.datetime,
    key: str,
    name: str,
    unit: Unit,
    owner: User,
    investment_class: str,
    currency: str = "",
    **fields: Any,
) -> Initiative:
    """A new initiative in stage *idea*; `fields` are any of EDITABLE. Money as Decimal, in whole cents.

    Without `currency` the organisation's is taken. Raises `Invalid` by field, `Conflict` when the key is taken.
    """
    policy.require(actor, "initiatives.initiative.create", unit)
    known_fields(fields, EDITABLE)
    row = Initiative(
        key=key.strip().lower(),
        name=name.strip(),
        unit=unit,
        owner=owner,
        investment_class=investment_class,
        currency=(currency or the_organisation().currency).upper(),
        stage=Stage.IDEA,
        inputs_changed_at=now,
    )
    write_fields(row, fields)
    if Initiative.objects.filter(key=row.key).exists():
        raise Conflict(_("The key “%(key)s” is taken; choose another.") % {"key": row.key}, field="key")
    row.save(force_insert=True)
    audit.record(
        actor=actor,
        action="initiatives.initiative.created",
        obj=row,
        now=now,
        changes={"key": [None, row.key], "investment_class": [None, row.investment_class]},
    )
    return row


@transaction.atomic
def initiative_edit(
    *,
    actor: Actor,
    now: dt.datetime,
    initiative: Initiative,
    version: int | None = None,
    **fields: Any,
) -> Initiative:
    """Change any of EDITABLE; what the return depends on makes it stale. Nothing changed: nothing is written.

    Raises `Stale` when `version` is not the current one, `Denied` also when it would move to a unit of others.
    """
    row = locked_initiative(actor=actor, pk=initiative.pk, version=version)
    policy.require(actor, "initiatives.initiative.edit", row)
    known_fields(fields, EDITABLE)
    before = snapshot_of(row, tuple(fields))
    if "unit" in fields and fields["unit"].pk != row.unit_id:
        policy.require(actor, "initiatives.initiative.edit", fields["unit"])
    write_fields(row, fields)
    changes = changed_fields(before, snapshot_of(row, tuple(fields)))
    if not changes:
        return row
    touch(row, now=now, inputs=bool(INPUTS & set(changes)), fields=tuple(changes))
    audit.record(
        actor=actor,
        action="initiatives.initiative.edited",
        obj=row,
        now=now,
        changes=audit.diff(before, snapshot_of(row, tuple(changes))),
    )
    return row


def write_fields(row: Initiative, fields: dict[str, Any]) -> None:
    """Set these fields on the (unsaved) row; raises `Invalid` by field."""
    for name in ("budget", "cost_per_1000"):
        if fields.get(name) is not None:
            fields = {**fields, name: money(fields[name], name)}
    for name, value in fields.items():
        if isinstance(value, str):
            value = value.strip()
        setattr(row, name, value)
    row.currency = row.currency.upper()
    unknown = set(row.return_types) - set(ReturnType.values)
    if unknown:
        raise Invalid(
            fields={"return_types": [_("Not known: %(names)s.") % {"names": ", ".join(sorted(unknown))}]}
        )
    row.return_types = list(dict.fromkeys(row.return_types))
    if not (len(row.currency) == 3 and row.currency.isascii() and row.currency.isalpha()):
        raise Invalid(fields={"currency": [_("Three letters, for example EUR.")]})
    if not stays_are_falling((row.stays_6m, row.stays_12m, row.stays_24m)):
        raise Invalid(fields={"stays_12m": [_("What is left cannot grow: 6 ≥ 12 ≥ 24 months.")]})
    if row.investment_type is not None and row.investment_type.investment_class != row.investment_class:
        raise Invalid(fields={"investment_type": [_("This type belongs to another class.")]})
    valid(row)
