"""Things of this room that many tests need."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from apps.initiatives import services
from apps.initiatives.models import Initiative
from apps.kpis.models import Kpi, ValueModel


@pytest.fixture
def kpi(cast: Any) -> Kpi:
    return Kpi.objects.create(key="repurchase", name="Repurchase", kind="outcome", statistic="share")


@pytest.fixture
def value_model(kpi: Kpi) -> ValueModel:
    return ValueModel.objects.create(
        kpi=kpi,
        name="Margin of a repurchase",
        stream="repurchase",
        amount=Decimal("120"),
        currency="EUR",
        side="make",
    )


@pytest.fixture
def callbacks(cast: Any, now: dt.datetime) -> Initiative:
    """An initiative of the north in stage idea."""
    return services.initiative_create(
        actor=cast.actor("cx_manager"),
        now=now,
        key="faster-callbacks",
        name="Faster callbacks",
        unit=cast.north,
        owner=cast.cx_manager,
        investment_class="people_process",
        summary="Call back within a day.",
    )


ANSWERS: dict[str, Any] = {
    "budget": Decimal("50000"),
    "stays_6m": 80,
    "stays_12m": 50,
    "stays_24m": 20,
    "cost_per_1000": Decimal("400"),
    "customer_gain": "Less waiting",
    "company_gain": "Fewer leave",
    "trust_risk": "low",
    "is_comfortable_public": True,
    "advocate": "Head of service",
    "operational_owner": "Head of contact centre",
}
