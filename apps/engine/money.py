"""The distribution of a sum of money that is linear in uncertain effects times uncertain values.

Given the values per KPI unit, any weighted sum of monthly money is Gaussian; the values are integrated over fixed nodes. No sampling, no seed. P(IRR > r) is P(NPV(r) > 0).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .arrays import Floats
from .mixture import Mixtures

_SPACING = {0: 1.0, 1: 0.1, 2: 0.25, 3: 0.5}
"""Distance of the nodes in standard deviations, by how many values are uncertain; above, two moments are matched instead."""
_REACH = 6.0


@dataclass(frozen=True, eq=False)
class MoneyStream:
    """Money by month of one stream: `per_value` (M,) expected KPI units × exposure by month, `factor` (M, T) turns effects
    into them, `covariance` (T, T) of the effects, value per unit with mean and sd. Streams with one `key` share one value."""

    per_value: Floats
    factor: Floats
    covariance: Floats
    value_mean: float
    value_sd: float
    key: str


@lru_cache(maxsize=8)
def _nodes(spacing: float) -> tuple[Floats, Floats, float]:
    """(nodes, weights, smoothing): a standard normal as nodes plus an independent normal of deviation `smoothing`.

    Nodes alone make steps wherever the effect is known better than the value, Gauss-Hermite's too; with a smoothing as wide
    as the spacing, the trapezoid rule on equal nodes has no visible step (its error falls like exp(-2 pi²)).
    """
    reach = np.floor(_REACH / spacing) * spacing
    nodes = np.arange(-reach, reach + spacing / 2, spacing)
    density = (
        np.exp(-0.5 * nodes**2 / (1 - spacing**2))
        if spacing < 1
        else (np.abs(nodes) < spacing / 2).astype(float)
    )
    use = density > 1e-12 * density.max()
    return nodes[use], density[use] / density[use].sum(), spacing if spacing < 1 else 0.0


def distributions(streams: Sequence[MoneyStream], weights: Floats, constants: Floats) -> Mixtures:
    """The distributions of r sums over months: `weights` (r, M) × money, plus `constants` (r,).

    Streams are independent of each other given their values; those with one key share one value.
    """
    keys = sorted({stream.key for stream in streams if stream.value_sd > 0})
    sums = len(weights)
    means = np.array([stream.value_mean for stream in streams])
    sds = np.array([stream.value_sd for stream in streams])
    centres, spread = np.zeros((sums, len(streams))), np.zeros((sums, len(streams)))
    for index, stream in enumerate(streams):
        loading = weights @ stream.factor
        centres[:, index] = weights @ stream.per_value
        spread[:, index] = np.maximum(
            0.0, np.einsum("rt,ts,rs->r", loading, stream.covariance, loading, optimize=True)
        )
    together = np.zeros(sums)
    for key in keys:
        own = [index for index, stream in enumerate(streams) if stream.key == key]
        together += (centres[:, own] @ sds[own]) ** 2
    if len(keys) > max(_SPACING):
        variance = spread @ (means**2 + sds**2) + together
        return Mixtures(np.ones(1), (centres @ means + constants)[:, None], np.sqrt(variance)[:, None])
    nodes, shares, smoothing = _nodes(_SPACING[len(keys)])
    count = len(nodes)
    points = np.indices((count,) * len(keys)).reshape(len(keys), count ** len(keys))
    weight: Floats = np.prod(shares[points], axis=0)
    values = np.tile(means, (len(weight), 1))
    for index, stream in enumerate(streams):
        if stream.value_sd > 0:
            values[:, index] += stream.value_sd * nodes[points[keys.index(stream.key)]]
    smooth = smoothing**2 * (spread @ sds**2 + together)
    return Mixtures(
        weight, centres @ values.T + constants[:, None], np.sqrt(spread @ (values**2).T + smooth[:, None])
    )
