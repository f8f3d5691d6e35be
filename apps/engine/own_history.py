"""Before and after on the treated units' own history: a structural series with trend, season and, if given, controls.

The last measuring rung of the ladder (grade D; C with controls): whatever else happened at the start is part of the number,
so the forecast's interval is widened by how far the same forecast missed at made-up starts before the real one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .arrays import Bools, Floats, Ints, any_along
from .errors import NotIdentified
from .panel import KpiPanel
from .precision import exposure_of
from .structural import Forecast, forecast
from .treatment import Spell, event_bins

MINIMUM_BEFORE = 4
"""Values before the start without which there is no forecast."""
TREND_FROM, SEASONS_FROM = 12, 1.5
_SEASON = {"day": 7.0, "week": 365.25 / 7, "month": 12.0, "quarter": 4.0}


@dataclass(frozen=True, eq=False)
class SeriesFit:
    """The effect of some initiatives that share units, from own history. See `estimation.Estimation`.

    `forecasts`: one per cohort of units with one first start; `loadings` (p, cells of all cohorts) on their values.
    """

    spells: tuple[Spell, ...]
    counted: Bools
    rows: Bools
    matrix: Floats
    owner: Ints
    exposure: Floats
    coefficients: Floats
    covariance: Floats
    tau: Floats
    null: Floats
    sigma: float
    periods_before: int
    forecasts: tuple[Forecast, ...]
    loadings: tuple[Floats, ...]
    widening: float
    terms: tuple[str, ...]

    def interval(self, loading: Floats, level: float) -> tuple[float, float]:
        """The interval of the combination `loading` (p,) of the coefficients: the mixture's quantiles for one cohort,
        the sum of the cohorts' half-widths (their errors move together) for several."""
        estimate = float(loading @ self.coefficients)
        low = high = 0.0
        for prediction, weights in zip(self.forecasts, self.loadings, strict=True):
            combined = loading @ weights
            bottom, top = prediction.interval(combined, level)
            middle = float(combined @ prediction.mean)
            low, high = low + (middle - bottom), high + (top - middle)
        return estimate - low, estimate + high


def fit_own_history(panel: KpiPanel, spells: Sequence[Spell]) -> SeriesFit:
    """The effects of initiatives that share units. One initiative has a free path; several have one level each.

    Raises NotIdentified when a unit has fewer than MINIMUM_BEFORE values before its first start.
    """
    observed = panel.observed
    touched = any_along(np.array([spell.touched for spell in spells]), 0)
    first = np.where(touched.any(axis=1), touched.argmax(axis=1), -1)
    treated = np.flatnonzero(first >= 0)
    short = [
        panel.units[unit] for unit in treated if int(observed[unit, : first[unit]].sum()) < MINIMUM_BEFORE
    ]
    if short:
        raise NotIdentified(f"fewer than {MINIMUM_BEFORE} values before the start", units=short)
    counted = np.array([spell.active & observed for spell in spells])
    rows = any_along(counted, 0)
    if not rows.any():
        raise NotIdentified("no measured period since the start")
    tau = np.zeros_like(panel.value)
    forecasts, members, terms = [], [], ["level"]
    for start in np.unique(first[treated]):
        units = np.flatnonzero(first == start)
        prediction, after, offset, terms = _cohort(panel, units, int(start))
        tau[np.ix_(units, after)] = (
            np.nan_to_num(panel.value[np.ix_(units, after)]) - offset[:, None] - prediction.mean
        )
        forecasts.append(prediction)
        members.append((units, after))
    columns, owner = _columns(spells, counted)
    matrix = np.column_stack([column[rows] for column in columns]).astype(float)
    values, vectors = np.linalg.eigh(matrix.T @ matrix)
    keep = values > 1e-9 * values[-1]
    inverse = (vectors[:, keep] / values[keep]) @ vectors[:, keep].T
    weights = np.zeros((len(columns), *observed.shape))
    weights[:, rows] = inverse @ matrix.T
    loadings = [weights[:, units][:, :, after].sum(axis=1) for units, after in members]
    covariance = _moving_together(
        [each @ p.covariance @ each.T for each, p in zip(loadings, forecasts, strict=True)]
    )
    before = [int(observed[unit, : first[unit]].sum()) for unit in treated]
    return SeriesFit(
        spells=tuple(spells),
        counted=counted,
        rows=rows,
        matrix=matrix,
        owner=owner,
        exposure=exposure_of(panel),
        coefficients=inverse @ (matrix.T @ tau[rows]),
        covariance=covariance,
        tau=tau,
        null=vectors[:, ~keep],
        sigma=float(np.sqrt(np.mean([p.weights.sum(0) @ p.noise for p in forecasts]))),
        periods_before=min(before),
        forecasts=tuple(forecasts),
        loadings=tuple(-each for each in loadings),
        widening=max(p.widening for p in forecasts),
        terms=tuple(terms),
    )


def _columns(spells: Sequence[Spell], counted: Bools) -> tuple[list[Bools], Ints]:
    if len(spells) == 1:
        bins = event_bins(spells[0], counted[0])
        return bins, np.zeros(len(bins), dtype=np.int64)
    return list(counted), np.arange(len(spells), dtype=np.int64)


def _cohort(panel: KpiPanel, units: Ints, start: int) -> tuple[Forecast, Ints, Floats, list[str]]:
    """(forecast, columns of the periods after, offset of each unit, words for the terms) of units that start together."""
    table, positions = panel.value[units], panel.calendar.positions.astype(float)
    offset = np.nanmean(table[:, :start], axis=1)
    present = ~np.isnan(table)
    count = present.sum(axis=0)
    series = np.where(present, table - offset[:, None], 0.0).sum(axis=0) / np.maximum(count, 1)
    before = np.flatnonzero((count > 0) & (np.arange(len(positions)) < start))
    after = np.flatnonzero((count > 0) & (np.arange(len(positions)) >= start))
    features, terms = _features(
        panel, units, positions, len(before), positions[before[-1]] - positions[before[0]] + 1
    )
    real = forecast(series[before], positions[before], positions[after], features[before], features[after])
    misses = []
    for share in (0.5, 0.6, 0.7, 0.8):
        cut = round(share * len(before))
        ahead = before[cut : cut + len(after)]
        if cut >= max(MINIMUM_BEFORE, 6) and len(ahead) >= 2:
            trial = forecast(
                series[before[:cut]],
                positions[before[:cut]],
                positions[ahead],
                features[before[:cut]],
                features[ahead],
            )
            mean = np.full(len(ahead), 1 / len(ahead))
            sd = float(np.sqrt(mean @ trial.covariance @ mean))
            misses.append(float(mean @ (series[ahead] - trial.mean)) / sd if sd > 0 else 0.0)
    widening = max(1.0, float(np.sqrt(np.mean(np.square(misses))))) if misses else 1.0
    return replace(real, widening=widening), after, offset, terms


def _features(
    panel: KpiPanel, units: Ints, positions: Floats, before: int, span: float
) -> tuple[Floats, list[str]]:
    """(T, k) regressors the history is long enough for, and their names in words."""
    columns: list[Floats] = []
    terms = ["level"]
    if before >= TREND_FROM:
        columns.append(positions)
        terms.append("trend")
    cycle = (
        _SEASON.get(panel.calendar.kind, 0.0)
        / panel.calendar.step
        * (7 if panel.calendar.kind == "week" else 1)
    )
    if cycle >= 3 and span >= SEASONS_FROM * cycle and before >= 4 + SEASONS_FROM * 4:
        for harmonic in (1, 2) if cycle >= 5 else (1,):
            angle = 2 * np.pi * harmonic * positions / cycle
            columns += [np.sin(angle), np.cos(angle)]
        terms.append("season")
    for name, table in panel.controls.items():
        present = ~np.isnan(panel.value[units]) & ~np.isnan(table[units])
        count = present.sum(axis=0)
        sums = np.where(present, table[units], 0.0).sum(axis=0)
        control = sums / np.maximum(count, 1)
        columns.append(np.where(count > 0, control, sums.sum() / max(1, int(count.sum()))))
        terms.append(name)
    return (np.column_stack(columns) if columns else np.zeros((len(positions), 0))), terms


def _moving_together(parts: Sequence[Floats]) -> Floats:
    """The covariance of a sum of vectors whose leading errors are perfectly correlated (the cautious case)."""
    roots = []
    for part in parts:
        values, vectors = np.linalg.eigh((part + part.T) / 2)
        root = vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0.0))
        signs = np.where(root.sum(axis=0) < 0, -1.0, 1.0)
        roots.append(root * signs)
    total: Floats = np.sum(roots, axis=0)
    product: Floats = total @ total.T
    return product
