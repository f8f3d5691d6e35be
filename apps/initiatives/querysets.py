from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from apps.core.actor import Role
from apps.core.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from apps.core.actor import Actor
    from apps.initiatives.models import Initiative, InvestmentType  # noqa: F401

SEERS = (Role.CX_MANAGER, Role.ANALYST, Role.FINANCE, Role.EXECUTIVE)


class InvestmentTypeQuerySet(ScopedQuerySet["InvestmentType"]):
    def _visible_to(self, actor: Actor) -> Self:
        return self if actor.has_role(*SEERS) else self.none()


class InitiativeQuerySet(ScopedQuerySet["Initiative"]):
    """Initiatives of one's own units and below."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(unit_id__in=actor.units(*SEERS))


class PartQuerySet(ScopedQuerySet[Any]):
    """Treatments, costs, links, decisions, journal: as visible as their initiative."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(initiative__unit_id__in=actor.units(*SEERS))
