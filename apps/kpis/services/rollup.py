"""Verbs of the rollup: marks are left with the rows, and worked off by a job."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.kpis import recompute
from apps.kpis.models import Kpi, RollupDirty
from apps.kpis.rules import ORIGINS
from apps.kpis.types import Difference
from apps.notifications.models import Outbox
from apps.notifications.services import outbox_add

TOPIC = "kpis.rollup"
PAUSE = dt.timedelta(seconds=1)  # rows of one second become one nudge


@transaction.atomic
def rollup_mark(*, origin: str, keys: Iterable[tuple[int, dt.date]], now: dt.datetime | None = None) -> None:
    """Note that raw rows of these (unit id, day) keys were added, changed or taken away.

    Call it in the transaction that writes the rows. It never waits for others, and leaves one outbox nudge for all marks
    of the moment; the sweep each minute finds what a nudge missed. `origin`: feedback, interactions or purchases.
    """
    # not a verb: a job's inner step; what was written is recorded by its own verb
    if origin not in ORIGINS:
        raise ValueError(f"no rollup reads from {origin!r}")
    wanted = sorted(set(keys))
    if not wanted:
        return
    RollupDirty.objects.bulk_create(
        [RollupDirty(origin=origin, unit_id=unit_id, local_date=day) for unit_id, day in wanted],
        batch_size=5_000,
    )
    waiting = Outbox.objects.filter(
        topic=TOPIC, key="", done_at__isnull=True, parked_at__isnull=True, dispatched_at__isnull=True
    )
    if not waiting.exists():
        outbox_add(topic=TOPIC, now=now or timezone.now(), delay=PAUSE)


def rebuild_later(kpi: Kpi, now: dt.datetime) -> None:
    """Have a derived KPI computed from all its rows after this transaction."""
    outbox_add(topic=TOPIC, key=f"kpi-{kpi.pk}", payload={"kpi_id": kpi.pk}, now=now)


def rollup_work(*, now: dt.datetime, limit: int = 5_000) -> int:
    """Work off up to `limit` marks in one transaction; returns how many (0 = nothing left). Idempotent."""
    return recompute.dirty_work(limit=limit)


def rollup_handle(*, key: str, payload: dict[str, Any], now: dt.datetime) -> None:
    """Handler of the topic: one KPI from all its rows, or all marks that wait."""
    if "kpi_id" in payload:
        recompute.kpi_rebuild(int(payload["kpi_id"]))
        return
    while rollup_work(now=now):
        pass


def evidence_handle(*, key: str, payload: dict[str, Any], now: dt.datetime) -> None:
    """Handler of the customers' topic: interactions or purchases of these units and days were written."""
    keys = [(int(unit_id), dt.date.fromisoformat(day)) for unit_id, day in payload["keys"]]
    rollup_mark(origin=payload["origin"], keys=keys, now=now)


def rollup_rebuild(*, keys: Sequence[str] = ()) -> dict[str, int]:
    """Compute derived KPIs (of these keys, or all) from all raw rows: {key: observations changed}."""
    return {kpi.key: recompute.kpi_rebuild(kpi.pk) for kpi in recompute.kpis_derived(keys)}


def rollup_check(*, keys: Sequence[str] = ()) -> list[Difference]:
    """Where rollup and raw rows differ; empty = equal. Writes nothing."""
    return [found for kpi in recompute.kpis_derived(keys) for found in recompute.kpi_check(kpi)]
