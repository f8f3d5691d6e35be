"""Which initiatives cannot be told apart: their split rests on the plan, not on the data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from .arrays import Bools, Floats

VARIANCE_RATIO = 0.8
"""Above this share of its prior variance left after seeing the data, a contrast is called inseparable."""


@dataclass(frozen=True)
class Separation:
    """`groups`: indices of initiatives that can only be estimated together, each of two or more."""

    groups: tuple[tuple[int, ...], ...]

    def partners(self, index: int) -> tuple[int, ...]:
        """The others of the initiative's group, or none."""
        return next(
            (tuple(other for other in group if other != index) for group in self.groups if index in group), ()
        )


def separate(
    loadings: Floats, null: Floats, likelihood: Floats | None, prior_variance: Sequence[float], counted: Bools
) -> Separation:
    """Group the initiatives whose mean effects (loadings (I, p)) the cells do not tell apart.

    Exactly: directions in `null` (p, k) move several means against each other. Nearly: the variance of a mean, given
    `likelihood` (p, p; inverse normal matrix, residual variance 1), leaves more than VARIANCE_RATIO of the prior variance
    (without a plan: that of one cell's residual), and falls once it may be traded with another initiative.
    """
    count = len(loadings)
    linked = np.zeros((count, count), dtype=bool)
    if null.shape[1]:
        moves = loadings @ null
        size = np.abs(loadings).max(axis=1, keepdims=True)
        moves = moves / np.maximum(size, 1e-300)
        linked |= np.abs(moves @ moves.T) > 1e-9
    if likelihood is not None:
        covariance = loadings @ likelihood @ loadings.T
        variance = np.diag(covariance)
        left = variance / (variance + np.asarray(prior_variance))
        scale = np.sqrt(np.maximum(np.outer(variance, variance), 1e-300))
        together = np.array([[bool((a & b).any()) for a in counted] for b in counted])
        linked |= (
            (covariance / scale < -0.8)
            & together
            & (left[:, None] > VARIANCE_RATIO)
            & (left[None, :] > VARIANCE_RATIO)
        )
    np.fill_diagonal(linked, False)
    parts, label = connected_components(csr_array(linked), directed=False)
    groups = (tuple(int(index) for index in np.flatnonzero(label == part)) for part in range(parts))
    return Separation(tuple(group for group in groups if len(group) > 1))
