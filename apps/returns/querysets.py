from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from apps.core.actor import Role
from apps.core.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from apps.core.actor import Actor
    from apps.returns.models import RecomputeRun  # noqa: F401

SEERS = (Role.CX_MANAGER, Role.ANALYST, Role.FINANCE, Role.EXECUTIVE)


class ReturnQuerySet(ScopedQuerySet[Any]):
    """Snapshots and states: as visible as the initiative they speak of."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(initiative__unit_id__in=actor.units(*SEERS))


class RunQuerySet(ScopedQuerySet["RecomputeRun"]):
    def _visible_to(self, actor: Actor) -> Self:
        return self if actor.has_role(*SEERS) else self.none()
