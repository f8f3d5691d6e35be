"""Mixtures of Gaussians: distribution functions and quantiles without sampling."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from .arrays import Bools, Floats

_ROOT_TWO_PI = float(np.sqrt(2 * np.pi))


@dataclass(frozen=True, eq=False)
class Mixtures:
    """Several mixtures with common `weights` (k,), which sum to 1; `means` and `deviations` (0 or more) are (r, k)."""

    weights: Floats
    means: Floats
    deviations: Floats

    @property
    def mean(self) -> Floats:
        """(r,): the expectations."""
        centre: Floats = self.means @ self.weights
        return centre

    @property
    def variance(self) -> Floats:
        """(r,): the variances."""
        spread: Floats = (self.deviations**2 + (self.means - self.mean[:, None]) ** 2) @ self.weights
        return spread

    def below(self, values: Floats) -> Floats:
        """(r,): P(X <= value) for one value each."""
        sharp = self.deviations <= 0
        scale = np.where(sharp, 1.0, self.deviations)
        off = values[:, None] - self.means
        share: Floats = np.where(sharp, off >= 0, ndtr(off / scale)) @ self.weights
        return np.clip(share, 0.0, 1.0)

    def quantiles(self, share: float) -> Floats:
        """(r,): the values below which `share` of each distribution lies, by Newton's steps inside a shrinking bracket."""
        centre, sd = self.mean, np.sqrt(np.maximum(self.variance, 0.0))
        low, high, point = centre - 40 * sd, centre + 40 * sd, centre + float(ndtri(share)) * sd
        scale = np.where(self.deviations > 0, self.deviations, np.inf)
        done: Bools = sd <= 1e-12 * np.maximum(1e-300, np.abs(centre))
        point = np.where(done, centre, point)
        for _ in range(200):
            if done.all():
                break
            off = self.below(point) - share
            low, high = np.where(off < 0, point, low), np.where(off < 0, high, point)
            slope = (
                (np.exp(-0.5 * ((point[:, None] - self.means) / scale) ** 2) / scale)
                @ self.weights
                / _ROOT_TWO_PI
            )
            step = point - np.divide(off, slope, out=np.full_like(off, np.inf), where=slope > 0)
            step = np.where((low <= step) & (step <= high), step, (low + high) / 2)
            settled = np.abs(step - point) <= 1e-12 * sd
            point = np.where(done, point, step)
            done = done | settled
        return point

    def intervals(self, level: float) -> tuple[Floats, Floats]:
        """(low (r,), high (r,)): the central intervals."""
        return self.quantiles((1 - level) / 2), self.quantiles((1 + level) / 2)
