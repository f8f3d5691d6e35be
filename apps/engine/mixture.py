"""Mixtures of Gaussians: distribution function and quantiles without sampling."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from .arrays import Floats

_ROOT_TWO_PI = float(np.sqrt(2 * np.pi))


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
        centre, sd = self.mean, float(np.sqrt(max(0.0, self.variance)))
        if sd <= 1e-12 * max(1e-300, abs(centre)):
            return centre
        low, high, point = centre - 40 * sd, centre + 40 * sd, centre + float(ndtri(share)) * sd
        scale = np.where(self.deviations > 0, self.deviations, np.inf)
        for _ in range(200):  # Newton's steps, kept inside a bracket that shrinks
            off = self.below(point) - share
            low, high = (point, high) if off < 0 else (low, point)
            slope = (
                float(self.weights @ (np.exp(-0.5 * ((point - self.means) / scale) ** 2) / scale))
                / _ROOT_TWO_PI
            )
            step = point - off / slope if slope > 0 else low
            step = step if low < step < high else (low + high) / 2
            if abs(step - point) <= 1e-12 * sd:
                return step
            point = step
        return point

    def interval(self, level: float) -> tuple[float, float]:
        """The central interval."""
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)
