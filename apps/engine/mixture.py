"""Mixtures of Gaussians: distribution function and quantiles without sampling."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from .arrays import Floats


@dataclass(frozen=True, eq=False)
class Mixture:
    """`weights`, `means`, `deviations` are (k,); weights sum to 1; deviations may be 0."""

    weights: Floats
    means: Floats
    deviations: Floats

    @property
    def mean(self) -> float:
        """The expectation."""
        return float(self.weights @ self.means)

    @property
    def variance(self) -> float:
        """The variance."""
        return float(self.weights @ (self.deviations**2 + (self.means - self.mean) ** 2))

    def below(self, value: float) -> float:
        """P(X <= value)."""
        sharp = self.deviations <= 0
        scale = np.where(sharp, 1.0, self.deviations)
        smooth = ndtr((value - self.means) / scale)
        step = (self.means <= value).astype(float)
        return min(1.0, max(0.0, float(self.weights @ np.where(sharp, step, smooth))))

    def quantile(self, share: float) -> float:
        """The value below which `share` of the distribution lies."""
        centre, reach = self.mean, float(np.abs(self.means - self.mean).max() + 12 * self.deviations.max())
        if reach <= 1e-12 * max(1e-300, abs(centre)):
            return centre
        found = brentq(
            lambda x: self.below(centre + x) - share,
            -reach * 1.001,
            reach * 1.001,
            xtol=1e-13 * reach,
            maxiter=300,
        )
        return centre + float(found)

    def interval(self, level: float) -> tuple[float, float]:
        """The central interval."""
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)
