from __future__ import annotations

from typing import TYPE_CHECKING, Self

from apps.core.actor import Role
from apps.core.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from apps.cases.models import Case, CaseEvent, CaseRule  # noqa: F401
    from apps.core.actor import Actor

SEERS = (Role.FRONTLINE, Role.TEAM_LEAD, Role.CX_MANAGER, Role.ANALYST, Role.EXECUTIVE)


class CaseRuleQuerySet(ScopedQuerySet["CaseRule"]):
    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(unit_id__in=actor.units(Role.TEAM_LEAD, Role.CX_MANAGER, Role.ANALYST))


class CaseQuerySet(ScopedQuerySet["Case"]):
    """Cases of one's own units and below."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(unit_id__in=actor.units(*SEERS))

    def open(self) -> Self:
        return self.exclude(state="closed")


class CaseEventQuerySet(ScopedQuerySet["CaseEvent"]):
    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(case__unit_id__in=actor.units(*SEERS))
