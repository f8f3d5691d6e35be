"""Bodies of the long jobs: from stored inputs to immutable snapshots. Running any of them twice leaves the same rows."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.core.actor import Actor
from apps.core.locks import lock_until_commit
from apps.engine.version import ENGINE_VERSION
from apps.initiatives.models import Initiative
from apps.notifications.services import outbox_add
from apps.returns import selectors, services, states
from apps.returns.loading import load
from apps.returns.models import RecomputeItem, RecomputeRun, ReturnState, RunState, Snapshot

log = logging.getLogger(__name__)
ACTOR = Actor.system("returns")
# Longer than a cluster takes; a worker that dies is followed by another after this.
LEASE = dt.timedelta(seconds=120)
ATTEMPTS = 5


class Fenced(Exception):
    """Another worker took this item over: what this one computed is not its business any more."""


def nudge(*, key: str, payload: dict[str, Any], now: dt.datetime) -> None:
    """Handler of `returns.nudge`: inputs of initiative `key` changed, so its cluster is computed again.

    Several edits in a row leave several nudges; the first computes, the others find all as it should be.
    """
    row = Initiative.objects.filter(pk=int(key)).first()
    if row is None:
        return
    standing = selectors.standings(actor=ACTOR, initiatives=[row])[row.pk]
    if not standing.is_stale:
        return
    mark_stale([row.pk], now)
    for group in selectors.clusters_now(actor=ACTOR):
        if row.pk in group:
            cluster_work(ids=group, now=now)


def mark_stale(ids: list[int], now: dt.datetime) -> None:
    """Say on the state rows that a computation is due."""
    for pk in ids:
        ReturnState.objects.get_or_create(initiative_id=pk, defaults={"stale_since": now})
    ReturnState.objects.filter(initiative_id__in=ids, is_stale=False).update(is_stale=True, stale_since=now)


def cluster_work(*, ids: tuple[int, ...] | list[int], now: dt.datetime) -> int:
    """Compute the returns of one cluster and store what is new; how many snapshots were new or newly current.

    Load in a fixed number of queries, compare digests, and only when one is unknown call the engine. A failure is kept
    on each member (and raised): the old snapshot stays, marked as stale.
    """
    inputs = load(ids=ids, now=now)
    if not inputs.initiatives:
        return 0
    try:
        return _work(inputs, now)
    except Exception as error:
        words = f"{type(error).__name__}: {error}"[:2000]
        with transaction.atomic():
            for pk in inputs.initiatives:
                state = states.state_of(pk, now)
                state.error, state.seen, state.checked_at = words, inputs.seen[pk], now
                state.is_stale = False
                state.save(update_fields=["error", "seen", "checked_at", "is_stale"])
        raise


def _work(inputs: Any, now: dt.datetime) -> int:
    from apps.returns.computing import compute, digest_for, plan_of

    plan = plan_of(inputs)
    digests = {pk: digest_for(plan, row) for pk, row in inputs.initiatives.items()}
    stored = {
        snapshot.initiative_id: snapshot
        for snapshot in Snapshot.objects.filter(
            engine_version=ENGINE_VERSION, initiative_id__in=digests, digest__in=digests.values()
        ).defer("result", "inputs")
        if snapshot.digest == digests[snapshot.initiative_id]
    }
    answers = [] if len(stored) == len(digests) else compute(plan)
    changed = 0
    with transaction.atomic():
        lock_until_commit(f"returns.cluster.{min(digests)}")  # two workers never write one cluster crosswise
        current = dict(
            ReturnState.objects.filter(initiative_id__in=digests).values_list("initiative_id", "current_id")
        )
        for pk, snapshot in stored.items():
            states.point(states.state_of(pk, now), snapshot, seen=inputs.seen[pk], now=now)
            changed += current.get(pk) != snapshot.pk
        for answer in answers:
            if answer.initiative_id in stored:
                continue
            services.snapshot_store(
                actor=ACTOR,
                now=now,
                computed=replace(answer, digest=digests[answer.initiative_id]),
                engine_version=ENGINE_VERSION,
                seen=inputs.seen[answer.initiative_id],
            )
            changed += 1
    return changed


def item_work(*, key: str, payload: dict[str, Any], now: dt.datetime) -> None:
    """Handler of `returns.item`: compute one piece of a run. Claimed by one conditional UPDATE, fenced by its attempt."""
    item = _claim(int(key), now)
    if item is None:
        return
    try:
        changed = cluster_work(ids=item.initiative_ids, now=now)
    except Exception as error:
        log.exception("returns of %s failed in attempt %s", item.initiative_ids, item.attempt)
        _finish(item, RunState.FAILED, error=f"{type(error).__name__}: {error}"[:2000])
    else:
        _finish(item, RunState.DONE, changed=changed)


def _claim(item_id: int, now: dt.datetime) -> RecomputeItem | None:
    free = Q(state=RunState.QUEUED) | Q(state=RunState.RUNNING, lease_until__lte=now)
    with transaction.atomic():
        taken = RecomputeItem.objects.filter(free, pk=item_id, run__is_cancel_requested=False).update(
            state=RunState.RUNNING, attempt=F("attempt") + 1, lease_until=now + LEASE
        )
        item = RecomputeItem.objects.filter(pk=item_id).first() if taken else None
        if item is None:
            return None
        RecomputeRun.objects.filter(pk=item.run_id, state=RunState.QUEUED).update(
            state=RunState.RUNNING, started_at=now
        )
    if item.attempt > ATTEMPTS:
        _finish(
            item, RunState.FAILED, error="The process working on this ended several times without finishing."
        )
        return None
    return item


@transaction.atomic
def _finish(item: RecomputeItem, state: str, *, changed: int = 0, error: str = "") -> None:
    now = timezone.now()
    run = RecomputeRun.objects.select_for_update(of=("self",)).get(pk=item.run_id)
    mine = RecomputeItem.objects.filter(pk=item.pk, attempt=item.attempt, state=RunState.RUNNING)
    if mine.update(state=state, changed=changed, error=error, finished_at=now, lease_until=None):
        states.close(run, now)


def sweep(*, now: dt.datetime) -> int:
    """Ask for what is stale (what a nudge missed, new data, a new engine), and end or repeat what a dead worker left.

    Returns how many initiatives were asked for. Runs each minute; an open run of its own scope is not doubled.
    """
    _rescue(now)
    stale = selectors.stale_ids(actor=ACTOR)
    if not stale:
        return 0
    services.recompute_request(actor=ACTOR, now=now, scope="stale", only=stale)
    return len(stale)


def _rescue(now: dt.datetime) -> None:
    """Items whose worker is gone, or whose message was lost, are dispatched again; cancelled ones are closed."""
    lost = Q(state=RunState.RUNNING, lease_until__lte=now) | Q(
        state=RunState.QUEUED, dispatched_at__lte=now - 2 * LEASE
    )
    for item in RecomputeItem.objects.filter(lost).select_related("run")[:500]:
        if item.run.is_cancel_requested:
            with transaction.atomic():
                run = RecomputeRun.objects.select_for_update(of=("self",)).get(pk=item.run_id)
                RecomputeItem.objects.filter(pk=item.pk, attempt=item.attempt).update(
                    state=RunState.CANCELLED, finished_at=now, lease_until=None
                )
                states.close(run, now)
            continue
        outbox_add(topic=services.ITEM_TOPIC, key=str(item.pk), now=now)
        RecomputeItem.objects.filter(pk=item.pk).update(dispatched_at=now)


def nightly(*, now: dt.datetime) -> None:
    """Compute all that has begun, whether it looks stale or not: whatever a version missed comes right by morning."""
    begun = [
        pk
        for pk, stage in Initiative.objects.visible_to(ACTOR).values_list("id", "stage")
        if stage not in selectors.NOT_BEGUN
    ]
    if begun:
        services.recompute_request(actor=ACTOR, now=now, scope="nightly", only=begun)
