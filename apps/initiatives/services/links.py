from __future__ import annotations

import datetime as dt
import math
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid
from apps.initiatives.models import Initiative, KpiLink
from apps.initiatives.rules import changed_fields
from apps.initiatives.services._shared import known_fields, locked_initiative, snapshot_of, touch, valid
from apps.kpis.models import Kpi, ValueModel

EDITABLE = frozenset({"value_model", "expected_effect", "expected_sd", "lag_periods"})


@transaction.atomic
def link_add(
    *,
    actor: Actor,
    now: dt.datetime,
    initiative: Initiative,
    kpi: Kpi,
    value_model: ValueModel | None = None,
    expected_effect: float | None = None,
    expected_sd: float | None = None,
    lag_periods: int = 0,
    version: int | None = None,
) -> KpiLink:
    """Say that the initiative should move `kpi`, by how much (KPI units per unit and period), after how many periods.

    With a value model the KPI pays, without one it only explains. Makes the return stale.
    """
    parent = locked_initiative(actor=actor, pk=initiative.pk, version=version)
    policy.require(actor, "initiatives.initiative.edit", parent)
    row = KpiLink(
        initiative=parent,
        kpi=kpi,
        value_model=value_model,
        expected_effect=expected_effect,
        expected_sd=expected_sd,
        lag_periods=lag_periods,
    )
    _check(row)
    if KpiLink.objects.filter(initiative=parent, kpi=kpi).exists():
        raise Conflict(_("This KPI is linked already: edit that link instead."), field="kpi")
    row.save(force_insert=True)
    touch(parent, now=now, inputs=True)
    audit.record(
        actor=actor,
        action="initiatives.link.added",
        obj=parent,
        now=now,
        changes={
            "kpi": [None, kpi],
            "value_model": [None, value_model],
            "expected_effect": [None, expected_effect],
            "lag_periods": [None, lag_periods],
        },
    )
    return row


@transaction.atomic
def link_edit(
    *, actor: Actor, now: dt.datetime, link: KpiLink, version: int | None = None, **fields: Any
) -> KpiLink:
    """Change expectation, lag or value model of a link; makes the return stale."""
    parent = locked_initiative(actor=actor, pk=link.initiative_id, version=version)
    policy.require(actor, "initiatives.initiative.edit", parent)
    known_fields(fields, EDITABLE)
    row = KpiLink.objects.visible_to(actor).select_related("kpi").locked().the(pk=link.pk)
    before = snapshot_of(row, tuple(fields))
    for name, value in fields.items():
        setattr(row, name, value)
    changes = changed_fields(before, snapshot_of(row, tuple(fields)))
    if not changes:
        return row
    _check(row)
    row.save(update_fields=sorted(changes))
    touch(parent, now=now, inputs=True)
    audit.record(
        actor=actor,
        action="initiatives.link.edited",
        obj=parent,
        now=now,
        changes={"kpi": str(row.kpi), **audit.diff(before, changes)},
    )
    return row


@transaction.atomic
def link_remove(*, actor: Actor, now: dt.datetime, link: KpiLink, version: int | None = None) -> None:
    """Take a KPI off the initiative; makes the return stale."""
    parent = locked_initiative(actor=actor, pk=link.initiative_id, version=version)
    policy.require(actor, "initiatives.initiative.edit", parent)
    row = KpiLink.objects.visible_to(actor).select_related("kpi").locked().the(pk=link.pk)
    before = {"kpi": [row.kpi, None], "expected_effect": [row.expected_effect, None]}
    row.delete()
    touch(parent, now=now, inputs=True)
    audit.record(actor=actor, action="initiatives.link.removed", obj=parent, now=now, changes=before)


def _check(row: KpiLink) -> None:
    valid(row)
    for name in ("expected_effect", "expected_sd"):
        value = getattr(row, name)
        if value is not None and not math.isfinite(value):
            raise Invalid(fields={name: [_("A finite number is needed.")]})
    if row.expected_sd is not None and row.expected_sd <= 0:
        raise Invalid(fields={"expected_sd": [_("An uncertainty is above zero.")]})
    if row.expected_sd is not None and row.expected_effect is None:
        raise Invalid(fields={"expected_effect": [_("An uncertainty needs the expected effect too.")]})
    if row.value_model is not None and row.value_model.kpi_id != row.kpi_id:
        raise Invalid(fields={"value_model": [_("This value model is of another KPI.")]})
