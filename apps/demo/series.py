"""Weekly KPI values of forty stores with known effects: store level, season, shared shocks, slow drift, noise, effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.demo.plan import INITIATIVES, KPIS, WEEKS, KpiPlan, store_keys

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """What one initiative really did to one KPI: mean per treated store and week, and the sum over them."""

    initiative: str
    kpi: str
    mean: float
    total: float
    cells: int
    words: str


def ramp(weeks_since: Array, weeks: int) -> Array:
    """0 before the start, then rising in equal steps to 1 in `weeks` weeks."""
    return np.clip((weeks_since + 1) / weeks, 0.0, 1.0) * (weeks_since >= 0)


def true_effects(kpi: str) -> tuple[Array, list[Truth]]:
    """The summed true effect per store and week (stores × weeks) on a KPI, and each initiative's part in it."""
    keys = store_keys()
    total = np.zeros((len(keys), WEEKS))
    truths: list[Truth] = []
    weeks = np.arange(WEEKS, dtype=float)
    for initiative in INITIATIVES:
        for effect in initiative.effects:
            if effect.kpi != kpi:
                continue
            part = np.zeros_like(total)
            cells = 0
            for store, start in initiative.stores.items():
                part[keys.index(store)] = effect.size * ramp(weeks - start, effect.ramp_weeks)
                cells += WEEKS - start
            total += part
            truths.append(
                Truth(
                    initiative.key, kpi, float(part.sum() / cells), float(part.sum()), cells, initiative.truth
                )
            )
    return total, truths


def panel(plan: KpiPlan, generator: np.random.Generator) -> Array:
    """One KPI as stores × weeks, true effects included; counts are whole and never negative."""
    stores = len(store_keys())
    level = plan.level + generator.normal(0, plan.between, stores)[:, None]
    week = np.arange(WEEKS)
    season = plan.season * np.sin(2 * np.pi * (week + 8) / 52)
    shock = generator.normal(0, plan.noise * 0.5, WEEKS)
    drift = np.cumsum(generator.normal(0, plan.noise * 0.06, WEEKS))
    noise = generator.normal(0, plan.noise, (stores, WEEKS))
    values = level + season + shock + drift + noise + true_effects(plan.key)[0]
    if plan.statistic == "count":
        return np.maximum(np.rint(values), 0)
    if plan.statistic == "sum":
        return np.round(values, 2)
    return np.clip(values, 1, 5)


def all_panels(seed: int) -> dict[str, Array]:
    """Every KPI's panel; the same seed gives the same world."""
    generator = np.random.default_rng(seed)
    return {plan.key: panel(plan, generator) for plan in KPIS}
