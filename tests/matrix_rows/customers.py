"""Who gets what at the addresses of customers: those who serve them, in their units."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from apps.core.actor import Actor
from apps.customers import services
from apps.customers.models import Customer, KeyDate
from tests.cast import NOW


def _row(
    anonymous: int, frontline: int, team_lead: int, cx_manager: int, analyst: int, finance: int, executive: int,
    administrator: int, other_unit: int,
) -> dict[str, int]:  # fmt: skip
    return dict(locals())


LIST = _row(302, 200, 200, 200, 200, 403, 403, 403, 200)
ONE = _row(302, 200, 200, 200, 200, 404, 404, 404, 404)
EDIT = _row(302, 403, 403, 200, 200, 404, 404, 404, 404)
API_LIST = {**LIST, "anonymous": 401}
API_ONE = {**API_LIST, "other_unit": 404}
EDITORS = {"cx_manager", "analyst"}
SERVERS = {"frontline", "team_lead", *EDITORS}
ROOMS = ("customers", "identities", "interactions", "purchases", "key-dates", "consents")

ROWS: dict[str, dict[str, int]] = {
    "customers:list": LIST,
    "customers:interactions": LIST,
    "customers:purchases": LIST,
    "customers:detail": ONE,
    "customers:edit": EDIT,
    "customers:identity_add": EDIT,
    "customers:key_date_add": ONE,
    "customers:key_date_edit": ONE,
    "customers:consent": ONE,
}
POSTS: dict[str, set[str]] = {
    "customers:edit": EDITORS,
    "customers:identity_add": EDITORS,
    "customers:key_date_add": SERVERS,
    "customers:key_date_edit": SERVERS,
    "customers:consent": SERVERS,
    # Who comes first in the walk removes it; for the others it is gone.
    "customers:identity_remove": {"cx_manager"},
    "customers:key_date_remove": {"frontline"},
}
API_ROWS: dict[str, dict[str, int]] = {
    **{f"api-{room}-list": API_LIST for room in ROOMS},
    **{f"api-{room}-detail": API_ONE for room in ROOMS},
}
# Adding asks for the role here and for the unit in the body, which an empty body lacks: so the other unit gets as far.
API_WRITES: dict[str, set[str]] = {
    **{f"POST api-{room}-list": {*EDITORS, "other_unit"} for room in ROOMS[:4]},
    **{f"POST api-{room}-list": {*SERVERS, "other_unit"} for room in ROOMS[4:]},
    **{f"PATCH api-{room}-detail": EDITORS for room in ("customers", "interactions", "purchases")},
    "PATCH api-key-dates-detail": SERVERS,
    "DELETE api-identities-detail": {"cx_manager"},
    "DELETE api-key-dates-detail": {"frontline"},
}


def _ada(cast: Any) -> Customer:
    """A customer of the north with one row of everything."""
    found = Customer.objects.first()
    if found is not None:
        return found
    given: dict[str, Any] = {"actor": Actor.system("matrix"), "now": NOW}
    ada, _outcome = services.customer_record(unit=cast.store, identities=[("crm", "1")], name="Ada", **given)
    event = {"external_id": "1", "unit": cast.store, "happened_at": NOW, "customer": ada}
    services.interaction_record(system="crm", kind="call", **event, **given)
    services.purchase_record(system="shop", amount=Decimal("9.90"), currency="EUR", **event, **given)
    services.key_date_add(customer=ada, kind="renewal", on=dt.date(2026, 6, 30), **given)
    services.consent_record(customer=ada, purpose="survey", is_given=True, source="web", **given)
    return ada


def _first(part: str) -> Any:
    return lambda cast: {"uid": getattr(_ada(cast), part).first().uid}


def _key_date(cast: Any) -> dict[str, Any]:
    ada = _ada(cast)
    found = KeyDate.objects.filter(customer=ada).first()
    if found is None:  # an earlier person of this walk removed it
        given: dict[str, Any] = {"actor": Actor.system("matrix"), "now": NOW}
        found = services.key_date_add(customer=ada, kind="renewal", on=dt.date(2026, 6, 30), **given)
    return {"uid": found.uid}


def _customer(cast: Any) -> dict[str, Any]:
    return {"uid": _ada(cast).uid}


OBJECTS: dict[str, Any] = {
    **{
        f"customers:{name}": _customer
        for name in ("detail", "edit", "identity_add", "key_date_add", "consent")
    },
    "customers:identity_remove": _first("identities"),
    "customers:key_date_edit": _key_date,
    "customers:key_date_remove": _key_date,
    "api-customers-detail": _customer,
    "api-identities-detail": _first("identities"),
    "api-interactions-detail": _first("interactions"),
    "api-purchases-detail": _first("purchases"),
    "api-key-dates-detail": _key_date,
    "api-consents-detail": _first("consents"),
}
