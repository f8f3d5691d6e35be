"""Verbs over what happened (interactions) and what was paid (purchases); one road for one row and for a batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Invalid
from apps.customers import rules
from apps.customers.models import Customer, Interaction, Purchase
from apps.customers.services._evidence import (
    INTERACTION_FIELDS,
    PURCHASE_FIELDS,
    rows_forget,
    rows_record,
    rows_restore,
)
from apps.customers.services._matching import Place
from apps.customers.types import BulkOutcome, Changes, InteractionRow, PurchaseRow
from apps.journeys.models import Touchpoint

INTERACTION = "customers.interaction.record"
PURCHASE = "customers.purchase.record"


@transaction.atomic
def interaction_record(
    *, actor: Actor, now: dt.datetime, system: str, external_id: str, unit: Unit, kind: str, happened_at: dt.datetime,
    customer: Customer | None = None, touchpoint: Touchpoint | None = None, summary: str = "", is_failure: bool = False,
    minutes: Decimal | None = None, attributes: Mapping[str, Any] | None = None,
) -> tuple[Interaction, str]:  # fmt: skip
    """Record an interaction under its key (system, external_id); a repeat updates that row.

    Returns the row and "added", "changed" or "unchanged". Raises `Invalid` for what cannot be meant.
    """
    policy.require(actor, INTERACTION, Place(unit.pk))
    row = InteractionRow(
        system=system, external_id=external_id, unit_id=unit.pk, kind=kind, happened_at=happened_at,
        customer_id=customer.pk if customer else None, touchpoint_id=touchpoint.pk if touchpoint else None,
        summary=summary, is_failure=is_failure, minutes=minutes, attributes=attributes or {},
    )  # fmt: skip
    outcome = rows_record(actor, now, Interaction, INTERACTION_FIELDS, INTERACTION, [row])
    found, kind_of_change, changes = _the_one(Interaction, outcome)
    if kind_of_change != "unchanged":
        audit.record(
            actor=actor, action=f"customers.interaction.{kind_of_change}", obj=found, now=now, changes=changes
        )
    return found, kind_of_change


@transaction.atomic
def interactions_bulk_record(
    *, actor: Actor, now: dt.datetime, rows: Sequence[InteractionRow]
) -> BulkOutcome:
    """`interaction_record` for a batch (best 500 to 2,000 rows) in a fixed number of statements; see `BulkOutcome`.

    Of two rows with the same key the later counts. One audit event with the counts, none when nothing changed.
    """
    policy.require(actor, INTERACTION)
    outcome = rows_record(actor, now, Interaction, INTERACTION_FIELDS, INTERACTION, rows)
    if counts := _counts(outcome):
        audit.record(
            actor=actor, action="customers.interactions.recorded", now=now, changes=counts, label=_("Interactions")
        )  # fmt: skip
    return outcome


@transaction.atomic
def interactions_forget(*, actor: Actor, now: dt.datetime, ids: Iterable[int]) -> list[int]:
    """Delete interactions that an undone import added; returns the ids kept because something else refers to them."""
    policy.require(actor, INTERACTION)
    kept, gone = rows_forget(actor, now, Interaction, INTERACTION, ids)
    if gone:
        audit.record(
            actor=actor, action="customers.interactions.forgotten", now=now, changes={"rows": gone}, label=_("Interactions")
        )  # fmt: skip
    return kept


@transaction.atomic
def interactions_restore(*, actor: Actor, now: dt.datetime, changes: Mapping[int, Changes]) -> int:
    """Take an undone import's changes back where the fields still hold what it wrote; returns how many rows changed."""
    policy.require(actor, INTERACTION)
    restored = rows_restore(actor, now, Interaction, INTERACTION_FIELDS, INTERACTION, changes)
    if restored:
        audit.record(
            actor=actor, action="customers.interactions.restored", now=now, changes={"rows": restored}, label=_("Interactions")
        )  # fmt: skip
    return restored


@transaction.atomic
def purchase_record(
    *, actor: Actor, now: dt.datetime, system: str, external_id: str, unit: Unit, happened_at: dt.datetime,
    amount: Decimal, currency: str, customer: Customer | None = None, touchpoint: Touchpoint | None = None,
    margin: Decimal | None = None, product_line: str = "", order_ref: str = "",
    attributes: Mapping[str, Any] | None = None,
) -> tuple[Purchase, str]:  # fmt: skip
    """Record a purchase under its key (system, external_id); a repeat updates that row; negative is money back.

    Returns the row and "added", "changed" or "unchanged". Amounts keep their own currency (ISO 4217) and two decimals.
    """
    policy.require(actor, PURCHASE, Place(unit.pk))
    row = PurchaseRow(
        system=system, external_id=external_id, unit_id=unit.pk, happened_at=happened_at, amount=rules.cents(amount),
        currency=currency, customer_id=customer.pk if customer else None,
        touchpoint_id=touchpoint.pk if touchpoint else None, margin=margin, product_line=product_line,
        order_ref=order_ref, attributes=attributes or {},
    )  # fmt: skip
    outcome = rows_record(actor, now, Purchase, PURCHASE_FIELDS, PURCHASE, [row])
    found, kind_of_change, changes = _the_one(Purchase, outcome)
    if kind_of_change != "unchanged":
        audit.record(
            actor=actor, action=f"customers.purchase.{kind_of_change}", obj=found, now=now, changes=changes
        )
    return found, kind_of_change


@transaction.atomic
def purchases_bulk_record(*, actor: Actor, now: dt.datetime, rows: Sequence[PurchaseRow]) -> BulkOutcome:
    """`purchase_record` for a batch, as `interactions_bulk_record`. Values of the customers: `customer_values_refresh`."""
    policy.require(actor, PURCHASE)
    outcome = rows_record(actor, now, Purchase, PURCHASE_FIELDS, PURCHASE, rows)
    if counts := _counts(outcome):
        audit.record(
            actor=actor, action="customers.purchases.recorded", now=now, changes=counts, label=_("Purchases")
        )
    return outcome


@transaction.atomic
def purchases_forget(*, actor: Actor, now: dt.datetime, ids: Iterable[int]) -> list[int]:
    """Delete purchases that an undone import added; returns the ids kept because something else refers to them."""
    policy.require(actor, PURCHASE)
    kept, gone = rows_forget(actor, now, Purchase, PURCHASE, ids)
    if gone:
        audit.record(
            actor=actor, action="customers.purchases.forgotten", now=now, changes={"rows": gone}, label=_("Purchases")
        )  # fmt: skip
    return kept


@transaction.atomic
def purchases_restore(*, actor: Actor, now: dt.datetime, changes: Mapping[int, Changes]) -> int:
    """Take an undone import's changes back where the fields still hold what it wrote; returns how many rows changed."""
    policy.require(actor, PURCHASE)
    restored = rows_restore(actor, now, Purchase, PURCHASE_FIELDS, PURCHASE, changes)
    if restored:
        audit.record(
            actor=actor, action="customers.purchases.restored", now=now, changes={"rows": restored}, label=_("Purchases")
        )  # fmt: skip
    return restored


def _the_one(model: Any, outcome: BulkOutcome) -> tuple[Any, str, Changes]:
    if outcome.refused:
        raise Invalid(outcome.refused[0])
    pk = outcome.ids[0]
    kind = "added" if outcome.added else "changed" if outcome.changed else "unchanged"
    return model.objects.get(pk=pk), kind, outcome.changed.get(pk or 0, {})


def _counts(outcome: BulkOutcome) -> dict[str, int]:
    if not (outcome.added or outcome.changed):
        return {}
    return {
        "added": len(outcome.added),
        "changed": len(outcome.changed),
        "unchanged": outcome.unchanged,
        "refused": len(outcome.refused),
    }
