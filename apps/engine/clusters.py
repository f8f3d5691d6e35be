"""Cluster-robust covariance by unit of estimates that are linear in the KPI, with a leave-one-unit-out correction.

CR3 (Bell and McCaffrey 2002; Cameron, Gelbach, Miller 2008): each unit's residuals are those of a fit without the unit.
An estimate that rests on one unit alone has no such residual, and one on two or three hardly any; their error is read off
the units without initiatives (Conley and Taber 2011).
"""

from dataclasses import dataclass

import numpy as np

from .arrays import Bools, Floats, Ints, any_along
from .fixed_effects import UntreatedFit

ENOUGH_DONORS = 5
ROUNDING = 1e-10
"""Share of the KPI's size below which a standard error is rounding, not information."""


@dataclass(frozen=True, eq=False)
class ClusterVariance:
    """Covariance (q, q) of q estimates; `weights` (q, N, T) on Y; `left_out` (N, p): coefficients without each unit.

    `sole` (N,): units whose error is read off the untouched ones. `donors` (N,): units never touched.
    """

    covariance: Floats
    weights: Floats
    left_out: Floats
    sole: Bools
    donors: Bools

    def degrees(self, loading: Floats) -> float:
        """Satterthwaite's degrees of freedom of the combination `loading` (q,): the effective number of units less one."""
        combined = np.tensordot(loading, self.weights, axes=1)
        share = (combined**2).sum(axis=1)
        total = float(share.sum())
        if total <= 0:
            return 1.0
        donors = int(self.donors.sum())
        spread = np.where(self.sole & (donors > 1), share / np.sqrt(max(1, donors)), share)
        effective = total**2 / float((spread**2).sum())
        return float(np.clip(effective - 1.0, 1.0, max(1, len(share) - 1)))


def cluster_variance(
    *,
    fit: UntreatedFit,
    tau: Floats,
    rows: Bools,
    matrix: Floats,
    gram: Floats,
    precision: Floats,
    prior_mean: Floats,
    weights: Floats,
    sigma: float,
    measurement: Floats | None,
    scale: float,
    spread: float,
    thin: Bools,
) -> ClusterVariance:
    """The covariance of estimates with `weights` (q, N, T) on Y, given tau (N, T) and the allocation model.

    `matrix` (m, p) is the allocation over the cells `rows`, `gram` its normal matrix, `precision` that of the prior.
    `measurement` (N, T) is the known measurement variance, a lower bound; `scale` the largest value, `spread` the standard
    deviation of the clean ones; `thin` (N,) units are judged by the untouched ones where there are enough of those.
    """
    units = tau.shape[0]
    unit_of_row = np.nonzero(rows)[0]
    with_rows = np.unique(unit_of_row)
    left_out, lost = _leave_out(matrix, tau[rows], unit_of_row, with_rows, gram, precision, prior_mean)
    errors = np.where(fit.clean, tau * _without_self(fit), 0.0)
    by_row = left_out[np.searchsorted(with_rows, unit_of_row)]
    errors[rows] = tau[rows] - np.einsum("mp,mp->m", matrix, by_row)
    sole = np.zeros(units, dtype=bool)
    sole[with_rows[lost]] = True
    donors = any_along(fit.clean, 1) & ~any_along(rows, 1)
    if int(donors.sum()) >= ENOUGH_DONORS:
        sole |= thin & any_along(rows, 1)
    scores = np.einsum("qnt,nt->qn", weights, errors)
    scores[:, sole] = 0.0
    counted = max(2, int((np.abs(weights).sum(axis=(0, 2)) > 0).sum()))
    covariance = scores @ scores.T * ((counted - 1) / counted)
    covariance += _of_sole_units(weights, errors, sole, donors, sigma)
    freedom = int(fit.clean.sum()) - int((fit.part_unit >= 0).sum()) - int((fit.part_period >= 0).sum()) + 1
    if (
        freedom <= 0 and measurement is None
    ):  # nothing repeats itself: the spread of the clean cells is all there is
        flat = weights.reshape(len(weights), -1)
        covariance += flat @ flat.T * spread**2
    if measurement is not None:
        flat = weights.reshape(len(weights), -1)
        covariance += _positive_part((flat * measurement.ravel()) @ flat.T - covariance)
    size = np.abs(weights).sum(axis=(1, 2)) * scale * ROUNDING
    covariance += np.diag(size**2)
    everywhere = np.tile(left_out.mean(axis=0) if len(left_out) else prior_mean, (units, 1))
    everywhere[with_rows] = left_out
    return ClusterVariance(covariance, weights, everywhere, sole, donors)


def _leave_out(
    matrix: Floats, target: Floats, unit_of_row: Ints, with_rows: Ints,
    gram: Floats, precision: Floats, prior_mean: Floats,
) -> tuple[Floats, Bools]:  # fmt: skip
    """(coefficients without each unit (u, p), whether leaving it out loses a coefficient (u,))."""
    centred = target - matrix @ prior_mean
    moments = matrix.T @ centred
    grams = np.empty((len(with_rows), *gram.shape))
    rights = np.empty((len(with_rows), len(moments)))
    for index, unit in enumerate(with_rows):
        own = matrix[unit_of_row == unit]
        grams[index] = gram - own.T @ own
        rights[index] = moments - own.T @ centred[unit_of_row == unit]
    top = float(np.linalg.eigvalsh(gram)[-1]) if gram.size else 0.0
    rank = int((np.linalg.eigvalsh(gram) > 1e-9 * top).sum())
    values, vectors = np.linalg.eigh(grams)
    lost = (values > 1e-9 * top).sum(axis=-1) < rank
    if precision.any():
        values, vectors = np.linalg.eigh(grams + precision)
    keep = values > 1e-9 * top
    inverse = np.where(keep, 1.0 / np.where(keep, values, 1.0), 0.0)
    projected = np.einsum("upk,up->uk", vectors, rights) * inverse
    coefficients: Floats = prior_mean + np.einsum("upk,uk->up", vectors, projected)
    return coefficients, lost


def _without_self(fit: UntreatedFit) -> Floats:
    """(N, T): the factor that turns a residual from a period effect into one from the other units' period effect."""
    weighted = np.where(fit.clean, fit.weight, 0.0)
    total = weighted.sum(axis=0, keepdims=True)
    others = np.maximum(total - weighted, 1e-12 * np.maximum(total, 1e-300))
    alone = (weighted > 0) & (weighted >= total * (1 - 1e-12))
    factor: Floats = np.where(alone, 1.0, total / others)
    return factor


def _of_sole_units(weights: Floats, errors: Floats, sole: Bools, donors: Bools, sigma: float) -> Floats:
    """The variance that units without a leave-one-out fit add: their weights on the errors of the untouched units."""
    size = len(weights)
    added = np.zeros((size, size))
    for unit in np.flatnonzero(sole):
        own = weights[:, unit, :]
        if int(donors.sum()) >= 3:
            placebo = own @ errors[donors].T
            added += placebo @ placebo.T / (int(donors.sum()) - 1)
        else:
            added += own @ own.T * sigma**2
    return added


def _positive_part(matrix: Floats) -> Floats:
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    positive: Floats = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return positive
