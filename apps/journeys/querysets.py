from __future__ import annotations

from typing import TYPE_CHECKING, Self

from apps.core.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from apps.core.actor import Actor
    from apps.journeys.models import Journey, Step, Touchpoint  # noqa: F401


class JourneyQuerySet(ScopedQuerySet["Journey"]):
    """Journeys belong to the whole organisation: everybody who is signed in sees them."""

    def _visible_to(self, actor: Actor) -> Self:
        return self


class StepQuerySet(ScopedQuerySet["Step"]):
    def _visible_to(self, actor: Actor) -> Self:
        return self


class TouchpointQuerySet(ScopedQuerySet["Touchpoint"]):
    def _visible_to(self, actor: Actor) -> Self:
        return self
