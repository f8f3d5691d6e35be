"""The distribution of a sum of money that is linear in uncertain effects times uncertain values.

Given the values per KPI unit, any weighted sum of monthly money is Gaussian; the values are integrated over fixed nodes. No sampling, no seed. P(IRR > r) is P(NPV(r) > 0).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .arrays import Floats
from .mixture import Mixture

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


def distribution(streams: Sequence[MoneyStream], weights: Floats, constant: float = 0.0) -> Mixture:
    """The distribution of the sum over months of `weights` (M,) × money, plus a constant. Streams are independent of each
    other given their values."""
    keys = sorted({stream.key for stream in streams if stream.value_sd > 0})
    centres = np.array([float(weights @ stream.per_value) for stream in streams])
    variances = []
    for stream in streams:
        loading = weights @ stream.factor
        variances.append(max(0.0, float(loading @ stream.covariance @ loading)))
    spread = np.array(variances)
    means = np.array([stream.value_mean for stream in streams])
    sds = np.array([stream.value_sd for stream in streams])
    if len(keys) > max(_SPACING):
        return _matched(streams, keys, centres, spread, means, sds, constant)
    nodes, shares, smoothing = _nodes(_SPACING[len(keys)])
    count = len(nodes)
    points = np.indices((count,) * len(keys)).reshape(len(keys), count ** len(keys))
    weight: Floats = np.prod(shares[points], axis=0)
    values = np.tile(means, (len(weight), 1))
    for index, stream in enumerate(streams):
        if stream.value_sd > 0:
            values[:, index] += stream.value_sd * nodes[points[keys.index(stream.key)]]
    smooth = float(sds**2 @ spread)
    for key in keys:
        smooth += (
            float(sum(sds[i] * centres[i] for i, stream in enumerate(streams) if stream.key == key)) ** 2
        )
    return Mixture(weight, values @ centres + constant, np.sqrt(values**2 @ spread + smoothing**2 * smooth))


def _matched(
    streams: Sequence[MoneyStream], keys: Sequence[str], centres: Floats, spread: Floats, means: Floats, sds: Floats,
    constant: float,
) -> Mixture:  # fmt: skip
    variance = float((means**2 + sds**2) @ spread)
    for key in keys:
        variance += (
            float(sum(sds[i] * centres[i] for i, stream in enumerate(streams) if stream.key == key)) ** 2
        )
    return Mixture(np.ones(1), np.array([float(means @ centres) + constant]), np.array([np.sqrt(variance)]))
