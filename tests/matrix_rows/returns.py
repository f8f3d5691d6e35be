"""Who gets what at the addresses of the returns room."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from apps.core.actor import Actor
from apps.returns import services
from apps.returns.models import RecomputeRun, Snapshot
from tests.matrix_rows.initiatives import API_ONE, API_SEE, ONE, SEE, an_initiative

NOW = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
RUN = {**SEE}  # runs name no initiative; pieces show only what one may see

ROWS: dict[str, dict[str, int]] = {
    "returns:runs": SEE,
    "returns:run": RUN,
    "returns:snapshot": ONE,
    "returns:history": ONE,
}
API_ROWS: dict[str, dict[str, int]] = {
    "api-returns-snapshots-list": API_SEE,
    "api-returns-snapshots-detail": API_ONE,
    "api-returns-runs-list": API_SEE,
    "api-returns-runs-detail": API_SEE,
}
ASKERS = {"cx_manager", "analyst", "finance"}
POSTS: dict[str, set[str]] = {
    "returns:recompute": ASKERS,
    "returns:recompute_all": ASKERS | {"other_unit"},
    "returns:run_cancel": ASKERS | {"other_unit"},
}
API_WRITES: dict[str, set[str]] = {
    "POST api-returns-runs-list": ASKERS | {"other_unit"},
    "POST api-returns-runs-cancel": ASKERS | {"other_unit"},
}


def _run(cast: Any) -> dict[str, Any]:
    run = RecomputeRun.objects.filter(scope="key:matrix").first() or services.recompute_request(
        actor=Actor.system("matrix"), now=NOW, initiative=an_initiative(cast)
    )
    return {"uid": run.uid}


def _snapshot(cast: Any) -> dict[str, Any]:
    row = Snapshot.objects.filter(digest="matrix").first() or Snapshot.objects.create(
        initiative=an_initiative(cast), engine_version="0", digest="matrix", computed_at=NOW, as_of=NOW.date(),
        currency="EUR", invested=Decimal(1), grade="E", verdict="no_data", inputs={"kpis": {}, "treatments": [], "costs": [], "computed_with": [], "discount_rate": "0.08", "horizon_months": 36},
        result={"links": [], "notes": [], "series": [], "joint": []},
    )  # fmt: skip
    return {"uid": row.uid}


def _one(cast: Any) -> dict[str, Any]:
    return {"uid": an_initiative(cast).uid}


OBJECTS: dict[str, Any] = {
    "returns:run": _run,
    "returns:run_cancel": _run,
    "returns:snapshot": _snapshot,
    "returns:history": _one,
    "returns:recompute": _one,
    "api-returns-snapshots-detail": _snapshot,
    "api-returns-runs-detail": _run,
    "api-returns-runs-cancel": _run,
}
