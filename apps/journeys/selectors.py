"""Composed reads over journeys."""

from __future__ import annotations

from apps.core.actor import Actor
from apps.journeys.models import Journey, Touchpoint


def touchpoint_by_key(actor: Actor, key: str) -> Touchpoint | None:
    """The touchpoint of this key, with its step and journey; None where there is none. One query."""
    found = Touchpoint.objects.visible_to(actor).filter(key=key)
    return found.select_related("step__journey").first()


def touchpoints_by_key(actor: Actor) -> dict[str, int]:
    """{key: id} of all touchpoints, for files. One query."""
    return dict(Touchpoint.objects.visible_to(actor).order_by().values_list("key", "id"))


def journey_map(actor: Actor, journey: Journey) -> list[Touchpoint]:
    """All touchpoints of a journey in the order of its steps. One query."""
    found = (
        Touchpoint.objects.visible_to(actor)
        .filter(step__journey=journey)
        .select_related("step", "owner_unit")
    )
    return list(found.order_by("step__position", "channel"))
