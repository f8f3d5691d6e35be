"""A small company with a panel whose true effect is known: twelve stores, forty weeks, three of them treated from week 20."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest

from apps.accounts.models import Unit
from apps.core.actor import Actor
from apps.initiatives import services as initiatives
from apps.initiatives.models import Initiative
from apps.kpis.models import Kpi, Observation, ValueModel

FIRST = dt.date(2025, 5, 26)  # a Monday; the last of 40 weeks ends on 1 March 2026
WEEKS, START, TRUTH = 40, 20, 10.0


def week(number: int) -> dt.date:
    return FIRST + dt.timedelta(weeks=number)


class Shop:
    """`shop.stores` twelve below north; `shop.initiative(...)` a live one with treated stores, a cost and a link."""

    def __init__(self, cast: Any, now: dt.datetime) -> None:
        self.cast, self.now = cast, now
        self.system = Actor.system("test")
        self.west: Unit = cast.under(cast.north, "west", "West")
        self.stores: list[Unit] = [cast.under(self.west, f"w-{n:02}", f"West {n}") for n in range(12)]

    def kpi(
        self, key: str = "visits", effect: float = TRUTH, treated: range = range(3), **fields: Any
    ) -> Kpi:
        """A weekly KPI with noise of 1 around 100 and `effect` in the treated stores from week START."""
        kpi = Kpi.objects.create(
            key=key, name=key.title(), kind="outcome", statistic="mean", unit_label="visits", **fields
        )
        chance = random.Random(7)
        Observation.objects.bulk_create([
            Observation(
                kpi=kpi, unit=store, period=week(w),
                value=100 + n + chance.gauss(0, 1) + (effect if n in treated and w >= START else 0.0),
            )
            for n, store in enumerate(self.stores) for w in range(WEEKS)
        ])  # fmt: skip
        return kpi

    def value(self, kpi: Kpi, **fields: Any) -> ValueModel:
        given = {
            "amount": Decimal("5"),
            "amount_sd": Decimal("0.5"),
            "currency": "EUR",
            "side": "make",
            "stream": kpi.key,
        }
        return ValueModel.objects.create(kpi=kpi, name=f"Value of {kpi.key}", **{**given, **fields})

    def initiative(
        self, key: str = "coaching", *, units: list[Unit] | None = None, start: dt.date | None = None, kpi: Kpi | None = None,
        value: ValueModel | None = None, cost: str = "1000", stage: str = "live", unit: Unit | None = None,
    ) -> Initiative:  # fmt: skip
        by: dict[str, Any] = {"actor": self.system, "now": self.now}
        row = initiatives.initiative_create(
            **by, key=key, name=key.title(), unit=unit or self.cast.north, owner=self.cast.cx_manager,
            investment_class="people_process", stays_6m=100, stays_12m=50, stays_24m=0,
        )  # fmt: skip
        for each in self.stores[:3] if units is None else units:
            initiatives.treatment_add(**by, initiative=row, unit=each, starts_on=start or week(START))
        initiatives.cost_add(
            **by, initiative=row, label="Set-up", amount=Decimal(cost), starts_on=start or week(START)
        )
        if kpi is not None:
            initiatives.link_add(**by, initiative=row, kpi=kpi, value_model=value)
        if stage != "idea":
            initiatives.stage_record(**by, initiative=row, stage=stage, reason="Began before this register")
        return Initiative.objects.get(pk=row.pk)


@pytest.fixture
def shop(cast: Any, now: dt.datetime) -> Shop:
    return Shop(cast, now)


@pytest.fixture
def coaching(shop: Shop) -> Initiative:
    kpi = shop.kpi()
    return shop.initiative(kpi=kpi, value=shop.value(kpi))
