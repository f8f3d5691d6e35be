"""Who gets what at the addresses of journeys: everybody of the business looks, CX managers build."""

from __future__ import annotations

from typing import Any

from apps.core.actor import Actor
from apps.journeys import services
from apps.journeys.models import Journey, Step, Touchpoint
from tests.cast import NOW


def _row(
    anonymous: int, frontline: int, team_lead: int, cx_manager: int, analyst: int, finance: int, executive: int,
    administrator: int, other_unit: int,
) -> dict[str, int]:  # fmt: skip
    return dict(locals())


LOOK = _row(302, 200, 200, 200, 200, 200, 200, 403, 200)
BUILD = _row(302, 403, 403, 200, 403, 403, 403, 403, 200)
API_LOOK = {**LOOK, "anonymous": 401}
# Journeys belong to the whole organisation, so that a CX manager of any unit builds them.
BUILDERS = {"cx_manager", "other_unit"}
FORMS = ("new", "edit", "step_add", "step_edit", "step_delete", "touchpoint_add", "touchpoint_edit")
ROOMS = ("journeys", "steps", "touchpoints")

ROWS: dict[str, dict[str, int]] = {
    "journeys:list": LOOK,
    "journeys:detail": LOOK,
    **{f"journeys:{name}": BUILD for name in FORMS},
}
POSTS: dict[str, set[str]] = {
    **{f"journeys:{name}": BUILDERS for name in FORMS if name != "step_delete"},
    "journeys:step_move": BUILDERS,
    # Who comes first in the walk deletes it; for the others it is gone.
    "journeys:step_delete": {"cx_manager"},
    "journeys:touchpoint_delete": {"cx_manager"},
}
API_ROWS: dict[str, dict[str, int]] = {
    f"api-{room}-{kind}": API_LOOK for room in ROOMS for kind in ("list", "detail")
}
API_WRITES: dict[str, set[str]] = {
    **{f"POST api-{room}-list": BUILDERS for room in ROOMS},
    **{f"PATCH api-{room}-detail": BUILDERS for room in ROOMS},
    "POST api-steps-move": BUILDERS,
    "DELETE api-steps-detail": {"cx_manager"},
    "DELETE api-touchpoints-detail": {"cx_manager"},
}


def _touchpoint() -> Touchpoint:
    found = Touchpoint.objects.select_related("step__journey").first()
    if found is None:
        given: dict[str, Any] = {"actor": Actor.system("matrix"), "now": NOW}
        journey = services.journey_create(name="Purchase", **given)
        step = services.step_add(journey=journey, name="Pay", **given)
        found = services.touchpoint_add(step=step, channel="web", **given)
    return found


def _journey(cast: Any) -> dict[str, Any]:
    return {"uid": Journey.objects.get(pk=_touchpoint().step.journey_id).uid}


def _step(cast: Any) -> dict[str, Any]:
    return {"uid": Step.objects.get(pk=_touchpoint().step_id).uid}


def _place(cast: Any) -> dict[str, Any]:
    return {"uid": _touchpoint().uid}


OBJECTS: dict[str, Any] = {
    **{f"journeys:{name}": _journey for name in ("detail", "edit", "step_add")},
    **{f"journeys:{name}": _step for name in ("step_edit", "step_move", "step_delete", "touchpoint_add")},
    **{f"journeys:{name}": _place for name in ("touchpoint_edit", "touchpoint_delete")},
    "api-journeys-detail": _journey,
    "api-steps-detail": _step,
    "api-steps-move": _step,
    "api-touchpoints-detail": _place,
}
