"""From an estimation's coefficients to the effect of each initiative: numbers, path, verdict, checks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from .arrays import Floats, any_along
from .estimation import Estimation, loading, loadings_by, mean_loading, total_loading
from .grading import PLANNED, lowered
from .panel import KpiPanel
from .results import Check, GroupEffect, InitiativeEffect, PathPoint, PeriodPath
from .separability import Separation
from .treatment import Spell

NO_COMPARISON, NOT_SEPARABLE, TOO_EARLY = "no_comparison", "not_separable", "too_early"


Interval = Callable[[Floats], tuple[float, float, float]]
"""loading (p,) -> (low, high, degrees of freedom)."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """One linear combination of the coefficients with its interval."""

    value: float
    se: float
    low: float
    high: float
    df: float


def t_interval(estimation: Estimation, degrees: Callable[[Floats], float], level: float) -> Interval:
    """Intervals from t quantiles; `degrees` gives the degrees of freedom of a loading."""

    def interval(loading: Floats) -> tuple[float, float, float]:
        value = float(loading @ estimation.coefficients)
        df = degrees(loading)
        reach = float(stdtrit(df, (1 + level) / 2)) * _se(loading, estimation.covariance)
        return value - reach, value + reach, df

    return interval


def _se(loading: Floats, covariance: Floats) -> float:
    return float(np.sqrt(max(0.0, float(loading @ covariance @ loading))))


def estimate(estimation: Estimation, loading: Floats, interval: Interval) -> Estimate:
    """The combination `loading` of the coefficients."""
    low, high, df = interval(loading)
    return Estimate(
        float(loading @ estimation.coefficients), _se(loading, estimation.covariance), low, high, df
    )


def mean_loadings(estimation: Estimation) -> Floats:
    """(I, p): each initiative's mean effect over its cells."""
    return np.array([mean_loading(estimation, index) for index in range(len(estimation.spells))])


def initiative_effect(
    panel: KpiPanel, estimation: Estimation, index: int, *, interval: Interval, block: int, method: str, start: str,
    checks: Sequence[Check], separation: Separation, cells: int, diagnostics: Mapping[str, Any],
) -> InitiativeEffect:  # fmt: skip
    """The result of one initiative of an estimation; see `results.InitiativeEffect`. `start`: the grade before checks."""
    spell, counted = estimation.spells[index], estimation.counted[index]
    partners = tuple(estimation.spells[other].name for other in separation.partners(index))
    if partners:
        checks = [*checks, _inseparable(partners)]
    grade, raises = lowered(start, checks)
    shown = {
        **diagnostics,
        "checks": [check.to_json() for check in checks],
        "grade_start": start,
        "grade_would_rise_with": raises,
        "naive": naive_of(panel, spell),
        "units": int(any_along(counted, 1).sum()),
    }
    if partners and spell.expected_effect is None:
        return empty_effect(
            spell.name, NOT_SEPARABLE, cells, method, grade=None, partners=partners, diagnostics=shown
        )
    mean = estimate(estimation, mean_loading(estimation, index), interval)
    total = estimate(estimation, total_loading(estimation, index), interval)
    verdict = NOT_SEPARABLE if partners else _verdict(mean)
    if partners:
        shown["planning_split"] = "The split follows the plan, not the data."
    return InitiativeEffect(
        initiative=spell.name,
        effect=mean.value,
        se=mean.se,
        ci_low=mean.low,
        ci_high=mean.high,
        total=total.value,
        total_se=total.se,
        total_ci_low=total.low,
        total_ci_high=total.high,
        df=mean.df if np.isfinite(mean.df) else None,
        cells=cells,
        grade=PLANNED if partners else grade,
        method=method,
        verdict=verdict,
        not_separable_from=partners,
        path=_path(estimation, index, interval),
        period_path=_period_path(panel, estimation, index, block),
        diagnostics=shown,
    )


def empty_effect(
    name: str, verdict: str, cells: int, method: str, *, grade: str | None = None, partners: tuple[str, ...] = (),
    diagnostics: Mapping[str, Any] | None = None,
) -> InitiativeEffect:  # fmt: skip
    """An initiative whose verdict allows no numbers."""
    none = None
    return InitiativeEffect(
        name, none, none, none, none, none, none, none, none, none, cells, grade, method, verdict,
        partners, (), None, diagnostics or {},
    )  # fmt: skip


def group_effect(
    estimation: Estimation, members: Sequence[int], interval: Interval, grade: str
) -> GroupEffect:
    """The joint effect of initiatives that cannot be told apart."""
    cells = any_along(estimation.counted[list(members)], 0)
    count = int(cells.sum())
    mean = np.sum([loading(estimation, i, cells / count) for i in members], axis=0)
    total = np.sum([total_loading(estimation, i) for i in members], axis=0)
    found = estimate(estimation, mean, interval)
    names = tuple(estimation.spells[index].name for index in members)
    return GroupEffect(
        names, found.value, found.se, found.low, found.high, float(total @ estimation.coefficients), grade
    )


def naive_of(panel: KpiPanel, spell: Spell) -> dict[str, Any]:
    """What a simple before/after comparison of the treated units would have claimed."""
    after = spell.active & panel.observed
    before = panel.observed & (spell.event < 0) & spell.treated[:, None] & ~spell.lag
    use = after & any_along(before, 1)[:, None]
    if not use.any():
        return {
            "effect": None,
            "total": None,
            "sentence": "There is nothing before the start to compare with.",
        }
    value = np.where(panel.observed, panel.value, 0.0)
    base = np.where(before, value, 0.0).sum(axis=1) / np.maximum(before.sum(axis=1), 1)
    change = (value - base[:, None])[use]
    mean, total = float(change.mean()), float(change.sum())
    return {
        "effect": mean,
        "total": total,
        "sentence": f"A simple comparison would have claimed {mean:.4g} a cell.",
    }


def naive_total(panel: KpiPanel, spells: Sequence[Spell]) -> float | None:
    """The sum over treated cells of Y minus that unit's mean before its first start; None without such cells."""
    after = np.zeros_like(panel.observed)
    begun = np.zeros_like(panel.observed)
    for spell in spells:
        after |= spell.active
        begun |= (spell.touched | (spell.event >= 0)) & spell.treated[:, None]
    before = panel.observed & ~np.maximum.accumulate(begun, axis=1)
    use = after & panel.observed & any_along(before, 1)[:, None]
    if not use.any():
        return None
    value = np.where(panel.observed, panel.value, 0.0)
    base = np.where(before, value, 0.0).sum(axis=1) / np.maximum(before.sum(axis=1), 1)
    return float((value - base[:, None])[use].sum())


def _verdict(mean: Estimate) -> str:
    if mean.low > 0:
        return "positive"
    return "negative" if mean.high < 0 else "none_found"


def _inseparable(partners: tuple[str, ...]) -> Check:
    others = ", ".join(partners)
    sentence = (
        f"It cannot be told apart from {others}: they ran in the same units at the same time. "
        "Starting six weeks apart or holding out some units would tell."
    )
    return Check("separable", None, None, "fail", sentence)


def _path(estimation: Estimation, index: int, interval: Interval) -> tuple[PathPoint, ...]:
    event = estimation.spells[index].event
    groups, sums = loadings_by(estimation, index, event, np.ones(event.shape))
    sizes = np.unique(event[estimation.counted[index]], return_counts=True)[1]
    known: dict[bytes, Estimate] = {}
    points = []
    for group, row in zip(groups.tolist(), sums / sizes[:, None], strict=True):
        key = row.tobytes()
        if key not in known:
            known[key] = estimate(estimation, row, interval)
        found = known[key]
        points.append(PathPoint(int(group), found.value, found.low, found.high))
    return tuple(points)


def _period_path(panel: KpiPanel, estimation: Estimation, index: int, block: int) -> PeriodPath:
    counted, exposure = estimation.counted[index], estimation.exposure
    column = np.broadcast_to(np.arange(counted.shape[1]), counted.shape)
    cells = counted.sum(axis=0).astype(float)
    reach = np.where(counted, exposure, 0.0).sum(axis=0)
    weight = np.where(reach > 0, exposure / np.where(reach > 0, reach, 1.0), 1.0 / np.maximum(cells, 1.0))
    columns, table = loadings_by(estimation, index, column, weight)
    labels = panel.calendar.labels
    names = tuple(labels[each] for each in columns.tolist())
    return PeriodPath(names, table @ estimation.coefficients, reach[columns], cells[columns], table, block)
