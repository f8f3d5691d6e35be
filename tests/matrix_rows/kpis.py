"""Who gets what at the addresses of KPIs; value models are money."""

from __future__ import annotations

import datetime as dt
from typing import Any

from apps.kpis.models import Kpi, Observation, ValueModel
from tests.kpis.factories import make_kpi, make_observation, make_value_model


def _row(
    anonymous: int, frontline: int, team_lead: int, cx_manager: int, analyst: int, finance: int, executive: int,
    administrator: int, other_unit: int,
) -> dict[str, int]:  # fmt: skip
    return dict(locals())


LOOK = _row(302, 403, 200, 200, 200, 200, 200, 403, 200)
NEW = _row(302, 403, 403, 200, 200, 403, 403, 403, 200)
EDIT = {**NEW, "frontline": 404, "administrator": 404}
MONEY = _row(302, 403, 403, 200, 200, 200, 200, 403, 200)
WORTH_NEW = _row(302, 403, 403, 200, 403, 200, 403, 403, 200)
# Who may not see money is not told that there is something.
WORTH_EDIT = {**WORTH_NEW, "frontline": 404, "team_lead": 404, "administrator": 404}
SIGN = {**WORTH_EDIT, "cx_manager": 403}
KEEPERS = {"cx_manager", "analyst", "other_unit"}
WRITERS = {"cx_manager", "finance", "other_unit"}

ROWS: dict[str, dict[str, int]] = {
    "kpis:list": LOOK,
    "kpis:compare": LOOK,
    "kpis:detail": LOOK,
    "kpis:values": LOOK,
    "kpis:new": NEW,
    "kpis:ship": NEW,
    "kpis:edit": EDIT,
    "kpis:value_add": NEW,
    "kpis:value_edit": {**NEW, "other_unit": 404},
    "kpis:value_remove": {**NEW, "other_unit": 404},
    "kpis:value_models": MONEY,
    "kpis:value_model": MONEY,
    "kpis:value_model_new": WORTH_NEW,
    "kpis:value_model_edit": WORTH_EDIT,
    "kpis:value_model_sign": SIGN,
    "kpis:value_model_retire": WORTH_EDIT,
}
POSTS: dict[str, set[str]] = {
    **{f"kpis:{name}": KEEPERS for name in ("new", "ship", "edit", "value_add")},
    "kpis:value_edit": {"cx_manager", "analyst"},
    # Who comes first in the walk removes it; for the others it is gone.
    "kpis:value_remove": {"cx_manager"},
    **{f"kpis:{name}": WRITERS for name in ("value_model_new", "value_model_edit", "value_model_retire")},
    "kpis:value_model_sign": {"finance", "other_unit"},
}
API_LOOK = {**LOOK, "anonymous": 401}
API_MONEY = {**MONEY, "anonymous": 401}
API_ROWS: dict[str, dict[str, int]] = {
    "api-kpis-list": API_LOOK,
    "api-kpis-detail": API_LOOK,
    "api-kpi-observations": API_LOOK,
    "api-value-models-list": API_MONEY,
    "api-value-models-detail": API_MONEY,
}
API_WRITES: dict[str, set[str]] = {
    "POST api-kpis-list": KEEPERS,
    "PATCH api-kpis-detail": KEEPERS,
    "POST api-kpi-observations": KEEPERS,
    "POST api-value-models-list": WRITERS,
    "PATCH api-value-models-detail": WRITERS,
    "POST api-value-models-sign": {"finance", "other_unit"},
    "POST api-value-models-retire": WRITERS,
}


def _kpi(cast: Any) -> dict[str, Any]:
    found = Kpi.objects.filter(key="matrix").first() or make_kpi("matrix")
    return {"uid": found.uid}


def _observation(cast: Any) -> dict[str, Any]:
    given = _kpi(cast)
    kpi = Kpi.objects.get(key="matrix")
    if not Observation.objects.exists():
        make_observation(kpi, cast.store, dt.date(2026, 2, 23), value=5.0, n=30)
    return {**given, "pk": Observation.objects.get().pk}


def _value_model(cast: Any) -> dict[str, Any]:
    _kpi(cast)
    found = ValueModel.objects.first() or make_value_model(Kpi.objects.get(key="matrix"), cast.cx_manager)
    return {"uid": found.uid}


WORTH = ("value_model", "value_model_edit", "value_model_sign", "value_model_retire")
OBJECTS: dict[str, Any] = {
    **{f"kpis:{name}": _kpi for name in ("detail", "edit", "values", "value_add")},
    **{f"kpis:{name}": _observation for name in ("value_edit", "value_remove")},
    **{f"kpis:{name}": _value_model for name in WORTH},
    "api-kpis-detail": _kpi,
    "api-kpi-observations": _kpi,
    **{f"api-value-models-{name}": _value_model for name in ("detail", "sign", "retire")},
}
