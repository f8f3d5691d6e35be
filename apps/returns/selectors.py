"""Composed reads: which initiatives belong together, where each return stands, and how far a run has come."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from apps.accounts.selectors import the_organisation
from apps.core.actor import Actor
from apps.engine.version import ENGINE_VERSION
from apps.initiatives.models import Initiative, KpiLink
from apps.returns.models import RecomputeItem, RecomputeRun, ReturnState, RunState, Snapshot
from apps.returns.rules import NOT_BEGUN, clusters

OPEN = (RunState.QUEUED, RunState.RUNNING)
# What lists need; the two JSON columns are large.
LIST_FIELDS = ("inputs", "result")


def clusters_now(*, actor: Actor) -> list[tuple[int, ...]]:
    """All initiatives in groups that have to be computed together. Two queries."""
    kpis_of: dict[int, list[int]] = {
        pk: [] for pk in Initiative.objects.visible_to(actor).order_by("id").values_list("id", flat=True)
    }
    for initiative_id, kpi_id in KpiLink.objects.visible_to(actor).values_list("initiative_id", "kpi_id"):
        kpis_of.setdefault(initiative_id, []).append(kpi_id)
    return clusters(kpis_of)


def open_run(*, actor: Actor, scope: str) -> RecomputeRun | None:
    """The run of this scope that is not over, if there is one."""
    return RecomputeRun.objects.visible_to(actor).filter(scope=scope, state__in=OPEN).first()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one return stands. `snapshot` is None before the first computation; stale by versions, so at once."""

    snapshot: Snapshot | None
    is_stale: bool
    error: str
    checked_at: dt.datetime | None


def versions_now(*, actor: Actor, initiatives: Iterable[Initiative]) -> dict[int, dict[str, object]]:
    """{initiative id: the versions its return depends on, as they are now}. Two queries."""
    rows = list(initiatives)
    kpis: dict[int, dict[str, int]] = defaultdict(dict)
    links = KpiLink.objects.visible_to(actor).filter(initiative__in=rows)
    for initiative_id, kpi_id, version in links.values_list("initiative_id", "kpi_id", "kpi__data_version"):
        kpis[initiative_id][str(kpi_id)] = version
    company = the_organisation().version
    return {
        row.pk: {"initiative": row.input_version, "organisation": company, "kpis": kpis[row.pk]}
        for row in rows
    }


def standings(*, actor: Actor, initiatives: Iterable[Initiative], full: bool = False) -> dict[int, Standing]:
    """{initiative id: where its return stands}. Three queries, however many; `full` reads the JSON columns too."""
    rows = list(initiatives)
    now = versions_now(actor=actor, initiatives=rows)
    states = ReturnState.objects.visible_to(actor).filter(initiative__in=rows).select_related("current")
    if not full:
        states = states.defer(*(f"current__{name}" for name in LIST_FIELDS))
    found = {state.initiative_id: state for state in states}
    return {row.pk: _standing(found.get(row.pk), now[row.pk]) for row in rows}


def _standing(state: ReturnState | None, now: dict[str, object]) -> Standing:
    if state is None:
        return Standing(None, True, "", None)
    old_engine = state.current is not None and state.current.engine_version != ENGINE_VERSION
    stale = state.is_stale or state.seen != now or old_engine
    return Standing(state.current, stale, state.error, state.checked_at)


def stale_ids(*, actor: Actor) -> list[int]:
    """Initiatives that have begun and whose return is stale (or was never computed), without those in an open run."""
    rows = list(Initiative.objects.visible_to(actor).exclude(stage__in=NOT_BEGUN).order_by("id"))
    found = standings(actor=actor, initiatives=rows)
    runs = RecomputeRun.objects.visible_to(actor).filter(state__in=OPEN, items__state__in=OPEN)
    busy = {pk for ids in runs.values_list("items__initiative_ids", flat=True) for pk in ids}
    return [row.pk for row in rows if found[row.pk].is_stale and row.pk not in busy]


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run has come, counted in initiatives."""

    run: RecomputeRun
    total: int
    done: int
    failed: int
    changed: int
    items: tuple[RecomputeItem, ...]


def run_progress(*, actor: Actor, run: RecomputeRun) -> RunProgress:
    """The counts of a run the actor may see, and its items. One query."""
    items = tuple(run.items.all())
    over = [item for item in items if item.state not in OPEN]
    return RunProgress(
        run=run,
        total=sum(len(item.initiative_ids) for item in items),
        done=sum(len(item.initiative_ids) for item in over),
        failed=sum(len(item.initiative_ids) for item in items if item.state == RunState.FAILED),
        changed=sum(item.changed for item in items),
        items=items,
    )
