"""The small row changes that verbs and job bodies share: where a return stands, and when a run is over."""

from __future__ import annotations

import datetime as dt

from apps.returns.models import RecomputeItem, RecomputeRun, ReturnState, RunState, Snapshot

OPEN = (RunState.QUEUED, RunState.RUNNING)


def state_of(initiative_id: int, now: dt.datetime) -> ReturnState:
    """The locked state row of an initiative; made when there is none."""
    ReturnState.objects.get_or_create(initiative_id=initiative_id, defaults={"stale_since": now})
    return ReturnState.objects.select_for_update(of=("self",)).get(initiative_id=initiative_id)


def point(state: ReturnState, snapshot: Snapshot, *, seen: dict[str, object], now: dt.datetime) -> None:
    """Make `snapshot` the current one, computed from these versions."""
    state.current = snapshot
    state.seen = seen
    state.is_stale, state.stale_since, state.error = False, None, ""
    state.checked_at = now
    state.save(update_fields=["current", "seen", "is_stale", "stale_since", "error", "checked_at"])


def close(run: RecomputeRun, now: dt.datetime) -> None:
    """End the (locked) run when none of its items is open any more."""
    states = list(RecomputeItem.objects.filter(run=run).values_list("state", flat=True))
    if any(state in OPEN for state in states):
        return
    if run.is_cancel_requested and RunState.CANCELLED in states:
        run.state = RunState.CANCELLED
    else:
        run.state = RunState.FAILED if RunState.FAILED in states else RunState.DONE
    run.finished_at = now
    run.save(update_fields=["state", "finished_at"])
