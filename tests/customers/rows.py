"""Short ways to the rows these tests need."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from apps.customers import services
from apps.customers.models import Customer
from apps.customers.types import InteractionRow, PurchaseRow
from tests.cast import NOW, Cast


def customer(cast: Cast, name: str = "Ada Lovelace", *, unit: Any = None, **values: Any) -> Customer:
    """A customer recorded by the CX manager (by the system outside the north)."""
    from apps.core.actor import Actor

    values.setdefault("identities", [("crm", name)])
    found, _outcome = services.customer_record(
        actor=Actor.system("test"), now=NOW, unit=unit or cast.store, name=name, **values
    )
    return found


def interaction(unit_id: int, number: int = 1, **values: Any) -> InteractionRow:
    """A row for the bulk verb; `number` makes its id."""
    given: dict[str, Any] = {
        "system": "crm", "external_id": f"i-{number}", "unit_id": unit_id, "kind": "call",
        "happened_at": NOW - dt.timedelta(days=number), **values,
    }  # fmt: skip
    return InteractionRow(**given)


def purchase(unit_id: int, number: int = 1, **values: Any) -> PurchaseRow:
    """A row for the bulk verb; `number` makes its id."""
    given: dict[str, Any] = {
        "system": "shop", "external_id": f"p-{number}", "unit_id": unit_id, "amount": Decimal("10.00"), "currency": "EUR",
        "happened_at": NOW - dt.timedelta(days=number), **values,
    }  # fmt: skip
    return PurchaseRow(**given)
