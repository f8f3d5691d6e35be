"""Verbs that correct single rows of evidence by hand or over the API, with the version their author saw."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.selectors import the_organisation
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Invalid, check_version
from apps.customers import rules
from apps.customers.models import Interaction, Purchase
from apps.customers.services._evidence import tell_rollups
from apps.customers.services._matching import Place
from apps.customers.services.evidence import INTERACTION, PURCHASE

SHARED = ("unit", "customer", "touchpoint", "happened_at", "attributes")
INTERACTION_EDITABLE = (*SHARED, "kind", "summary", "is_failure", "minutes")
PURCHASE_EDITABLE = (*SHARED, "amount", "currency", "margin", "product_line", "order_ref")


@transaction.atomic
def interaction_edit(
    *, actor: Actor, now: dt.datetime, interaction: Interaction, version: int | None, **values: Any
) -> Interaction:
    """Change fields of `INTERACTION_EDITABLE`; an empty value does clear. Raises `Stale` when `version` is not the current."""
    row: Interaction = Interaction.objects.visible_to(actor).locked().the(pk=interaction.pk)
    policy.require(actor, INTERACTION, row)
    check_version(version, row.version)
    if "unit" in values:
        policy.require(actor, INTERACTION, Place(values["unit"].pk))
    if changes := _edited(row, now, values, INTERACTION_EDITABLE):
        audit.record(actor=actor, action="customers.interaction.edited", obj=row, now=now, changes=changes)
    return row


@transaction.atomic
def purchase_edit(
    *, actor: Actor, now: dt.datetime, purchase: Purchase, version: int | None, **values: Any
) -> Purchase:
    """Change fields of `PURCHASE_EDITABLE`; an empty value does clear. Raises `Stale` when `version` is not the current."""
    row: Purchase = Purchase.objects.visible_to(actor).locked().the(pk=purchase.pk)
    policy.require(actor, PURCHASE, row)
    check_version(version, row.version)
    if "unit" in values:
        policy.require(actor, PURCHASE, Place(values["unit"].pk))
    for name in ("amount", "margin"):
        if values.get(name) is not None:
            values[name] = rules.cents(values[name])
    if changes := _edited(row, now, values, PURCHASE_EDITABLE):
        audit.record(actor=actor, action="customers.purchase.edited", obj=row, now=now, changes=changes)
    return row


def _edited(
    row: Interaction | Purchase, now: dt.datetime, values: dict[str, Any], allowed: tuple[str, ...]
) -> audit.Changes:
    """Set, check and save `values`; what changed."""
    if unknown := set(values) - set(allowed):
        raise Invalid(fields={name: [_("This cannot be changed here.")] for name in sorted(unknown)})
    before_day = (row.unit_id, row.local_date)
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    try:
        row.clean_fields(exclude=[field.name for field in row._meta.fields if field.name not in values])
        row.validate_constraints()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from None
    changes = audit.diff(before, {name: getattr(row, name) for name in values})
    if changes:
        row.local_date = row.happened_at.astimezone(ZoneInfo(the_organisation().time_zone)).date()
        row.version += 1
        row.save()
        tell_rollups(type(row), {before_day, (row.unit_id, row.local_date)}, now)
    return changes
