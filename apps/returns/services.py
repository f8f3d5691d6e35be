"""The verbs of the room: ask for a computation, call it off, keep its result."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction

from apps.accounts import policy
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Conflict
from apps.core.locks import lock_until_commit
from apps.initiatives.models import Initiative
from apps.notifications.services import outbox_add
from apps.returns import states
from apps.returns.models import RecomputeItem, RecomputeRun, RunState, Snapshot
from apps.returns.selectors import OPEN, clusters_now, open_run
from apps.returns.words import OF_ONE

if TYPE_CHECKING:
    from apps.returns.computing import Computed

ITEM_TOPIC = "returns.item"


@transaction.atomic
def recompute_request(
    *,
    actor: Actor,
    now: dt.datetime,
    initiative: Initiative | None = None,
    scope: str = "",
    only: Iterable[int] | None = None,
) -> RecomputeRun:
    """Ask for the return of one initiative (with those it can only be computed with), or of all; work begins after commit.

    The same question asked again while it is being worked on is answered by the run that is under way. `only` narrows a
    run to these initiatives' clusters (the sweep).
    """
    policy.require(actor, "returns.return.recompute", initiative)
    if initiative is not None:
        initiative = Initiative.objects.visible_to(actor).the(pk=initiative.pk)
    named = scope or (f"{OF_ONE}{initiative.key}" if initiative else "all")
    lock_until_commit(f"returns.request.{named}")
    under_way = open_run(actor=actor, scope=named)
    if under_way is not None:
        return under_way
    wanted = {initiative.pk} if initiative else set(only) if only is not None else None
    groups = [
        group
        for group in clusters_now(actor=Actor.system("returns"))
        if wanted is None or wanted & set(group)
    ]
    run = RecomputeRun.objects.create(
        scope=named,
        requested_by_id=actor.user_id,
        requested_by_label=actor.label[:200],
        requested_at=now,
        state=RunState.QUEUED if groups else RunState.DONE,
        finished_at=None if groups else now,
    )
    items = RecomputeItem.objects.bulk_create(
        [
            RecomputeItem(run=run, position=position, initiative_ids=list(group), dispatched_at=now)
            for position, group in enumerate(groups)
        ]
    )
    for item in items:
        outbox_add(topic=ITEM_TOPIC, key=str(item.pk), now=now)
    audit.record(
        actor=actor,
        action="returns.run.requested",
        obj=run,
        now=now,
        label=named,
        changes={"clusters": len(items), "initiatives": sum(len(group) for group in groups)},
    )
    return run


@transaction.atomic
def recompute_now(*, actor: Actor, now: dt.datetime, initiative: Initiative | None = None) -> RecomputeRun:
    """As `recompute_request`, but computed here and now, before this returns (demo, commands with `--wait`)."""
    from apps.returns.recompute import item_work

    policy.require(actor, "returns.return.recompute", initiative)
    run = recompute_request(actor=actor, now=now, initiative=initiative)
    for pk in RecomputeItem.objects.filter(run=run).order_by("position").values_list("id", flat=True):
        item_work(key=str(pk), payload={}, now=now)
    run.refresh_from_db()
    audit.record(
        actor=actor,
        action="returns.run.worked_off",
        obj=run,
        now=now,
        label=run.scope,
        changes={"state": run.state},
    )
    return run


@transaction.atomic
def recompute_cancel(*, actor: Actor, now: dt.datetime, run: RecomputeRun) -> RecomputeRun:
    """Call a run off: what has not begun is not begun; what is being computed ends and is kept. `Conflict` when over."""
    policy.require(actor, "returns.return.recompute")
    row = RecomputeRun.objects.visible_to(actor).locked().the(pk=run.pk)
    if row.state not in OPEN:
        raise Conflict(str(row.get_state_display()))
    row.is_cancel_requested = True
    row.save(update_fields=["is_cancel_requested"])
    RecomputeItem.objects.filter(run=row, state=RunState.QUEUED).update(
        state=RunState.CANCELLED, finished_at=now
    )
    states.close(row, now)
    audit.record(actor=actor, action="returns.run.cancelled", obj=row, now=now, label=row.scope)
    return row


@transaction.atomic
def snapshot_store(
    *, actor: Actor, now: dt.datetime, computed: Computed, engine_version: str, seen: dict[str, object]
) -> tuple[Snapshot, bool]:
    """Keep a result and point to it; the same inputs and engine give the row that is there already. (row, is it new)."""
    policy.require(actor, "returns.return.recompute")
    initiative = Initiative.objects.visible_to(actor).the(pk=computed.initiative_id)
    state = states.state_of(initiative.pk, now)
    row, is_new = Snapshot.objects.get_or_create(
        initiative=initiative,
        engine_version=engine_version,
        digest=computed.digest,
        defaults={
            "computed_at": now,
            "as_of": computed.as_of,
            "currency": computed.currency,
            "inputs": computed.inputs,
            "result": computed.result,
            **computed.columns,
        },
    )
    before = state.current_id
    states.point(state, row, seen=seen, now=now)
    if is_new or before != row.pk:
        audit.record(
            actor=actor,
            action="returns.snapshot.stored",
            obj=initiative,
            now=now,
            changes={
                "verdict": [None, row.verdict],
                "grade": [None, row.grade],
                "invested": [None, row.invested],
                "returned": [None, row.returned_mid],
            },
        )
    return row, is_new
