"""How much each cell of the panel counts in the fit, and how large its known measurement error is."""

import numpy as np
from scipy.optimize import nnls

from .arrays import Bools, Floats
from .fixed_effects import fit_on
from .panel import KpiPanel


def filled(table: Floats, observed: Bools) -> Floats:
    """The table with gaps among the observed cells set to the mean of the others, and 0 elsewhere."""
    known = ~np.isnan(table)
    return np.where(observed, np.where(known, table, table[known].mean()), 0.0)


def exposure_of(panel: KpiPanel) -> Floats:
    """(N, T): what an effect per unit is multiplied with in totals; 1 where the panel has no exposure."""
    if panel.exposure is None:
        return panel.observed.astype(float)
    return filled(panel.exposure, panel.observed)


def precision_of(panel: KpiPanel, clean: Bools) -> tuple[Floats, Floats | None]:
    """(weights, measurement variance), each (N, T): the weights have mean 1 on the clean cells.

    `weight` is used as given. With `se` the variance of a cell is a + se², with `n` it is a + b/n; a and b are fitted
    (not below 0) on the squared residuals of an unweighted first fit. The measurement variance is known with `se` only.
    """
    observed = panel.observed
    known = filled(panel.se, observed) ** 2 if panel.se is not None else None
    if panel.weight is not None:
        return _normalised(filled(panel.weight, observed), clean), known
    if panel.se is None and panel.n is None:
        return np.ones_like(panel.value), None
    ones = np.ones_like(panel.value)
    fit = fit_on(clean, ones)
    squared = fit.residual(np.where(observed, panel.value, 0.0))[clean] ** 2
    parameters = int((fit.unit_weight > 0).sum()) + int((fit.part_period >= 0).sum()) - 1
    squared = squared * (len(squared) / max(1, len(squared) - parameters))
    if known is not None:
        between = max(0.0, float((squared - known[clean]).mean()))
        variance = between + known
    else:
        assert panel.n is not None
        inverse = np.where(observed, 1.0 / np.where(observed, filled(panel.n, observed), 1.0), 0.0)
        scale = inverse[clean].mean()
        between, slope = nnls(np.column_stack([np.ones(len(squared)), inverse[clean] / scale]), squared)[0]
        variance = between + slope * inverse / scale
    top = float(variance[clean].max())
    if top <= 0:
        return ones, known
    return _normalised(1.0 / np.maximum(variance, 1e-6 * top), clean), known


def _normalised(weight: Floats, clean: Bools) -> Floats:
    mean = float(weight[clean].mean()) if clean.any() else 1.0
    return weight / mean
