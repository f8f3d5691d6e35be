"""Verbs over journeys, their steps and touchpoints."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, check_version
from apps.core.locks import lock_until_commit
from apps.journeys.models import Channel, Journey, Step, Touchpoint

EDIT = "journeys.journey.edit"
JOURNEY_FIELDS = ("key", "name", "summary", "owner", "is_active")
STEP_FIELDS = ("key", "name", "is_moment_of_truth", "owner_unit", "expected", "experienced")
TOUCHPOINT_FIELDS = ("key", "channel", "owner_unit", "is_active")


@transaction.atomic
def journey_create(*, actor: Actor, now: dt.datetime, name: str, key: str = "", **values: Any) -> Journey:
    """Add a journey; without `key` one is made of the name. `values`: summary, owner, is_active."""
    policy.require(actor, EDIT)
    lock_until_commit("journeys.keys")
    journey = Journey()
    taken = Journey.objects.values_list("key", flat=True)
    changes = _assign(
        journey, {"name": name, "key": key or _free_key(name, taken, 60), **values}, JOURNEY_FIELDS
    )
    _save(journey, _("A journey with this key exists already."))
    audit.record(actor=actor, action="journeys.journey.created", obj=journey, now=now, changes=changes)
    return journey


@transaction.atomic
def journey_edit(
    *, actor: Actor, now: dt.datetime, journey: Journey, version: int | None, **values: Any
) -> Journey:
    """Change fields of `JOURNEY_FIELDS`. Raises `Stale` when `version` is not the current one."""
    row: Journey = Journey.objects.visible_to(actor).locked().the(pk=journey.pk)
    policy.require(actor, EDIT)
    check_version(version, row.version)
    if changes := _assign(row, values, JOURNEY_FIELDS):
        row.version += 1
        _save(row, _("A journey with this key exists already."))
        audit.record(actor=actor, action="journeys.journey.edited", obj=row, now=now, changes=changes)
    return row


@transaction.atomic
def step_add(
    *, actor: Actor, now: dt.datetime, journey: Journey, name: str, key: str = "", **values: Any
) -> Step:
    """Add a step at the end of the journey; without `key` one is made of the name. `values`: see `STEP_FIELDS`."""
    row: Journey = Journey.objects.visible_to(actor).locked().the(pk=journey.pk)
    policy.require(actor, EDIT)
    last = row.steps.aggregate(last=Max("position"))["last"]
    step = Step(journey=row, position=1 if last is None else last + 1)
    taken = row.steps.values_list("key", flat=True)
    changes = _assign(step, {"name": name, "key": key or _free_key(name, taken, 60), **values}, STEP_FIELDS)
    _save(step, _("This journey has a step with this key already."))
    audit.record(
        actor=actor, action="journeys.step.added", obj=row, now=now, changes=_prefixed(step.name, changes)
    )
    return step


@transaction.atomic
def step_edit(*, actor: Actor, now: dt.datetime, step: Step, version: int | None, **values: Any) -> Step:
    """Change fields of `STEP_FIELDS`. Raises `Stale` when `version` is not the current one."""
    row: Step = Step.objects.visible_to(actor).select_related("journey").locked().the(pk=step.pk)
    policy.require(actor, EDIT)
    check_version(version, row.version)
    if changes := _assign(row, values, STEP_FIELDS):
        row.version += 1
        _save(row, _("This journey has a step with this key already."))
        audit.record(
            actor=actor, action="journeys.step.edited", obj=row.journey, now=now, changes=_prefixed(row.name, changes)
        )  # fmt: skip
    return row


@transaction.atomic
def step_move(*, actor: Actor, now: dt.datetime, step: Step, by: int) -> Step:
    """Move a step `by` places (−1 = one earlier, 1 = one later); moves beyond an end stop there. Positions stay 1..n."""
    row: Step = Step.objects.visible_to(actor).select_related("journey").the(pk=step.pk)
    policy.require(actor, EDIT)
    # The journey's row is the lock of its order: two people moving steps at once move one after the other.
    journey: Journey = Journey.objects.locked().the(pk=row.journey_id)
    order = list(journey.steps.order_by("position", "id"))
    at = next(place for place, other in enumerate(order) if other.pk == row.pk)
    to = max(0, min(len(order) - 1, at + by))
    order.insert(to, order.pop(at))
    for position, other in enumerate(order, start=1):
        other.position = position
    Step.objects.bulk_update(order, ["position"])
    if to != at:
        audit.record(
            actor=actor, action="journeys.step.moved", obj=journey, now=now, changes={row.name: [at + 1, to + 1]}
        )  # fmt: skip
    return order[to]


@transaction.atomic
def step_delete(*, actor: Actor, now: dt.datetime, step: Step) -> None:
    """Delete a step with its touchpoints, unless evidence is mapped to one of them: then a `Conflict`."""
    row: Step = Step.objects.visible_to(actor).select_related("journey").locked().the(pk=step.pk)
    policy.require(actor, EDIT)
    ids = list(row.touchpoints.values_list("pk", flat=True))
    if _is_referred(Touchpoint, ids) or _is_referred(Step, [row.pk], but=("Touchpoint",)):
        raise Conflict(_("Evidence is mapped to this step. Make its touchpoints inactive instead."))
    row.delete()
    audit.record(
        actor=actor, action="journeys.step.deleted", obj=row.journey, now=now, changes={"step": [row.name, None]}
    )  # fmt: skip


@transaction.atomic
def touchpoint_add(
    *, actor: Actor, now: dt.datetime, step: Step, channel: str, key: str = "", **values: Any
) -> Touchpoint:
    """Add a channel in which the step can be done; without `key` one is made of journey, step and channel."""
    row: Step = Step.objects.visible_to(actor).select_related("journey").locked().the(pk=step.pk)
    policy.require(actor, EDIT)
    lock_until_commit("journeys.keys")
    if channel in Channel.values and row.touchpoints.filter(channel=channel).exists():
        raise Conflict(_("This step has this channel already."))
    wish = f"{row.journey.key}-{row.key}-{channel}"
    taken = Touchpoint.objects.filter(key__startswith=slugify(wish)[:100]).values_list("key", flat=True)
    touchpoint = Touchpoint(step=row)
    given = {"channel": channel, "key": key or _free_key(wish, taken, 120), **values}
    changes = _assign(touchpoint, given, TOUCHPOINT_FIELDS)
    _save(touchpoint, _("A touchpoint with this key exists already."))
    audit.record(
        actor=actor, action="journeys.touchpoint.added", obj=row.journey, now=now, changes=_prefixed(touchpoint, changes)
    )  # fmt: skip
    return touchpoint


@transaction.atomic
def touchpoint_edit(
    *, actor: Actor, now: dt.datetime, touchpoint: Touchpoint, version: int | None, **values: Any
) -> Touchpoint:
    """Change fields of `TOUCHPOINT_FIELDS`. Raises `Stale` when `version` is not the current one."""
    found = Touchpoint.objects.visible_to(actor).select_related("step__journey")
    row: Touchpoint = found.locked().the(pk=touchpoint.pk)
    policy.require(actor, EDIT)
    check_version(version, row.version)
    if changes := _assign(row, values, TOUCHPOINT_FIELDS):
        row.version += 1
        _save(row, _("This channel or key is taken already."))
        audit.record(
            actor=actor, action="journeys.touchpoint.edited", obj=row.step.journey, now=now,
            changes=_prefixed(row, changes),
        )  # fmt: skip
    return row


@transaction.atomic
def touchpoint_delete(*, actor: Actor, now: dt.datetime, touchpoint: Touchpoint) -> None:
    """Delete a touchpoint to which no evidence is mapped, else a `Conflict`: make it inactive instead."""
    found = Touchpoint.objects.visible_to(actor).select_related("step__journey")
    row: Touchpoint = found.locked().the(pk=touchpoint.pk)
    policy.require(actor, EDIT)
    if _is_referred(Touchpoint, [row.pk]):
        raise Conflict(_("Evidence is mapped to this touchpoint. Make it inactive instead."))
    audit.record(
        actor=actor, action="journeys.touchpoint.deleted", obj=row.step.journey, now=now,
        changes={"touchpoint": [str(row), None]},
    )  # fmt: skip
    row.delete()


def _assign(row: Any, values: dict[str, Any], allowed: tuple[str, ...]) -> audit.Changes:
    unknown = set(values) - set(allowed)
    if unknown:
        raise Invalid(fields={name: [_("This cannot be changed here.")] for name in sorted(unknown)})
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    try:
        row.clean_fields(exclude=[field.name for field in row._meta.fields if field.name not in values])
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from None
    return audit.diff(before, {name: getattr(row, name) for name in values})


def _save(row: Any, clash: str) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict(clash) from None


def _free_key(name: str, taken: Any, limit: int) -> str:
    """A key made of `name` that is not in `taken`: "pay", "pay-2", …"""
    stem = slugify(name)[: limit - 5].strip("-") or "item"
    used = set(taken)
    number, key = 1, stem
    while key in used:
        number += 1
        key = f"{stem}-{number}"
    return key


def _prefixed(of: Any, changes: audit.Changes) -> audit.Changes:
    """Changes of a part as changes of its journey: "Pay: name"."""
    return {f"{of}: {name}": pair for name, pair in changes.items()}


def _is_referred(model: Any, ids: list[int], but: tuple[str, ...] = ()) -> bool:
    """Does any row of any app refer to one of these? Asks the registry, so that rooms above need no import."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and relation.one_to_many and relation.related_model.__name__ not in but:
            rows = relation.related_model._base_manager.filter(**{f"{relation.field.attname}__in": ids})
            if rows.exists():
                return True
    return False
