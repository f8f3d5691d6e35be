"""What every method of estimation hands over, and linear combinations of its coefficients."""

from typing import Protocol

import numpy as np

from .arrays import Bools, Floats, Ints
from .treatment import Spell


class Model(Protocol):
    """The model that turns p coefficients into effects of cells.

    `counted` (I, N, T): the cells of each initiative's effect. `matrix` (m, p) holds the columns over the m cells of
    `rows` (N, T); `owner` (p,) is the initiative of each column. `exposure` (N, T) multiplies effects into totals.
    """

    @property
    def spells(self) -> tuple[Spell, ...]: ...
    @property
    def counted(self) -> Bools: ...
    @property
    def rows(self) -> Bools: ...
    @property
    def matrix(self) -> Floats: ...
    @property
    def owner(self) -> Ints: ...
    @property
    def exposure(self) -> Floats: ...


class Estimation(Model, Protocol):
    """A model with its p coefficients and their covariance. `null` (p, k) spans what the cells cannot tell."""

    @property
    def coefficients(self) -> Floats: ...
    @property
    def covariance(self) -> Floats: ...
    @property
    def null(self) -> Floats: ...


def loading(fit: Model, initiative: int, weight: Floats) -> Floats:
    """(p,): the sum over the initiative's cells of weight (N, T) × its allocated effect, per coefficient."""
    scale = np.where(fit.counted[initiative], weight, 0.0)[fit.rows]
    own: Floats = np.where(fit.owner == initiative, scale @ fit.matrix, 0.0)
    return own


def mean_loading(fit: Model, initiative: int) -> Floats:
    """(p,): the plain mean of the initiative's effect over its cells."""
    return loading(fit, initiative, np.ones(fit.rows.shape)) / max(1, int(fit.counted[initiative].sum()))


def total_loading(fit: Model, initiative: int) -> Floats:
    """(p,): the sum of the initiative's effect × exposure over its cells."""
    return loading(fit, initiative, fit.exposure)


def loadings_by(fit: Model, initiative: int, group: Ints, weight: Floats) -> tuple[Ints, Floats]:
    """(groups (k,) ascending, loadings (k, p)): `loading` for each value of `group` (N, T) among the cells."""
    cells = fit.counted[initiative] & fit.rows
    groups, place = np.unique(group[cells], return_inverse=True)
    columns = np.flatnonzero(fit.owner == initiative)
    table = np.zeros((len(groups), len(fit.owner)))
    part = fit.matrix[np.ix_(cells[fit.rows], columns)] * weight[cells][:, None]
    sums = np.zeros((len(groups), len(columns)))
    np.add.at(sums, place, part)
    table[:, columns] = sums
    return groups, table
