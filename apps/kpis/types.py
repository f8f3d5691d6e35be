"""What goes into and comes out of the KPI verbs and reads."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apps.kpis.statistics import Combined, Sums

if TYPE_CHECKING:
    from apps.accounts.models import Unit


@dataclass(frozen=True, slots=True)
class ObservationRow:
    """One observation as it arrives. `period` is any day of the period.

    Give `value`, or the sums it is made of (n and total, hits, or promoters and detractors), or both; with the sums the
    standard error follows. `se` is in the unit of the value.
    """

    unit: Unit
    period: dt.date
    value: float | None = None
    segment: str = ""
    n: int | None = None
    se: float | None = None
    total: float | None = None
    total_sq: float | None = None
    hits: int | None = None
    promoters: int | None = None
    detractors: int | None = None


@dataclass(frozen=True, slots=True)
class ChangedObservation:
    """An observation that was there already; `before` is what `observations_restore` needs."""

    id: int
    before: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """What a batch of observations did."""

    added: list[int] = field(default_factory=list)
    changed: list[ChangedObservation] = field(default_factory=list)
    unchanged: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """What a derived KPI is for one unit, period and segment, computed from raw rows."""

    unit_id: int
    period: dt.date
    segment: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Difference:
    """Where rollup and raw rows disagree (found by `kpis_rebuild --check`)."""

    kpi: str
    unit_id: int
    period: dt.date
    segment: str
    stored: float | None
    raw: float | None


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """One period of a series over one or more units."""

    period: dt.date
    result: Combined


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one segment ("" = all) by period, and over all these periods together."""

    segment: str
    points: tuple[SeriesPoint, ...]
    whole: Combined | None


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest complete period of a KPI and the one before it, over the units an actor sees."""

    period: dt.date
    result: Combined
    before: Combined | None
    before_period: dt.date | None = None
