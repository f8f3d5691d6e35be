"""Unit and period effects fitted on clean cells only, as a linear map that can be applied to any KPI and transposed.

Source: Borusyak, Jaravel, Spiess (2024), Revealing and robust event-study designs: Y(0) is imputed from untreated cells.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .arrays import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class UntreatedFit:
    """Weighted two-way effects (and common slopes of covariates) on the clean cells of an (N, T) panel.

    Build with `fit_on`. `part_unit` (N,) and `part_period` (T,) number the connected parts of the clean cells; -1 means
    that the unit or period has none. Only cells whose unit and period lie in one part have an imputed value.
    """

    clean: Bools
    weight: Floats
    unit_weight: Floats
    part_unit: Ints
    part_period: Ints
    reference: Ints
    factor: tuple[Floats, bool]
    slopes: Floats
    covariates: Floats
    gram_inverse: Floats

    @property
    def identified(self) -> Bools:
        """(N, T): the cells whose value without initiatives can be imputed."""
        same = self.part_unit[:, None] == self.part_period[None, :]
        both: Bools = same & (self.part_unit >= 0)[:, None]
        return both

    def residual(self, table: Floats) -> Floats:
        """Y − Ŷ(0) for tables (..., N, T) whose missing cells hold any finite number outside the clean cells."""
        clean = np.where(self.clean, table * self.weight, 0.0)
        unit, period = self._solve(clean.sum(-1), clean.sum(-2))
        rest: Floats = table - unit[..., :, None] - period[..., None, :]
        if len(self.covariates):
            rest = rest - np.einsum("...k,knt->...nt", self._slope_of(table), self.covariates)
        return rest

    def adjoint(self, weights: Floats) -> Floats:
        """The weights (..., N, T) on Y itself that equal `weights` on Y − Ŷ(0). The weights must be 0 on clean cells
        and on cells that are not identified."""
        unit, period = self._solve(weights.sum(-1), weights.sum(-2))
        back = np.where(self.clean, self.weight * (unit[..., :, None] + period[..., None, :]), 0.0)
        total: Floats = weights - back
        if len(self.covariates):
            on_covariates = np.einsum("...nt,knt->...k", weights, self.covariates) @ self.gram_inverse
            total = total - np.einsum("...k,knt->...nt", on_covariates, self.slopes)
        return total

    def _slope_of(self, table: Floats) -> Floats:
        slope: Floats = (
            np.einsum("...nt,knt->...k", np.where(self.clean, table, 0.0), self.slopes) @ self.gram_inverse
        )
        return slope

    def _solve(self, by_unit: Floats, by_period: Floats) -> tuple[Floats, Floats]:
        """The effects whose normal equations have this right-hand side; one period of each part is held at 0."""
        weighted = np.where(self.clean, self.weight, 0.0)
        inverse = np.divide(
            1.0, self.unit_weight, out=np.zeros_like(self.unit_weight), where=self.unit_weight > 0
        )
        right = by_period - (by_unit * inverse) @ weighted
        right = np.where(self.reference, 0.0, right)
        flat = right.reshape(-1, right.shape[-1])
        period: Floats = linalg.cho_solve(self.factor, flat.T, check_finite=False).T.reshape(right.shape)
        unit: Floats = (by_unit - period @ weighted.T) * inverse
        return unit, period


def fit_on(clean: Bools, weight: Floats, covariates: Floats | None = None) -> UntreatedFit:
    """The fit on the clean cells. `weight` (N, T) is positive there; `covariates` (K, N, T) are finite where observed."""
    units, periods = clean.shape
    weighted = np.where(clean, weight, 0.0)
    unit_weight, period_weight = weighted.sum(1), weighted.sum(0)
    rows, columns = np.nonzero(clean)
    graph = coo_array((np.ones(len(rows)), (rows, columns + units)), shape=(units + periods, units + periods))
    _, label = connected_components(graph, directed=False)
    part_unit = np.where(unit_weight > 0, label[:units], -1).astype(np.int64)
    part_period = np.where(period_weight > 0, label[units:], -1).astype(np.int64)
    reference = np.zeros(periods, dtype=bool)
    _, firsts = np.unique(label[units:], return_index=True)
    reference[firsts] = True
    reference |= period_weight == 0
    inverse = np.divide(1.0, unit_weight, out=np.zeros_like(unit_weight), where=unit_weight > 0)
    schur = np.diag(period_weight) - weighted.T @ (weighted * inverse[:, None])
    schur[reference, :] = 0.0
    schur[:, reference] = 0.0
    schur[reference, reference] = 1.0
    factor = linalg.cho_factor(schur, lower=True, check_finite=False)
    none = np.zeros((0, units, periods))
    fit = UntreatedFit(
        clean,
        weight,
        unit_weight,
        part_unit,
        part_period,
        reference.astype(np.int64),
        factor,
        none,
        none,
        np.zeros((0, 0)),
    )
    if covariates is None or not len(covariates):
        return fit
    rest = fit.residual(covariates)
    slopes = np.where(clean, rest * weight, 0.0)
    gram = np.einsum("knt,lnt->kl", slopes, np.where(clean, rest, 0.0))
    return UntreatedFit(
        clean, weight, unit_weight, part_unit, part_period, fit.reference, factor, slopes, rest,
        np.linalg.pinv(gram, hermitian=True),
    )  # fmt: skip
