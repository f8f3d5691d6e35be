from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Exists, OuterRef

from apps.core.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from apps.core.actor import Actor
    from apps.journeys.models import Journey, Step, Touchpoint  # noqa: F401


class JourneyQuerySet(ScopedQuerySet["Journey"]):
    """Journeys belong to the whole organisation: everybody who is signed in sees them."""

    def _visible_to(self, actor: Actor) -> Self:
        return self

    def with_channel(self, channel: str) -> Self:
        """Journeys of which a step can be done in this channel."""
        steps = self.model.steps.rel.related_model.objects  # type: ignore[attr-defined]
        return self.filter(Exists(steps.filter(journey_id=OuterRef("pk"), touchpoints__channel=channel)))


class StepQuerySet(ScopedQuerySet["Step"]):
    def _visible_to(self, actor: Actor) -> Self:
        return self


class TouchpointQuerySet(ScopedQuerySet["Touchpoint"]):
    def _visible_to(self, actor: Actor) -> Self:
        return self
