"""All that the return of one cluster depends on, in a fixed number of queries, as plain values."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils import timezone

from apps.accounts.models import Unit
from apps.accounts.selectors import the_organisation
from apps.core.actor import Actor
from apps.initiatives.selectors import ReturnInputs, TreatmentRow, return_inputs
from apps.kpis.models import Kpi, Observation, ValueModel
from apps.returns.rules import NOT_BEGUN

Series = tuple[int, str]  # unit id, segment


@dataclass(frozen=True, slots=True)
class KpiRow:
    id: int
    uid: str
    key: str
    name: str
    kind: str
    statistic: str
    direction: str
    grain: str
    unit_label: str
    data_version: int


@dataclass(frozen=True, slots=True)
class ValueRow:
    """The newest version of a value model that a link points to."""

    id: int
    uid: str
    kpi_id: int
    name: str
    stream: str
    amount: Decimal
    amount_sd: Decimal
    currency: str
    side: str
    is_cash: bool
    basis: str
    exposure: str
    exposure_fixed: Decimal | None
    is_signed: bool
    is_active: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class Cell:
    unit_id: int
    segment: str
    period: dt.date
    value: float
    n: int | None
    se: float | None


@dataclass(frozen=True)
class ClusterInputs:
    """One cluster. `values` maps the id a link names to the newest version; `cells` are by KPI."""

    initiatives: dict[int, ReturnInputs]
    kpis: dict[int, KpiRow]
    values: dict[int, ValueRow]
    cells: dict[int, list[Cell]]
    paths: dict[int, str]
    names: dict[int, str]
    discount_rate: Decimal
    horizon_months: int
    organisation_version: int
    today: dt.date
    seen: dict[int, dict[str, object]] = field(default_factory=dict)


def load(*, ids: Iterable[int], now: dt.datetime) -> ClusterInputs:
    """The inputs of these initiatives (one cluster). Nine queries, whatever its size."""
    actor = Actor.system("returns")
    company = the_organisation()
    initiatives = return_inputs(actor=actor, ids=ids)
    kpi_ids = {link.kpi_id for row in initiatives.values() for link in row.links}
    kpis = {
        k.pk: KpiRow(
            k.pk,
            str(k.uid),
            k.key,
            k.name,
            k.kind,
            k.statistic,
            k.direction,
            k.grain,
            k.unit_label,
            k.data_version,
        )
        for k in Kpi.objects.visible_to(actor).filter(pk__in=kpi_ids).order_by("id")
    }
    values = _newest_values(actor, kpi_ids)
    begun = [row for row in initiatives.values() if row.stage not in NOT_BEGUN]
    measured = {link.kpi_id for row in begun for link in row.links}
    segments = {t.segment for row in begun for t in row.treatments} | {""}
    cells: dict[int, list[Cell]] = defaultdict(list)
    rows = (
        Observation.objects.visible_to(actor)
        .filter(kpi_id__in=measured, segment__in=segments)
        .order_by("kpi_id", "unit_id", "segment", "period")
        .values_list("kpi_id", "unit_id", "segment", "period", "value", "n", "se")
    )
    for kpi_id, *rest in rows.iterator(chunk_size=5000):
        cells[kpi_id].append(Cell(*rest))
    units = Unit.objects.visible_to(actor).values_list("id", "path", "name")
    known = list(units)
    zone = dt.UTC if now.tzinfo is None else now.tzinfo
    today = timezone.localdate(now) if now.tzinfo else now.replace(tzinfo=zone).date()
    return ClusterInputs(
        initiatives=initiatives,
        kpis=kpis,
        values=values,
        cells=dict(cells),
        paths={pk: path for pk, path, _name in known},
        names={pk: name for pk, _path, name in known},
        discount_rate=company.discount_rate,
        horizon_months=company.horizon_months,
        organisation_version=company.version,
        today=today,
        seen={pk: seen_of(row, kpis, company.version) for pk, row in initiatives.items()},
    )


def seen_of(row: ReturnInputs, kpis: dict[int, KpiRow], organisation_version: int) -> dict[str, object]:
    """The versions that a later comparison looks at: the initiative's, its KPIs' and the organisation's."""
    return {
        "initiative": row.input_version,
        "organisation": organisation_version,
        "kpis": {str(link.kpi_id): kpis[link.kpi_id].data_version for link in row.links},
    }


def _newest_values(actor: Actor, kpi_ids: set[int]) -> dict[int, ValueRow]:
    """{id of any version: the newest version} of the value models of these KPIs. One query."""
    rows = {v.pk: v for v in ValueModel.objects.visible_to(actor).filter(kpi_id__in=kpi_ids)}
    newer = {v.supersedes_id: v.pk for v in rows.values() if v.supersedes_id is not None}
    found = {}
    for pk in rows:
        last = pk
        while last in newer:
            last = newer[last]
        v = rows[last]
        found[pk] = ValueRow(
            v.pk, str(v.uid), v.kpi_id, v.name, v.stream, v.amount, v.amount_sd, v.currency, v.side, v.is_cash, v.basis,
            v.exposure, v.exposure_fixed, v.signed_at is not None, v.is_active, v.evidence,
        )  # fmt: skip
    return found


def measured_series(cells: list[Cell], paths: dict[int, str]) -> frozenset[Series]:
    """The series a panel is made of: the lowest units that have values, so that nobody is counted twice."""
    by_segment: dict[str, set[int]] = defaultdict(set)
    for cell in cells:
        by_segment[cell.segment].add(cell.unit_id)
    kept: set[Series] = set()
    for segment, units in by_segment.items():
        with_values = sorted(paths[pk] for pk in units if pk in paths)
        covered = {above for above, below in itertools.pairwise(with_values) if below.startswith(above)}
        kept |= {(pk, segment) for pk in units if pk in paths and paths[pk] not in covered}
    return frozenset(kept)


def treated_series(
    treatments: Iterable[TreatmentRow], series: frozenset[Series], paths: dict[int, str]
) -> dict[Series, TreatmentRow]:
    """{measured series: the treatment it gets}; a region stands for all below it, the earliest start wins."""
    found: dict[Series, TreatmentRow] = {}
    for treatment in sorted(treatments, key=lambda each: (each.starts_on, each.unit_id)):
        top = paths.get(treatment.unit_id)
        if top is None:
            continue
        for unit_id, segment in series:
            if segment == treatment.segment and paths[unit_id].startswith(top):
                found.setdefault((unit_id, segment), treatment)
    return found
