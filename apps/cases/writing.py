"""What the verbs of this room share: loading a case to change it, writing it, and its timeline. Used by services only."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from apps.audit import services as audit
from apps.cases.models import Case, CaseEvent
from apps.core.actor import Actor
from apps.engine import sla

DEFAULT_FIRST_CONTACT = dt.timedelta(hours=24)
DEFAULT_RESOLUTION = dt.timedelta(hours=120)


def locked(actor: Actor, case: Case) -> Case:
    """The row as it is now, locked until the transaction ends; `NotVisible` for whom it does not exist."""
    return Case.objects.visible_to(actor).locked().select_related("unit", "customer", "owner").the(pk=case.pk)


def change(row: Case, **values: Any) -> audit.Changes:
    """Set and save these fields with the next version; returns what differs, for the audit log."""
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    row.save(update_fields=[*values, "version", "updated_at"])
    return audit.diff(before, values)


def entry(row: Case, actor: Actor, kind: str, at: dt.datetime, text: str = "", **parts: Any) -> CaseEvent:
    """An unsaved entry of the case's timeline."""
    return CaseEvent(
        case=row,
        kind=kind,
        at=at,
        actor_id=actor.user_id,
        actor_label=actor.label[:200],
        text=text[:10_000],
        **parts,
    )


def hours(amount: Decimal) -> dt.timedelta:
    """A rule's target as a span."""
    return dt.timedelta(seconds=float(amount) * 3600)


def resolution_due(row: Case, start: dt.datetime) -> dt.datetime:
    """When a case that (re)starts at `start` is to be resolved, by its rule or by the usual target."""
    budget = hours(row.rule.resolution_hours) if row.rule else DEFAULT_RESOLUTION
    return sla.due_at(start, budget)
