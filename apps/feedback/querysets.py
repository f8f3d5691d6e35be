from __future__ import annotations

from typing import TYPE_CHECKING, Self

from apps.core.actor import Role
from apps.core.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from apps.core.actor import Actor
    from apps.feedback.models import Response, Source  # noqa: F401

SEERS = (Role.FRONTLINE, Role.TEAM_LEAD, Role.CX_MANAGER, Role.ANALYST, Role.EXECUTIVE)


class SourceQuerySet(ScopedQuerySet["Source"]):
    """Sources are part of the organisation's dictionary."""

    def _visible_to(self, actor: Actor) -> Self:
        return self


class ResponseQuerySet(ScopedQuerySet["Response"]):
    """Responses of one's own units and below."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(unit_id__in=actor.units(*SEERS))
