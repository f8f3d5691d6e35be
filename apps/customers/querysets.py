from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from apps.core.actor import Role
from apps.core.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from apps.core.actor import Actor
    from apps.customers.models import Customer  # noqa: F401

SEERS = (Role.FRONTLINE, Role.TEAM_LEAD, Role.CX_MANAGER, Role.ANALYST)


class CustomerQuerySet(ScopedQuerySet["Customer"]):
    """Customers of one's own units and below."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(unit_id__in=actor.units(*SEERS))

    def canonical(self) -> Self:
        """Without those that were merged into another."""
        return self.filter(merged_into__isnull=True)


class CustomerPartQuerySet(ScopedQuerySet[Any]):
    """Identities, key dates and consents: as visible as their customer."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(customer__unit_id__in=actor.units(*SEERS))


class EvidenceQuerySet(ScopedQuerySet[Any]):
    """Interactions and purchases of one's own units and below."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(unit_id__in=actor.units(*SEERS))
