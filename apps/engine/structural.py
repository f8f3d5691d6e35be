"""A structural time series in closed form: local level plus regression, no sampling and no seed.

Given q (level variance over noise variance) and s² (noise variance), the regression is conjugate and the forecast is
Gaussian; both are integrated over a grid, so that the forecast is an exact mixture. The level's prior is heavy-tailed
(centre 0.02 of the noise, half a degree of freedom): CausalImpact's default is confident that the level hardly drifts, and
its intervals cover little where it does. Source of the model: Brodersen et al. (2015); Harvey (1989).
"""

from dataclasses import dataclass

import numpy as np

from .arrays import Floats
from .mixture import Mixtures

LEVEL_CENTRE, LEVEL_FREEDOM = 0.02, 0.5
NOISE_SHARE, NOISE_FREEDOM = 0.5, 2.0
_RATIO = np.exp(2 * np.linspace(np.log(1e-3), np.log(3.0), 29))
_NOISE = np.exp(2 * np.linspace(np.log(0.02), np.log(3.0), 31))


@dataclass(frozen=True, eq=False)
class Forecast:
    """The values without initiatives after the start: a mixture over the grid.

    `means` (q, T1) and `spreads` (q, T1, T1) per level ratio, the latter per unit of noise variance; `weights` (q, s);
    `noise` (s,) in squared units of the KPI; `widening` scales standard deviations (in-time placebos).
    """

    means: Floats
    spreads: Floats
    weights: Floats
    noise: Floats
    widening: float = 1.0

    @property
    def mean(self) -> Floats:
        """(T1,): the expected values."""
        total: Floats = self.weights.sum(axis=1) @ self.means
        return total

    @property
    def covariance(self) -> Floats:
        """(T1, T1): the covariance of the mixture."""
        by_ratio, noise = self.weights.sum(axis=1), self.weights @ self.noise
        off = self.means - self.mean
        total: Floats = np.einsum("q,qst->st", noise, self.spreads) + np.einsum(
            "q,qs,qt->st", by_ratio, off, off
        )
        return total * self.widening**2

    def interval(self, loading: Floats, level: float) -> tuple[float, float]:
        """The central interval of the combination `loading` (T1,) of the values."""
        middles = np.repeat(self.means @ loading, len(self.noise))
        variance = np.einsum("qst,s,t->q", self.spreads, loading, loading)
        deviations = np.sqrt(np.maximum(np.outer(variance, self.noise), 0.0)).ravel()
        weights = self.weights.ravel()
        keep = weights > 1e-12
        mixture = Mixtures(weights[keep] / weights[keep].sum(), middles[None, keep], deviations[None, keep])
        low, high = (float(each[0]) for each in mixture.intervals(level))
        centre = float(mixture.mean[0])
        return centre + (low - centre) * self.widening, centre + (high - centre) * self.widening


def forecast(
    before: Floats, before_at: Floats, after_at: Floats, features_before: Floats, features_after: Floats
) -> Forecast:
    """The forecast for positions `after_at` (T1,) from values `before` (T0,) at `before_at` (whole steps, ascending).

    `features_*` (T, k) are regressors known in both; an intercept is added. Needs at least 3 values.
    """
    centre, size = float(before.mean()), float(before.std(ddof=1))
    size = size if size > 1e-12 * max(1e-300, float(np.abs(before).max())) else max(1e-12, 1e-9 * abs(centre))
    target = (before - centre) / size
    inner, outer = _features(features_before, features_after)
    count, width = inner.shape
    prior = inner.T @ inner / count
    prior = 0.5 * prior + 0.5 * np.diag(np.diag(prior))
    prior[0, :] = prior[:, 0] = 0.0
    prior[0, 0] = 1e-6
    origin = before_at[0] - 1
    lags, leads = before_at - origin, after_at - origin
    eigenvalues, basis = np.linalg.eigh(np.minimum.outer(lags, lags))
    across, ahead = np.minimum.outer(leads, lags) @ basis, np.minimum.outer(leads, leads)
    rotated, rotated_features = basis.T @ target, basis.T @ inner
    means = np.empty((len(_RATIO), len(leads)))
    spreads = np.empty((len(_RATIO), len(leads), len(leads)))
    log_weight = np.empty((len(_RATIO), len(_NOISE)))
    for index, ratio in enumerate(_RATIO):
        shrink = 1.0 / (1.0 + ratio * eigenvalues)
        precision = (rotated_features.T * shrink) @ rotated_features + prior
        inverse = np.linalg.inv(precision)
        slopes = inverse @ (rotated_features.T @ (shrink * rotated))
        squares = float(rotated @ (shrink * rotated) - slopes @ precision @ slopes)
        gain = ratio * across * shrink
        means[index] = gain @ (rotated - rotated_features @ slopes) + outer @ slopes
        drift = outer - gain @ rotated_features
        spreads[index] = (
            ratio * ahead + np.eye(len(leads)) - ratio * (gain @ across.T) + drift @ inverse @ drift.T
        )
        log_weight[index] = (
            -0.5 * (count - width + 1) * np.log(_NOISE)
            - 0.5 * max(squares, 0.0) / _NOISE
            + 0.5 * np.log(shrink).sum()
            - 0.5 * np.linalg.slogdet(precision)[1]
            + _log_inverse_gamma(_NOISE, NOISE_FREEDOM, 1 - NOISE_SHARE)
            + _log_inverse_gamma(ratio * _NOISE, LEVEL_FREEDOM, LEVEL_CENTRE**2)
        )
    weights = np.exp(log_weight - log_weight.max())
    return Forecast(means * size + centre, spreads, weights / weights.sum(), _NOISE * size**2)


def _features(before: Floats, after: Floats) -> tuple[Floats, Floats]:
    """Standardised by the values before, with an intercept first; regressors constant before are left out."""
    mean, sd = before.mean(axis=0), before.std(axis=0)
    use = sd > 1e-12 * np.maximum(1e-300, np.abs(before).max(axis=0, initial=0.0))
    scaled = [(table[:, use] - mean[use]) / sd[use] for table in (before, after)]
    inner, outer = (np.column_stack([np.ones(len(table)), table]) for table in scaled)
    return inner, outer


def _log_inverse_gamma(variance: Floats, freedom: float, centre: float) -> Floats:
    """The log density of a variance on a logarithmic grid: inverse gamma (freedom/2, freedom/2 × centre)."""
    density: Floats = -(freedom / 2) * np.log(variance) - (freedom / 2) * centre / variance
    return density
