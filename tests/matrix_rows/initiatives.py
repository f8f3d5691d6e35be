"""Who gets what at the addresses of the initiatives room: GET statuses, and which roles a POST reaches."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from apps.core.actor import Actor
from apps.initiatives import services
from apps.initiatives.models import CostLine, Initiative, InvestmentType, KpiLink, Treatment
from apps.kpis.models import Kpi

NOW = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
DAY = dt.date(2026, 1, 1)


def _row(
    anonymous: int, frontline: int, team_lead: int, cx_manager: int, analyst: int, finance: int, executive: int,
    administrator: int, other_unit: int,
) -> dict[str, int]:  # fmt: skip
    return dict(locals())


SEE = _row(302, 403, 403, 200, 200, 200, 200, 403, 200)  # lists and pages not about one object
ONE = _row(302, 403, 403, 200, 200, 200, 200, 403, 404)  # the page of one initiative of the north
MANAGE = _row(302, 403, 403, 200, 403, 403, 403, 403, 200)
EDIT = _row(
    302, 404, 404, 200, 403, 403, 403, 404, 404
)  # forms load the row first: not visible comes before not allowed
COST = _row(302, 404, 404, 200, 403, 200, 403, 404, 404)
GATE = _row(302, 404, 404, 200, 403, 403, 200, 404, 404)
NOTE = _row(302, 404, 404, 200, 200, 200, 200, 404, 404)
TYPE = _row(302, 404, 404, 200, 403, 403, 403, 404, 200)

ROWS: dict[str, dict[str, int]] = {
    "initiatives:list": SEE,
    "initiatives:types": SEE,
    "initiatives:new": MANAGE,
    "initiatives:type_new": MANAGE,
    "initiatives:type_edit": TYPE,
    "initiatives:detail": ONE,
    "initiatives:edit": EDIT,
    "initiatives:gate": GATE,
    "initiatives:journal_add": NOTE,
    "initiatives:cost_add": COST,
    "initiatives:cost_edit": COST,
    "initiatives:cost_remove": COST,
    "initiatives:treatment_add": EDIT,
    "initiatives:treatment_edit": EDIT,
    "initiatives:treatment_remove": EDIT,
    "initiatives:link_add": EDIT,
    "initiatives:link_edit": EDIT,
    "initiatives:link_remove": EDIT,
}

API_SEE = {**SEE, "anonymous": 401}
API_ONE = {**ONE, "anonymous": 401}
API_ROWS: dict[str, dict[str, int]] = {
    "api-initiatives-list": API_SEE,
    "api-initiatives-detail": API_ONE,
    "api-initiatives-costs": API_ONE,
    "api-initiatives-treatments": API_ONE,
    "api-initiatives-links": API_ONE,
    "api-initiatives-decisions": API_ONE,
    "api-initiatives-journal": API_ONE,
    "api-investment-types-list": API_SEE,
}

MANAGERS = {"cx_manager", "other_unit"}
POSTS: dict[str, set[str]] = {
    "initiatives:new": MANAGERS,
    "initiatives:type_new": MANAGERS,
    "initiatives:type_edit": MANAGERS,
    "initiatives:edit": {"cx_manager"},
    "initiatives:gate": {"cx_manager", "executive"},
    "initiatives:journal_add": {"cx_manager", "analyst", "finance", "executive"},
    "initiatives:cost_add": {"cx_manager", "finance"},
    "initiatives:cost_edit": {"cx_manager", "finance"},
    "initiatives:cost_remove": {"cx_manager"},  # finance may too, but the manager was first: it is gone
    "initiatives:treatment_add": {"cx_manager"},
    "initiatives:treatment_edit": {"cx_manager"},
    "initiatives:treatment_remove": {"cx_manager"},
    "initiatives:link_add": {"cx_manager"},
    "initiatives:link_edit": {"cx_manager"},
    "initiatives:link_remove": {"cx_manager"},
}


_NORTH = {"cx_manager"}
_COSTS = {"cx_manager", "finance"}
API_WRITES: dict[str, set[str]] = {
    "POST api-initiatives-list": MANAGERS,
    "PATCH api-initiatives-detail": _NORTH,
    "POST api-initiatives-costs": _COSTS,
    "PATCH api-initiatives-costs-one": _COSTS,
    "DELETE api-initiatives-costs-one": _NORTH,  # finance may too, but the manager was first: it is gone
    "POST api-initiatives-treatments": _NORTH,
    "PATCH api-initiatives-treatments-one": _NORTH,
    "DELETE api-initiatives-treatments-one": _NORTH,
    "POST api-initiatives-links": _NORTH,
    "PATCH api-initiatives-links-one": _NORTH,
    "DELETE api-initiatives-links-one": _NORTH,
    "POST api-initiatives-decisions": {"cx_manager", "executive"},
    "POST api-initiatives-journal": {"cx_manager", "analyst", "finance", "executive"},
    "POST api-investment-types-list": MANAGERS,
    "PATCH api-investment-types-detail": MANAGERS,
}


def an_initiative(cast: Any) -> Initiative:
    """One initiative of the north with one part of each kind; the same for each call within a test."""
    found = Initiative.objects.filter(key="matrix").first()
    if found is not None:
        return found
    system = Actor.system("matrix")
    row = services.initiative_create(
        actor=system, now=NOW, key="matrix", name="Matrix", unit=cast.north, owner=cast.cx_manager,
        investment_class="people_process", summary="For the matrix",
    )  # fmt: skip
    by = {"actor": system, "now": NOW, "initiative": row}
    services.cost_add(**by, label="x", amount=Decimal(1), starts_on=DAY)
    services.treatment_add(**by, unit=cast.store, starts_on=DAY)
    kpi = Kpi.objects.create(key="matrix-kpi", name="Matrix KPI", kind="outcome", statistic="mean")
    services.link_add(**by, kpi=kpi)
    return row


def _one(cast: Any) -> dict[str, Any]:
    return {"uid": an_initiative(cast).uid}


def _part(model: Any) -> Any:
    def found(cast: Any) -> dict[str, Any]:
        row = an_initiative(cast)
        return {"uid": row.uid, "part": model.objects.get(initiative=row).uid}

    return found


def _type(cast: Any) -> dict[str, Any]:
    services.investment_types_ship(actor=Actor.system("matrix"), now=NOW)
    return {"uid": InvestmentType.objects.get(key="crm").uid}


OBJECTS: dict[str, Any] = {
    **dict.fromkeys(
        [
            "initiatives:detail", "initiatives:edit", "initiatives:journal_add", "initiatives:cost_add",
            "initiatives:treatment_add", "initiatives:link_add", "api-initiatives-detail", "api-initiatives-costs",
            "api-initiatives-treatments", "api-initiatives-links", "api-initiatives-decisions", "api-initiatives-journal",
        ],
        _one,
    ),
    "initiatives:gate": lambda cast: {**_one(cast), "to_stage": "case"},
    "initiatives:type_edit": _type,
    "api-investment-types-detail": _type,
    **{
        name: _part(model)
        for noun, model in (("cost", CostLine), ("treatment", Treatment), ("link", KpiLink))
        for name in (f"initiatives:{noun}_edit", f"initiatives:{noun}_remove", f"api-initiatives-{noun}s-one")
    },
}  # fmt: skip
