"""Who gets what at the addresses of feedback."""

from __future__ import annotations

from typing import Any

from apps.feedback.models import Response, Source
from tests.feedback.factories import make_response, make_source


def _row(
    anonymous: int, frontline: int, team_lead: int, cx_manager: int, analyst: int, finance: int, executive: int,
    administrator: int, other_unit: int,
) -> dict[str, int]:  # fmt: skip
    return dict(locals())


LOOK = _row(302, 200, 200, 200, 200, 403, 200, 403, 200)
ONE = {**LOOK, "other_unit": 404}
NEW = _row(302, 403, 403, 200, 200, 403, 403, 403, 200)
EDIT = {**NEW, "other_unit": 403}  # sources are known to all, and edited where they belong

ROWS: dict[str, dict[str, int]] = {
    "feedback:list": LOOK,
    "feedback:detail": ONE,
    "feedback:sources": LOOK,
    "feedback:source_new": NEW,
    "feedback:source_edit": EDIT,
}
POSTS: dict[str, set[str]] = {
    "feedback:source_new": {"cx_manager", "analyst", "other_unit"},
    "feedback:source_edit": {"cx_manager", "analyst"},
}
API_ROWS: dict[str, dict[str, int]] = {
    "api-responses-list": {**LOOK, "anonymous": 401},
    "api-responses-detail": {**ONE, "anonymous": 401},
    "api-sources-list": {**LOOK, "anonymous": 401},
    "api-sources-detail": {**LOOK, "anonymous": 401},
}
API_WRITES: dict[str, set[str]] = {
    "POST api-sources-list": {"cx_manager", "analyst", "other_unit"},
    "PATCH api-sources-detail": {"cx_manager", "analyst"},
}


def _source(cast: Any) -> dict[str, Any]:
    found = Source.objects.filter(key="matrix").first() or make_source(cast.store, "matrix")
    return {"uid": found.uid}


def _response(cast: Any) -> dict[str, Any]:
    _source(cast)
    found = Response.objects.first() or make_response(Source.objects.get(key="matrix"))
    return {"uid": found.uid}


OBJECTS: dict[str, Any] = {
    "feedback:detail": _response,
    "feedback:source_edit": _source,
    "api-responses-detail": _response,
    "api-sources-detail": _source,
}
