from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid
from apps.initiatives.models import CostLine, Initiative
from apps.initiatives.rules import changed_fields
from apps.initiatives.services._shared import (
    known_fields,
    locked_initiative,
    money,
    snapshot_of,
    touch,
    valid,
)

EDITABLE = frozenset({
    "label", "plan", "rhythm", "amount", "currency", "starts_on", "ends_on", "is_capex", "source",
})  # fmt: skip


@transaction.atomic
def cost_add(
    *,
    actor: Actor,
    now: dt.datetime,
    initiative: Initiative,
    label: str,
    amount: Decimal,
    starts_on: dt.date,
    plan: str = "actual",
    rhythm: str = "once",
    ends_on: dt.date | None = None,
    currency: str = "",
    is_capex: bool = False,
    source: str = "",
    external_id: str | None = None,
    version: int | None = None,
) -> CostLine:
    """Money spent or planned: once on `starts_on`, or each month from then until `ends_on` (R 0.03).

    `amount` in whole cents of `currency` (default: the initiative's). `Conflict` when `external_id` is known here.
    Makes the return stale.
    """
    parent = locked_initiative(actor=actor, pk=initiative.pk, version=version)
    policy.require(actor, "initiatives.cost.edit", parent)
    row = CostLine(
        initiative=parent,
        label=label.strip(),
        amount=money(amount, "amount"),
        starts_on=starts_on,
        plan=plan,
        rhythm=rhythm,
        ends_on=ends_on,
        currency=(currency or parent.currency).upper(),
        is_capex=is_capex,
        source=source.strip(),
        external_id=external_id or None,
    )
    _check(row)
    if row.external_id and CostLine.objects.filter(initiative=parent, external_id=row.external_id).exists():
        raise Conflict(_("A cost line with this external id is there already."), field="external_id")
    row.save(force_insert=True)
    touch(parent, now=now, inputs=True)
    audit.record(
        actor=actor,
        action="initiatives.cost.added",
        obj=parent,
        now=now,
        changes={
            "label": [None, row.label],
            "amount": [None, f"{row.amount} {row.currency}"],
            "plan": [None, row.plan],
            "rhythm": [None, row.rhythm],
            "starts_on": [None, row.starts_on],
        },
    )
    return row


@transaction.atomic
def cost_record(
    *, actor: Actor, now: dt.datetime, initiative: Initiative, external_id: str, **fields: Any
) -> tuple[CostLine, str]:
    """For files and programs: the line of this `external_id` as given. Returns it with added | changed | unchanged.

    `fields` as of `cost_add`; a repeat with the same values writes nothing.
    """
    parent = locked_initiative(actor=actor, pk=initiative.pk)
    policy.require(actor, "initiatives.cost.edit", parent)
    known = CostLine.objects.filter(initiative=parent, external_id=external_id).first()
    if known is None:
        return cost_add(actor=actor, now=now, initiative=parent, external_id=external_id, **fields), "added"
    before = parent.version
    row = cost_edit(actor=actor, now=now, cost=known, **fields)
    parent.refresh_from_db(fields=["version"])
    if parent.version == before:
        return row, "unchanged"
    audit.record(
        actor=actor,
        action="initiatives.cost.recorded",
        obj=parent,
        now=now,
        changes={"external_id": external_id},
    )
    return row, "changed"


@transaction.atomic
def cost_edit(
    *, actor: Actor, now: dt.datetime, cost: CostLine, version: int | None = None, **fields: Any
) -> CostLine:
    """Change any of EDITABLE of a cost line (for example its last month); makes the return stale."""
    parent = locked_initiative(actor=actor, pk=cost.initiative_id, version=version)
    policy.require(actor, "initiatives.cost.edit", parent)
    known_fields(fields, EDITABLE)
    row = CostLine.objects.visible_to(actor).locked().the(pk=cost.pk)
    if "amount" in fields:
        fields["amount"] = money(fields["amount"], "amount")
    if "currency" in fields:
        fields["currency"] = (fields["currency"] or parent.currency).upper()
    before = snapshot_of(row, tuple(fields))
    for name, value in fields.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    changes = changed_fields(before, snapshot_of(row, tuple(fields)))
    if not changes:
        return row
    _check(row)
    row.save(update_fields=sorted(changes))
    touch(parent, now=now, inputs=True)
    audit.record(
        actor=actor,
        action="initiatives.cost.edited",
        obj=parent,
        now=now,
        changes={"cost": row.label, **audit.diff(before, changes)},
    )
    return row


@transaction.atomic
def cost_remove(*, actor: Actor, now: dt.datetime, cost: CostLine, version: int | None = None) -> None:
    """Take a cost line off again (it was entered by mistake; what ended gets a last month instead)."""
    parent = locked_initiative(actor=actor, pk=cost.initiative_id, version=version)
    policy.require(actor, "initiatives.cost.edit", parent)
    row = CostLine.objects.visible_to(actor).locked().the(pk=cost.pk)
    before = {
        "label": [row.label, None],
        "amount": [f"{row.amount} {row.currency}", None],
        "starts_on": [row.starts_on, None],
    }
    row.delete()
    touch(parent, now=now, inputs=True)
    audit.record(actor=actor, action="initiatives.cost.removed", obj=parent, now=now, changes=before)


def _check(row: CostLine) -> None:
    if not (len(row.currency) == 3 and row.currency.isascii() and row.currency.isalpha()):
        raise Invalid(fields={"currency": [_("Three letters, for example EUR.")]})
    valid(row)
    if row.rhythm == CostLine.Rhythm.ONCE and row.ends_on is not None:
        raise Invalid(fields={"ends_on": [_("A one-off cost has no last month.")]})
    if row.ends_on is not None and row.ends_on < row.starts_on:
        raise Invalid(fields={"ends_on": [_("The last month comes after the first.")]})
