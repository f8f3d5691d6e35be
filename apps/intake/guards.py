"""What the verbs of imports ask before they write."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.models import Unit
from apps.core.actor import Actor, Role
from apps.core.errors import IllegalTransition, Invalid
from apps.intake.models import ImportJob, Kind
from apps.intake.transitions import moves_from

MONEY_KINDS = {Kind.INITIATIVES, Kind.COST_LINES}


def action_for(kind: str) -> str:
    """The policy action to import this kind: costs and initiatives take more than data of customers."""
    return "intake.import.money" if kind in MONEY_KINDS else "intake.import.run"


def moved(job: ImportJob, move: str) -> None:
    """Raise `IllegalTransition` unless the job's state allows the move."""
    allowed = moves_from(job.state)
    if move not in allowed:
        raise IllegalTransition(state=str(job.get_state_display()), move=move, allowed=sorted(allowed))


def home_unit(actor: Actor) -> Unit:
    """The unit for rows that name none: the highest the actor may import into."""
    units: Any = Unit.objects.visible_to(actor)
    if not actor.is_system:
        units = units.filter(pk__in=actor.units(Role.CX_MANAGER, Role.ANALYST))
    unit: Unit | None = units.order_by("depth", "path").first()
    if unit is None:
        raise Invalid(_("There is no unit to import into."))
    return unit
