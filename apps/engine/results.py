"""What attribution returns: frozen dataclasses, and their JSON in the stable format of the command line."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .arrays import Floats


@dataclass(frozen=True)
class Check:
    """One check in plain words. `verdict`: pass, fail, or unknown where it could not be run."""

    name: str
    value: float | None
    threshold: float | None
    verdict: str
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """Keys as named."""
        return {
            "name": self.name,
            "value": number(self.value),
            "threshold": number(self.threshold),
            "verdict": self.verdict,
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class PathPoint:
    """The mean effect of the treated cells `event_time` whole periods after the start."""

    event_time: int
    effect: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, eq=False)
class PeriodPath:
    """The effect by calendar period: `effect` (T,) is the exposure-weighted mean over treated cells, `exposure` (T,) the sum
    of their exposure (their number without such a column), `cells` (T,) their number, `labels` the periods.

    `loading` (T, p) on the coefficients of the estimation that `block` names; `effect` = loading @ coefficients.
    """

    labels: tuple[str, ...]
    effect: Floats
    exposure: Floats
    cells: Floats
    loading: Floats
    block: int


@dataclass(frozen=True, eq=False)
class InitiativeEffect:
    """One initiative on one KPI. Numbers are None where the verdict allows none; `period_path` then is None too.

    `series`: what its own history alone says of an initiative that started everywhere at once (grade D or C).
    """

    initiative: str
    effect: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    total: float | None
    total_se: float | None
    total_ci_low: float | None
    total_ci_high: float | None
    df: float | None
    cells: int
    grade: str | None
    method: str
    verdict: str
    not_separable_from: tuple[str, ...] = ()
    path: tuple[PathPoint, ...] = ()
    period_path: PeriodPath | None = None
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    series: "InitiativeEffect | None" = None

    def to_json(self) -> dict[str, Any]:
        """The format of attribution.md section 7."""
        names = ("effect", "se", "ci_low", "ci_high", "total", "total_ci_low", "total_ci_high")
        return {
            "initiative": self.initiative,
            **{name: number(getattr(self, name)) for name in names},
            "cells": self.cells,
            "grade": self.grade,
            "method": self.method,
            "verdict": self.verdict,
            "not_separable_from": list(self.not_separable_from),
            "path": [
                {
                    "event_time": point.event_time,
                    "effect": number(point.effect),
                    "ci_low": number(point.ci_low),
                    "ci_high": number(point.ci_high),
                }
                for point in self.path
            ],
            "diagnostics": plain(self.diagnostics),
        }


@dataclass(frozen=True)
class GroupEffect:
    """Initiatives that can only be estimated together: mean effect over the cells of any of them, and the sum."""

    initiatives: tuple[str, ...]
    effect: float
    se: float
    ci_low: float
    ci_high: float
    total: float
    grade: str

    def to_json(self) -> dict[str, Any]:
        """Keys as named."""
        return {
            "initiatives": list(self.initiatives),
            **{name: number(getattr(self, name)) for name in ("effect", "se", "ci_low", "ci_high", "total")},
            "grade": self.grade,
        }


@dataclass(frozen=True)
class JointEffect:
    """The joint total of the jointly estimated initiatives; None when there is no joint estimation."""

    initiatives: tuple[str, ...] = ()
    total: float | None = None
    se: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Keys as named."""
        names = ("total", "se", "ci_low", "ci_high")
        return {
            "initiatives": list(self.initiatives),
            **{name: number(getattr(self, name)) for name in names},
        }


@dataclass(frozen=True, eq=False)
class KpiResult:
    """All initiatives on one KPI. `blocks` holds the covariance (p, p) of the coefficients of each estimation."""

    kpi: str
    method: str
    grade: str | None
    warnings: tuple[str, ...]
    joint: JointEffect
    unallocated: float | None
    naive_total: float | None
    groups: tuple[GroupEffect, ...]
    initiatives: tuple[InitiativeEffect, ...]
    blocks: tuple[Floats, ...] = ()

    def initiative(self, name: str) -> InitiativeEffect:
        """The effect of one initiative. Raises KeyError for one that does not touch this KPI."""
        for each in self.initiatives:
            if each.initiative == name:
                return each
        raise KeyError(name)

    def period_covariance(self, first: str, second: str, *, series: bool = False) -> Floats | None:
        """(T1, T2): the covariance between the period effects of two initiatives (or of one with itself); 0 between
        separate estimations; None where one of them has no path. With `series`, an initiative without a comparison
        counts with the path of its own history."""
        one, two = (self._path(name, series=series) for name in (first, second))
        if one is None or two is None:
            return None
        if one.block != two.block:
            return np.zeros((len(one.labels), len(two.labels)))
        covariance: Floats = one.loading @ self.blocks[one.block] @ two.loading.T
        return covariance

    def _path(self, name: str, *, series: bool) -> PeriodPath | None:
        effect = self.initiative(name)
        if effect.period_path is None and series and effect.series is not None:
            return effect.series.period_path
        return effect.period_path

    def to_json(self) -> dict[str, Any]:
        """The format of attribution.md section 7."""
        return {
            "kpi": self.kpi,
            "method": self.method,
            "grade": self.grade,
            "warnings": list(self.warnings),
            "joint": self.joint.to_json(),
            "unallocated": number(self.unallocated),
            "naive_total": number(self.naive_total),
            "groups": [group.to_json() for group in self.groups],
            "initiatives": [each.to_json() for each in self.initiatives],
        }


@dataclass(frozen=True, eq=False)
class AttributionResult:
    """The whole answer; `digest` covers panel, initiatives, options and the engine's version."""

    engine_version: str
    digest: str
    warnings: tuple[str, ...]
    kpis: tuple[KpiResult, ...]

    def kpi(self, name: str) -> KpiResult:
        """The result of one KPI. Raises KeyError."""
        for each in self.kpis:
            if each.kpi == name:
                return each
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """The format of attribution.md section 7: only JSON numbers, strings, null; never NaN."""
        return {
            "engine_version": self.engine_version,
            "digest": self.digest,
            "warnings": list(self.warnings),
            "kpis": [each.to_json() for each in self.kpis],
        }


def number(value: float | None) -> float | None:
    """A JSON number, or None for what is not finite."""
    return None if value is None or not math.isfinite(value) else float(value)


def plain(value: Any) -> Any:
    """The value with dataclasses, arrays and numpy numbers turned into JSON types."""
    match value:
        case None | bool() | str() | int():
            return value
        case float() | np.floating():
            return number(float(value))
        case np.integer():
            return int(value)
        case np.ndarray():
            return [plain(item) for item in value.tolist()]
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case Sequence():
            return [plain(item) for item in value]
    return plain(value.to_json())
