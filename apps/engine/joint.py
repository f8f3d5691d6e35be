"""Joint attribution on one KPI: impute the outcome without initiatives, then allocate the difference in one model.

1. tau = Y − Ŷ(0), with Ŷ(0) from clean cells only (Borusyak, Jaravel, Spiess 2024).
2. tau on initiative × time-since-start bins, ordinary least squares, or with a Gaussian prior where a plan is given.
3. The model is additive, so the Shapley share of an initiative is the sum of its own columns (efficiency, null player,
   symmetry and linearity hold); what the columns leave over is its own line, so that the books close.
Everything is one linear map of Y, so one cluster-robust covariance (`clusters.py`) serves every sum of initiatives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Bools, Floats, Ints, any_along
from .clusters import ClusterVariance, cluster_variance
from .errors import NotIdentified
from .fixed_effects import UntreatedFit, fit_on
from .panel import KpiPanel
from .precision import exposure_of, precision_of
from .treatment import Spell, event_bins

NUISANCE = -1
RANK_TOLERANCE = 1e-9
FEW_UNITS = 4
"""With fewer treated units, the error of each is read off the units without initiatives."""


@dataclass(frozen=True, eq=False)
class JointDesign:
    """Who and when, without the KPI's values. p columns over m rows (cells in which the model is fitted).

    `counted` (I, N, T): the cells that make up each initiative's effect; `lost` (I,): how many of its cells have no
    counterpart without initiatives (the named units and periods), and are left out. `levelled`: initiatives whose path is
    held level, because a free one could not be told from another's (see `levels`). `owner` (p,): index of the column's initiative,
    or NUISANCE for lags, wash-outs and initiatives that are too early. `column_event`: the bin's cells (p, N, T).
    """

    spells: tuple[Spell, ...]
    fit: UntreatedFit
    observed: Bools
    counted: Bools
    rows: Bools
    matrix: Floats
    owner: Ints
    exposure: Floats
    lost: Ints
    lost_units: tuple[str, ...]
    lost_periods: tuple[str, ...]
    levelled: frozenset[int] = frozenset()

    @property
    def joint_cells(self) -> Bools:
        """(N, T): the cells in which some initiative counts."""
        return any_along(self.counted, 0)


@dataclass(frozen=True, eq=False)
class JointFit:
    """The design applied to the KPI. `coefficients` (p,) with `covariance` (p, p); `tau` (N, T) = Y − Ŷ(0).

    `likelihood` (p, p) is the pseudo-inverse of the normal matrix without prior, `null` (p, k) spans what the cells
    cannot tell; `sigma` is the residual standard deviation of one cell.
    """

    design: JointDesign
    coefficients: Floats
    covariance: Floats
    tau: Floats
    sigma: float
    likelihood: Floats
    null: Floats
    prior_variance: Floats
    clusters: ClusterVariance
    joint_total: float
    joint_se: float
    joint_df: float

    @property
    def spells(self) -> tuple[Spell, ...]:
        """The initiatives, also those set aside."""
        return self.design.spells

    @property
    def counted(self) -> Bools:
        """(I, N, T): the cells of each initiative's effect."""
        return self.design.counted

    @property
    def exposure(self) -> Floats:
        """(N, T): what effects are multiplied with in totals."""
        return self.design.exposure

    @property
    def owner(self) -> Ints:
        """(p,): the initiative of each coefficient."""
        return self.design.owner

    @property
    def rows(self) -> Bools:
        """(N, T): the cells the model is fitted on."""
        return self.design.rows

    @property
    def matrix(self) -> Floats:
        """(m, p): the model's columns over these cells."""
        return self.design.matrix

    def degrees(self, loading: Floats) -> float:
        """The degrees of freedom of a combination (p,) of the coefficients."""
        return self.clusters.degrees(np.append(loading, 0.0))


def build_design(
    panel: KpiPanel,
    spells: Sequence[Spell],
    aside: Sequence[bool],
    levels: Mapping[int, Sequence[int]] | None = None,
) -> JointDesign:
    """The design for these spells; `aside` marks those that only explain cells and get no estimate, and
    `levels` gives the bin edges of some initiatives by index.

    Raises NotIdentified when there is no clean cell, or no estimated initiative has a cell with a clean counterpart.
    """
    observed = panel.observed
    touched = np.zeros_like(observed)
    for spell in spells:
        touched |= spell.touched
    clean = observed & ~touched
    clean &= ~_selection_window(panel, spells, clean)
    if not clean.any():
        raise NotIdentified("no cell is free of initiatives", units=panel.units)
    weight, _ = precision_of(panel, clean)
    covariates = np.array(
        [np.where(observed, np.nan_to_num(panel.controls[name]), 0.0) for name in panel.controls]
    )
    fit = fit_on(clean, weight, covariates if len(covariates) else None)
    identified = fit.identified & observed
    active = np.array([spell.active & observed for spell in spells])
    counted = np.array([cells & identified & (not skip) for cells, skip in zip(active, aside, strict=True)])
    without = active & ~fit.identified
    lost = any_along(without, 0)
    units = tuple(panel.units[index] for index in np.flatnonzero(lost.any(1) & (fit.part_unit < 0)))
    periods = tuple(
        panel.calendar.labels[index] for index in np.flatnonzero(lost.any(0) & (fit.part_period < 0))
    )
    if not counted.any():
        raise NotIdentified(
            "no treated cell has a counterpart free of initiatives", units=units, periods=periods
        )
    columns: list[Bools] = []
    owner: list[int] = []
    used = active.any(axis=0)
    for index, (spell, skip) in enumerate(zip(spells, aside, strict=True)):
        others = np.delete(active, index, axis=0).any(axis=0)
        if skip:
            columns.append(active[index] & identified)
            owner.append(NUISANCE)
        else:
            bins = event_bins(spell, counted[index], (levels or {}).get(index))
            columns += bins
            owner += [index] * len(bins)
        for cells in (spell.lag, spell.washout):
            if (cells & others & identified).any():
                columns.append(cells & identified)
                owner.append(NUISANCE)
                used = used | (cells & observed)
    rows = used & identified
    matrix = np.column_stack([column[rows] for column in columns]).astype(float)
    return JointDesign(
        tuple(spells), fit, observed, counted, rows, matrix, np.array(owner, dtype=np.int64), exposure_of(panel),
        without.sum(axis=(1, 2)), units, periods, frozenset(levels or {}),
    )  # fmt: skip


def fit_joint(panel: KpiPanel, design: JointDesign) -> JointFit:
    """Apply the design to the KPI's values."""
    value = np.where(design.observed, panel.value, 0.0)
    tau = design.fit.residual(value)
    target = tau[design.rows]
    matrix = design.matrix
    gram = matrix.T @ matrix
    likelihood, null = pseudo_inverse(gram)
    rank = gram.shape[0] - null.shape[1]
    plain = likelihood @ (matrix.T @ target)
    sigma = _sigma(design, tau, target - matrix @ plain, rank)
    mean, precision, prior_variance = _prior(design, sigma)
    if precision.any():
        inverse, _ = pseudo_inverse(gram + precision)
        coefficients = mean + inverse @ (matrix.T @ (target - matrix @ mean))
    else:
        inverse, coefficients = likelihood, plain
    weights = np.zeros((len(coefficients) + 1, *value.shape))
    weights[:-1, design.rows] = inverse @ matrix.T
    weights[-1] = np.where(design.joint_cells, design.exposure, 0.0)
    _, known = precision_of(panel, design.fit.clean) if panel.se is not None else (None, None)
    clusters = cluster_variance(
        fit=design.fit, tau=tau, rows=design.rows, matrix=matrix, gram=gram, precision=precision, prior_mean=mean,
        weights=design.fit.adjoint(weights), sigma=sigma, measurement=known, scale=float(np.abs(value).max()),
        spread=float(np.std(value[design.fit.clean])),
        thin=_thin_units(design),
    )  # fmt: skip
    covariance = clusters.covariance[:-1, :-1] + sigma**2 * (inverse @ precision @ inverse)
    return JointFit(
        design=design,
        coefficients=coefficients,
        covariance=covariance,
        tau=tau,
        sigma=sigma,
        likelihood=likelihood,
        null=null,
        prior_variance=prior_variance,
        clusters=clusters,
        joint_total=float((tau * design.exposure)[design.joint_cells].sum()),
        joint_se=float(np.sqrt(max(0.0, clusters.covariance[-1, -1]))),
        joint_df=clusters.degrees(np.eye(len(coefficients) + 1)[-1]),
    )


def _selection_window(panel: KpiPanel, spells: Sequence[Spell], clean: Bools) -> Bools:
    """The clean cells to leave out because units were chosen by them (regression to the mean), where every treated
    unit keeps two clean cells."""
    ends = [spell.chosen_until for spell in spells if spell.chosen_until is not None]
    if not ends:
        return np.zeros_like(clean)
    window = np.broadcast_to(panel.calendar.positions[None, :] <= max(ends), clean.shape)
    treated = np.any([spell.treated for spell in spells], axis=0)
    enough = bool(((clean & ~window)[treated].sum(axis=1) >= 2).all())
    return window if enough else np.zeros_like(clean)


def _thin_units(design: JointDesign) -> Bools:
    """(N,): units of initiatives with so few of them that their own spread says little."""
    per_unit = any_along(design.counted, 2)
    few = per_unit.sum(axis=1) < FEW_UNITS
    return any_along(per_unit[few], 0) if few.any() else np.zeros(per_unit.shape[1], dtype=bool)


def pseudo_inverse(gram: Floats) -> tuple[Floats, Floats]:
    """The pseudo-inverse of a symmetric non-negative matrix and a basis (p, k) of its null space."""
    if not gram.size:
        return gram, gram
    values, vectors = np.linalg.eigh(gram)
    keep = values > RANK_TOLERANCE * max(float(values[-1]), 1e-300)
    inverse: Floats = (vectors[:, keep] / values[keep]) @ vectors[:, keep].T
    return inverse, vectors[:, ~keep]


def _sigma(design: JointDesign, tau: Floats, rest: Floats, rank: int) -> float:
    """The residual standard deviation of one cell, pooled over clean and treated cells."""
    fit = design.fit
    clean = tau[fit.clean]
    parts = len(np.unique(fit.part_period[fit.part_period >= 0]))
    used = int((fit.part_unit >= 0).sum()) + int((fit.part_period >= 0).sum()) - parts + len(fit.covariates)
    freedom = (len(clean) - used) + (len(rest) - rank)
    return float(np.sqrt((clean @ clean + rest @ rest) / max(1, freedom)))


def _prior(design: JointDesign, sigma: float) -> tuple[Floats, Floats, Floats]:
    """(mean (p,), precision relative to the residual variance (p, p), variance per initiative (I,)).

    The bins of one initiative share half of their prior variance, scaled so that its mean effect has the stated
    standard deviation; where only the expected effect is given, that is twice the larger of its size and sigma.
    """
    size = len(design.owner)
    mean, precision = np.zeros(size), np.zeros((size, size))
    variances = np.full(len(design.spells), np.inf)
    for index, spell in enumerate(design.spells):
        own = np.flatnonzero(design.owner == index)
        if spell.expected_effect is None or not len(own):
            continue
        sd = spell.expected_sd or 2 * max(abs(spell.expected_effect), sigma, 1e-12)
        share = design.matrix[:, own].sum(axis=0)
        share = share / share.sum()
        shape = 0.5 + 0.5 * np.eye(len(own))
        shape = shape / float(share @ shape @ share)
        mean[own] = spell.expected_effect
        precision[np.ix_(own, own)] = np.linalg.inv(shape) * (sigma / sd) ** 2
        variances[index] = sd**2
    return mean, precision, variances
