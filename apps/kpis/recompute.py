"""The rollup: derived observations are computed again from raw rows for exactly the touched keys, never by deltas.

Late, edited and erased rows therefore stay right, and running it twice changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.core.locks import lock_until_commit
from apps.kpis.models import Kpi, Observation
from apps.kpis.periods import start_of
from apps.kpis.rollup_sql import cells, raw_keys
from apps.kpis.rules import Rule, parse
from apps.kpis.statistics import se_of, value_of
from apps.kpis.types import Difference

LOCK = "kpis.rollup"
SOURCE = "rollup"
CHUNK = 2_000
Key = tuple[int, dt.date]
ObservationKey = tuple[int, dt.date, str]
STORED = ("value", "n", "se", "total", "total_sq", "hits", "promoters", "detractors")


def rule_of(kpi: Kpi) -> Rule:
    """The checked rule of a derived KPI."""
    return parse(kpi.derived, kpi.statistic)


@transaction.atomic
def dirty_work(*, limit: int) -> int:
    """Claim up to `limit` marks, recompute what they touch, and return how many marks are gone.

    Marks and rows commit together: a crash loses neither. Writers add marks without ever waiting for this.
    """
    lock_until_commit(LOCK)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM kpis_rollupdirty WHERE id IN (SELECT id FROM kpis_rollupdirty ORDER BY id LIMIT %s "
            "FOR UPDATE SKIP LOCKED) RETURNING origin, unit_id, local_date",
            [limit],
        )
        claimed = cursor.fetchall()
    if claimed:
        for kpi in Kpi.objects.filter(is_active=True, derived__isnull=False).order_by("id"):
            rule = rule_of(kpi)
            keys = {
                (unit, start_of(kpi.grain, day)) for origin, unit, day in claimed if origin == rule.origin
            }
            for chunk in chunks(sorted(keys)):
                keys_recompute(kpi, rule, chunk)
    return len(claimed)


def keys_recompute(kpi: Kpi, rule: Rule, keys: Sequence[Key]) -> int:
    """Make the stored observations of these (unit id, period) keys what the raw rows say; how many changed."""
    wanted = _wanted(kpi, rule, keys)
    stored = {(row.unit_id, row.period, row.segment): row for row in _stored(kpi, keys)}
    gone = [row.pk for key, row in stored.items() if key not in wanted]
    writing = [
        Observation(kpi=kpi, unit_id=unit, period=period, segment=segment, source=SOURCE, **values)
        for (unit, period, segment), values in wanted.items()
        if (unit, period, segment) not in stored
        or any(getattr(stored[unit, period, segment], name) != value for name, value in values.items())
    ]
    if gone:
        Observation.objects.filter(pk__in=gone).delete()
    if writing:
        Observation.objects.bulk_create(
            writing,
            update_conflicts=True,
            unique_fields=["kpi", "unit", "segment", "period"],
            update_fields=[*STORED, "source", "updated_at"],
        )
    if gone or writing:
        Kpi.objects.filter(pk=kpi.pk).update(data_version=F("data_version") + 1, updated_at=timezone.now())
    return len(gone) + len(writing)


def _wanted(kpi: Kpi, rule: Rule, keys: Sequence[Key]) -> dict[ObservationKey, dict[str, Any]]:
    wanted = {}
    for cell in cells(rule, keys, kpi.grain):
        value = value_of(rule.statistic, cell.sums)
        if value is None:
            continue
        sums = {name: getattr(cell.sums, name) for name in STORED if name not in ("value", "se")}
        wanted[cell.unit_id, cell.period, cell.segment] = {
            "value": value, "se": se_of(rule.statistic, cell.sums), **sums,
        }  # fmt: skip
    return wanted


def _stored(kpi: Kpi, keys: Sequence[Key]) -> Iterator[Observation]:
    asked = set(keys)
    days = [period for _unit, period in keys]
    rows = Observation.objects.filter(
        kpi=kpi, unit_id__in={unit for unit, _period in keys}, period__gte=min(days), period__lte=max(days)
    )
    return (row for row in rows if (row.unit_id, row.period) in asked)


def chunks(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """The keys in portions that one statement bears."""
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]


def _all_keys(kpi: Kpi, rule: Rule) -> list[Key]:
    stored = set(Observation.objects.filter(kpi=kpi).values_list("unit_id", "period").distinct())
    return sorted(stored | set(raw_keys(rule.origin, kpi.grain)))


@transaction.atomic
def kpi_rebuild(kpi_id: int) -> int:
    """Compute one derived KPI anew from all raw rows; how many observations changed. A vanished KPI is nothing to do."""
    lock_until_commit(LOCK)
    kpi = Kpi.objects.filter(pk=kpi_id, derived__isnull=False, is_active=True).first()
    if kpi is None:
        return 0
    rule = rule_of(kpi)
    return sum(keys_recompute(kpi, rule, chunk) for chunk in chunks(_all_keys(kpi, rule)))


@transaction.atomic
def kpi_check(kpi: Kpi, *, limit: int = 100) -> list[Difference]:
    """Where the stored observations of a derived KPI differ from its raw rows (at most `limit`); writes nothing."""
    lock_until_commit(LOCK)
    rule, found = rule_of(kpi), []
    for chunk in chunks(_all_keys(kpi, rule)):
        wanted = _wanted(kpi, rule, chunk)
        stored = {(row.unit_id, row.period, row.segment): row for row in _stored(kpi, chunk)}
        for key in sorted(wanted.keys() | stored.keys()):
            row, values = stored.get(key), wanted.get(key)
            if row and values and all(getattr(row, name) == value for name, value in values.items()):
                continue
            found.append(
                Difference(kpi.key, *key, row.value if row else None, values["value"] if values else None)
            )
            if len(found) >= limit:
                return found
    return found


def kpis_derived(keys: Sequence[str] = ()) -> list[Kpi]:
    """The active derived KPIs (of these keys)."""
    only = Q(key__in=keys) if keys else Q()
    return list(Kpi.objects.filter(only, is_active=True, derived__isnull=False).order_by("id"))
