"""Units chosen by lot: the difference between treated and held-out units, adjusted by each unit's own level before.

Per bin of time since the start, unit means after are regressed on the treatment and the unit mean before (CUPED, Deng et
al. 2013), with HC3 errors clustered by unit. Where no unit is seen both before and after (separate samples), it is the
difference of the differences of the four means with the pooled variance of their regression.
"""

from dataclasses import dataclass

import numpy as np

from .arrays import Bools, Floats, Ints, any_along
from .errors import NotIdentified
from .panel import KpiPanel
from .precision import exposure_of
from .treatment import Spell, event_bins


@dataclass(frozen=True, eq=False)
class HoldoutFit:
    """The effect of one initiative against its held-out units. See `estimation.Estimation`."""

    spells: tuple[Spell, ...]
    counted: Bools
    rows: Bools
    matrix: Floats
    owner: Ints
    exposure: Floats
    coefficients: Floats
    covariance: Floats
    null: Floats
    df: float
    treated_units: int
    control_units: int
    periods_before: int
    joint_total: float
    joint_se: float
    left_out: Floats


def fit_holdout(panel: KpiPanel, spell: Spell, others: Bools) -> HoldoutFit:
    """The effect of an initiative that starts at once in its units; `others` (N, T) are cells of other initiatives, which
    are left out. Raises NotIdentified without two treated and two held-out units, or with several starts."""
    starts = np.unique(spell.start[spell.treated])
    if len(starts) > 1:
        raise NotIdentified(f"{spell.name} starts at several times; a hold-out comparison needs one")
    observed = panel.observed & ~others
    positions = panel.calendar.positions
    before = observed & (positions < starts[0])[None, :] & ~spell.lag
    counted = spell.active & observed
    value = np.where(panel.observed, panel.value, 0.0)
    bins = event_bins(spell, counted)
    if not bins:
        raise NotIdentified(f"{spell.name} has no observed treated cell")
    paired = any_along(before, 1) & any_along(observed & (positions >= starts[0])[None, :], 1)
    level = _mean(value, before)
    size, units = len(bins), len(panel.units)
    coefficients, influence = np.empty(size), np.zeros((size, units))
    left_out = np.zeros((units, size))
    freedom: list[int] = []
    for index, cells in enumerate(bins):
        window = any_along(cells, 0)
        after = observed & window[None, :] & (cells.any(axis=1) | ~spell.treated)[:, None]
        if paired.any():
            use = paired & after.any(axis=1)
            estimate, scores, rest = _adjusted(spell.treated[use], _mean(value, after)[use], level[use])
            coefficients[index], influence[index, use] = estimate, scores
            left_out[:, index] = estimate
            left_out[use, index] = estimate - rest
            freedom.append(int(use.sum()) - 3)
        else:
            coefficients[index], influence[index], count = _four_means(spell.treated, before, after, value)
            left_out[:, index] = coefficients[index]
            freedom.append(count - 4)
    rows = any_along(np.array(bins), 0)
    matrix = np.column_stack([cells[rows] for cells in bins]).astype(float)
    covariance = influence @ influence.T
    exposure = exposure_of(panel)
    total = exposure[rows] @ matrix
    return HoldoutFit(
        spells=(spell,),
        counted=rows[None],
        rows=rows,
        matrix=matrix,
        owner=np.zeros(size, dtype=np.int64),
        exposure=exposure,
        coefficients=coefficients,
        covariance=covariance,
        null=np.zeros((size, 0)),
        df=float(max(1, min(freedom))),
        treated_units=int((spell.treated & any_along(counted, 1)).sum()),
        control_units=int((~spell.treated & any_along(observed, 1)).sum()),
        periods_before=int(before.any(axis=0).sum()),
        joint_total=float(total @ coefficients),
        joint_se=float(np.sqrt(total @ covariance @ total)),
        left_out=left_out,
    )


def _mean(value: Floats, cells: Bools) -> Floats:
    count = cells.sum(axis=1)
    mean: Floats = np.where(cells, value, 0.0).sum(axis=1) / np.maximum(count, 1)
    return mean


def _adjusted(treated: Bools, after: Floats, before: Floats) -> tuple[float, Floats, Floats]:
    """(effect, HC3 influence per unit, change of the effect per unit when it is left in)."""
    if int(treated.sum()) < 2 or int((~treated).sum()) < 2:
        raise NotIdentified("a hold-out comparison needs two treated and two held-out units")
    design = np.column_stack([np.ones(len(after)), treated, before - before.mean()])
    if np.ptp(before) <= 1e-12 * max(1e-300, float(np.abs(before).max())):
        design = design[:, :2]
    inverse = np.linalg.pinv(design.T @ design)
    slopes = inverse @ design.T @ after
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    rest = (after - design @ slopes) / np.maximum(1 - leverage, 1e-9)
    influence: Floats = (design @ inverse[:, 1]) * rest
    return float(slopes[1]), influence, influence


def _four_means(treated: Bools, before: Bools, after: Bools, value: Floats) -> tuple[float, Floats, int]:
    """(effect, influence per unit carrying the pooled variance, number of cells) from four separate samples."""
    samples = [
        (before & ~treated[:, None], 1),
        (after & ~treated[:, None], -1),
        (before & treated[:, None], -1),
        (after & treated[:, None], 1),
    ]
    if any(int(cells.sum()) < 2 for cells, _ in samples):
        raise NotIdentified("a hold-out comparison needs two values in each of the four groups")
    effect = sum(sign * float(value[cells].mean()) for cells, sign in samples)
    squares = sum(float(((value[cells] - value[cells].mean()) ** 2).sum()) for cells, _ in samples)
    count = sum(int(cells.sum()) for cells, _ in samples)
    pooled = np.sqrt(squares / (count - 4))
    influence = np.zeros(len(treated))
    for cells, _ in samples:
        influence += np.sqrt(cells.sum(axis=1)) * pooled / cells.sum()
    return effect, influence, count
