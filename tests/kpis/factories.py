"""Small makers for the tests of KPIs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from apps.accounts.actors import actor_for
from apps.accounts.models import User
from apps.core.actor import Actor
from apps.kpis.models import Kpi, ValueModel
from apps.kpis.services import kpi_create, observations_record, value_model_create
from apps.kpis.types import ObservationRow

NOW = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
SYSTEM = Actor.system("test")


def make_kpi(key: str = "trust", **fields: Any) -> Kpi:
    """A weekly mean fed by import unless told otherwise."""
    given = {
        "name": key.replace("-", " ").title(),
        "kind": "perceptive",
        "statistic": "mean",
        "grain": "week",
    }
    return kpi_create(actor=SYSTEM, now=NOW, key=key, **{**given, **fields})


def make_observation(kpi: Kpi, unit: Any, period: dt.date, **fields: Any) -> None:
    """One observation of a KPI."""
    observations_record(
        actor=SYSTEM,
        now=NOW,
        kpi=kpi,
        rows=[ObservationRow(unit=unit, period=period, **fields)],
        source="test",
    )


def make_value_model(kpi: Kpi, author: User | None = None, **fields: Any) -> ValueModel:
    """12.50 EUR margin per point unless told otherwise."""
    given = {
        "name": "Value of a point", "stream": "loyalty", "amount": Decimal("12.5"), "currency": "EUR",
        "side": "make", "basis": "margin",
    }  # fmt: skip
    actor = actor_for(author) if author else SYSTEM
    return value_model_create(actor=actor, now=NOW, kpi=kpi, **{**given, **fields})
