"""Reads of KPIs: series over units and segments, and the latest value of each metric."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.figures import Figure, Kind, Trend
from apps.kpis.models import Kpi, Observation, Statistic
from apps.kpis.periods import after, label
from apps.kpis.querysets import READERS
from apps.kpis.statistics import Combined, Pool, combine
from apps.kpis.types import Latest, Series, SeriesPoint

MAX_PERIODS = 130
POOL = {
    "rows": Count("pk"),
    "value": Sum("value"),
    "n": Sum("n"),
    "n_rows": Count("n"),
    "total": Sum("total"),
    "total_rows": Count("total"),
    "total_sq": Sum("total_sq"),
    "total_sq_rows": Count("total_sq"),
    "hits": Sum("hits"),
    "hits_rows": Count("hits"),
    "promoters": Sum("promoters"),
    "detractors": Sum("detractors"),
    "nps_rows": Count("pk", filter=Q(promoters__isnull=False, detractors__isnull=False)),
    "value_n": Sum(F("value") * F("n")),
    "se_n_sq": Sum(F("n") * F("se") * F("n") * F("se")),
    "se_sq": Sum(F("se") * F("se")),
    "se_rows": Count("se"),
}


def _pool(found: Mapping[str, Any]) -> Pool:
    return Pool(**{name.removeprefix("p_"): found[name] or 0 for name in found if name.startswith("p_")})


def _added(pools: Iterable[Pool]) -> Pool:
    """Pools of different periods as one."""
    parts = list(pools)
    names = Pool.__slots__
    return Pool(**{name: sum(getattr(part, name) for part in parts) for name in names})


def series(
    actor: Actor,
    kpi: Kpi,
    *,
    unit_ids: Iterable[int] | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> list[Series]:
    """All segments of a KPI over these units (None: all the actor sees), pooled by period; "" (all) first. One query.

    At most the newest `MAX_PERIODS` periods. `whole` is the value over all shown periods together: exact from sums.
    """
    rows = Observation.objects.visible_to(actor).filter(kpi=kpi)
    if unit_ids is not None:
        rows = rows.filter(unit_id__in=list(unit_ids))
    if since is not None:
        rows = rows.filter(period__gte=since)
    if until is not None:
        rows = rows.filter(period__lte=until)
    grouped = rows.values("segment", "period").annotate(**{f"p_{name}": how for name, how in POOL.items()})
    found = list(grouped.order_by("segment", "period"))
    periods = sorted({row["period"] for row in found})[-MAX_PERIODS:]
    start = periods[0] if periods else None
    by_segment: dict[str, dict[dt.date, Pool]] = {}
    for row in found:
        if start is not None and row["period"] >= start:
            by_segment.setdefault(row["segment"], {})[row["period"]] = _pool(row)
    made = []
    for segment, pools in sorted(by_segment.items()):
        points = [(period, combine(kpi.statistic, pool)) for period, pool in pools.items()]
        whole = combine(kpi.statistic, _added(pools.values()))
        told = tuple(SeriesPoint(period, result) for period, result in points if result is not None)
        made.append(Series(segment, told, whole))
    return made


def monthly(
    actor: Actor, kpis: Sequence[Kpi], *, unit_ids: Iterable[int] | None = None, months: int = 36
) -> dict[int, dict[dt.date, Combined]]:
    """{KPI id: {first of month: its value}} on one time axis, whatever each KPI's own period. One query.

    A week counts to the month of its Monday. Sums and counts are added up, the others pooled from their sums.
    """
    rows = Observation.objects.visible_to(actor).filter(kpi__in=kpis, segment="")
    if unit_ids is not None:
        rows = rows.filter(unit_id__in=list(unit_ids))
    grouped = rows.annotate(month=TruncMonth("period")).values("kpi_id", "month")
    found = list(
        grouped.annotate(**{f"p_{name}": how for name, how in POOL.items()}).order_by("kpi_id", "month")
    )
    shown = set(sorted({row["month"] for row in found})[-months:])
    by_id = {kpi.pk: kpi for kpi in kpis}
    made: dict[int, dict[dt.date, Combined]] = {kpi.pk: {} for kpi in kpis}
    for row in found:
        result = combine(by_id[row["kpi_id"]].statistic, _pool(row))
        if row["month"] in shown and result is not None:
            made[row["kpi_id"]][row["month"]] = result
    return made


_SUMS = """count(*), sum(o.value), sum(o.n), count(o.n), sum(o.total), count(o.total), sum(o.total_sq), count(o.total_sq),
sum(o.hits), count(o.hits), sum(o.promoters), sum(o.detractors),
count(*) FILTER (WHERE o.promoters IS NOT NULL AND o.detractors IS NOT NULL),
sum(o.value * o.n), sum((o.n * o.se) * (o.n * o.se)), sum(o.se * o.se), count(o.se)"""
_LATEST = f"""
SELECT k.id, p.period, {_SUMS}
FROM unnest(%s::bigint[]) AS k(id)
CROSS JOIN LATERAL (
  SELECT DISTINCT period FROM kpis_observation
  WHERE kpi_id = k.id AND segment = '' AND (%s::bigint[] IS NULL OR unit_id = ANY(%s::bigint[]))
  ORDER BY period DESC LIMIT 3
) AS p
JOIN kpis_observation o ON o.kpi_id = k.id AND o.segment = '' AND o.period = p.period
  AND (%s::bigint[] IS NULL OR o.unit_id = ANY(%s::bigint[]))
GROUP BY k.id, p.period ORDER BY k.id, p.period DESC
"""  # noqa: S608 - constants of this module


def latest(actor: Actor, kpis: Sequence[Kpi], *, today: dt.date) -> dict[int, Latest]:
    """{KPI id: its latest complete period and the one before}, over the units the actor sees. One query.

    A KPI whose only period is still running is told by that one.
    """
    units = None if actor.is_system else sorted(actor.units(*READERS))
    if not kpis or units == []:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [[kpi.pk for kpi in kpis], units, units, units, units])
        rows = cursor.fetchall()
    by_kpi: dict[int, list[tuple[dt.date, Pool]]] = {}
    for row in rows:
        by_kpi.setdefault(row[0], []).append((row[1], Pool(*(value or 0 for value in row[2:]))))
    found = {}
    for kpi in kpis:
        periods = by_kpi.get(kpi.pk, [])
        complete = [item for item in periods if after(kpi.grain, item[0]) <= today] or periods
        if not complete:
            continue
        result = combine(kpi.statistic, complete[0][1])
        before = combine(kpi.statistic, complete[1][1]) if len(complete) > 1 else None
        if result is not None:
            earlier = complete[1][0] if before is not None else None
            found[kpi.pk] = Latest(complete[0][0], result, before, earlier)
    return found


def kind_of(kpi: Kpi) -> tuple[Kind, str, float]:
    """How a value of this KPI is written: the figure's kind, its unit, and what the value is divided by."""
    if kpi.statistic == Statistic.SHARE:
        return "percent", "", 100.0
    if len(kpi.unit_label) == 3 and kpi.unit_label.isascii() and kpi.unit_label.isupper():
        return "money", kpi.unit_label, 1.0
    if kpi.statistic == Statistic.NPS:
        return "points", kpi.unit_label, 1.0
    return "number", kpi.unit_label, 1.0


def figure(kpi: Kpi, result: Combined | None, *, name: str = "", **more: Any) -> Figure:
    """A value of a KPI with its interval, as every page draws it; the honest state where there is none."""
    kind, unit, factor = kind_of(kpi)
    if result is None:
        return Figure(label=name or kpi.name, kind=kind, unit=unit, state="no_data", **more)
    low, high = result.low, result.high
    return Figure(
        label=name or kpi.name,
        value=result.value / factor,
        kind=kind,
        unit=unit,
        low=None if low is None else low / factor,
        high=None if high is None else high / factor,
        **more,
    )


def trend_of(kpi: Kpi, found: Latest) -> Trend | None:
    """The change against the period before; None without one."""
    if found.before is None or found.before_period is None:
        return None
    kind, unit, factor = kind_of(kpi)
    if kpi.statistic == Statistic.SHARE:
        kind, unit, factor = "points", _("pp"), 1.0  # a change of a share is in percentage points
    good: Any = {"up": "up", "down": "down"}.get(kpi.direction, "")
    change = (found.result.value - found.before.value) / factor
    against = label(kpi.grain, found.before_period)
    return Trend(change=change, against=against, good=good, kind=kind, unit=unit)
