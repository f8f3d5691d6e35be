from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, NotVisible
from apps.initiatives.models import Initiative, Treatment
from apps.initiatives.rules import changed_fields
from apps.initiatives.services._shared import known_fields, locked_initiative, snapshot_of, touch, valid

EDITABLE = frozenset({"unit", "segment", "starts_on", "ends_on", "assignment", "chosen_until"})


@transaction.atomic
def treatment_add(
    *,
    actor: Actor,
    now: dt.datetime,
    initiative: Initiative,
    unit: Unit,
    starts_on: dt.date,
    ends_on: dt.date | None = None,
    segment: str = "",
    assignment: str = "other",
    chosen_until: dt.date | None = None,
    version: int | None = None,
) -> Treatment:
    """Say that `unit` (or a segment of its customers) gets the initiative from `starts_on` until before `ends_on`.

    A region stands for all units below it. Makes the return stale. `Conflict` when this unit is there already.
    """
    parent = locked_initiative(actor=actor, pk=initiative.pk, version=version)
    policy.require(actor, "initiatives.initiative.edit", parent)
    row = Treatment(
        initiative=parent,
        unit=unit,
        segment=segment.strip(),
        starts_on=starts_on,
        ends_on=ends_on,
        assignment=assignment,
        chosen_until=chosen_until,
    )
    _check(actor, row)
    row.save(force_insert=True)
    touch(parent, now=now, inputs=True)
    audit.record(
        actor=actor,
        action="initiatives.treatment.added",
        obj=parent,
        now=now,
        changes={"unit": [None, unit], "starts_on": [None, starts_on], "ends_on": [None, ends_on]},
    )
    return row


@transaction.atomic
def treatment_edit(
    *, actor: Actor, now: dt.datetime, treatment: Treatment, version: int | None = None, **fields: Any
) -> Treatment:
    """Change any of EDITABLE of one treated unit; makes the return stale."""
    parent = locked_initiative(actor=actor, pk=treatment.initiative_id, version=version)
    policy.require(actor, "initiatives.initiative.edit", parent)
    known_fields(fields, EDITABLE)
    row = Treatment.objects.visible_to(actor).select_related("unit").locked().the(pk=treatment.pk)
    before = snapshot_of(row, tuple(fields))
    for name, value in fields.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    changes = changed_fields(before, snapshot_of(row, tuple(fields)))
    if not changes:
        return row
    _check(actor, row)
    row.save(update_fields=sorted(changes))
    touch(parent, now=now, inputs=True)
    audit.record(
        actor=actor,
        action="initiatives.treatment.edited",
        obj=parent,
        now=now,
        changes={"treatment": str(row), **audit.diff(before, changes)},
    )
    return row


@transaction.atomic
def treatment_remove(
    *, actor: Actor, now: dt.datetime, treatment: Treatment, version: int | None = None
) -> None:
    """Take a treated unit off again (it was entered by mistake); makes the return stale."""
    parent = locked_initiative(actor=actor, pk=treatment.initiative_id, version=version)
    policy.require(actor, "initiatives.initiative.edit", parent)
    row = Treatment.objects.visible_to(actor).select_related("unit").locked().the(pk=treatment.pk)
    before = {"unit": [row.unit, None], "starts_on": [row.starts_on, None], "ends_on": [row.ends_on, None]}
    row.delete()
    touch(parent, now=now, inputs=True)
    audit.record(actor=actor, action="initiatives.treatment.removed", obj=parent, now=now, changes=before)


def _check(actor: Actor, row: Treatment) -> None:
    if not Unit.objects.visible_to(actor).filter(pk=row.unit_id).exists():
        raise NotVisible
    valid(row)
    if row.ends_on is not None and row.ends_on <= row.starts_on:
        raise Invalid(fields={"ends_on": [_("The first day off comes after the start.")]})
    if row.chosen_until is not None and row.chosen_until > row.starts_on:
        raise Invalid(fields={"chosen_until": [_("The choice was made before the start.")]})
    twin = Treatment.objects.filter(
        initiative_id=row.initiative_id, unit_id=row.unit_id, segment=row.segment
    ).exclude(pk=row.pk)
    if twin.exists():
        raise Conflict(_("This unit is already listed: edit that row instead."), field="unit")
