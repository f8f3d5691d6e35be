"""Who gets what at the addresses of cases: those who serve customers work on them, analysts and executives read."""

from __future__ import annotations

from typing import Any

from apps.cases import services
from apps.core.actor import Actor
from tests.cast import NOW


def _row(
    anonymous: int, frontline: int, team_lead: int, cx_manager: int, analyst: int, finance: int, executive: int,
    administrator: int, other_unit: int,
) -> dict[str, int]:  # fmt: skip
    return dict(locals())


LIST = _row(302, 200, 200, 200, 200, 403, 200, 403, 200)
ONE = {**LIST, "other_unit": 404}
WORK = _row(302, 200, 200, 200, 403, 403, 403, 403, 404)
GIVE = {**WORK, "frontline": 403}
RULES = _row(302, 403, 200, 200, 200, 403, 403, 403, 200)
WORKERS = {"frontline", "team_lead", "cx_manager"}
LEADERS = {"team_lead", "cx_manager"}
ACTS = ("take", "contact", "resolve", "close", "reopen", "note", "hand_over")
MOVES = ("take", "contact", "resolve", "close", "reopen", "note", "hand-over")

ROWS: dict[str, dict[str, int]] = {
    "cases:list": LIST,
    "cases:detail": ONE,
    "cases:new": _row(302, 200, 200, 200, 403, 403, 403, 403, 200),
    "cases:rules": RULES,
    "cases:rule_new": _row(302, 403, 403, 200, 403, 403, 403, 403, 200),
    "cases:rule_edit": {**RULES, "other_unit": 404},
    "cases:assign": GIVE,
    **{f"cases:{name}": WORK for name in ACTS},
}
POSTS: dict[str, set[str]] = {
    "cases:new": {*WORKERS, "other_unit"},
    "cases:bulk_assign": {*LEADERS, "other_unit"},
    "cases:rule_new": {"cx_manager", "other_unit"},
    "cases:rule_edit": {"cx_manager"},
    "cases:rule_delete": {"cx_manager"},
    "cases:assign": LEADERS,
    **{f"cases:{name}": WORKERS for name in ACTS},
}
API_LIST = {**LIST, "anonymous": 401}
API_ONE = {**ONE, "anonymous": 401}
API_ROWS: dict[str, dict[str, int]] = {
    "api-cases-list": API_LIST,
    "api-cases-detail": API_ONE,
    "api-cases-events": API_ONE,
    "api-case-rules-list": {**RULES, "anonymous": 401},
    "api-case-rules-detail": {**RULES, "anonymous": 401, "other_unit": 404},
}
API_WRITES: dict[str, set[str]] = {
    "POST api-cases-list": {*WORKERS, "other_unit"},
    "POST api-cases-bulk-assign": {*LEADERS, "other_unit"},
    "POST api-cases-assign": LEADERS,
    **{f"POST api-cases-{move}": WORKERS for move in MOVES},
    "POST api-case-rules-list": {"cx_manager", "other_unit"},
    "PATCH api-case-rules-detail": {"cx_manager"},
    "DELETE api-case-rules-detail": {"cx_manager"},
}


def _case(cast: Any) -> dict[str, Any]:
    row = services.case_open(
        actor=Actor.system("matrix"), now=NOW, unit=cast.store, subject="Lost parcel", notify=False
    )
    return {"uid": row.uid}


def _rule(cast: Any) -> dict[str, Any]:
    return {
        "uid": services.rule_save(
            actor=Actor.system("matrix"), now=NOW, name="Bad score", unit=cast.north
        ).uid
    }


OBJECTS: dict[str, Any] = {
    "cases:detail": _case,
    "cases:rule_edit": _rule,
    "cases:rule_delete": _rule,
    "cases:assign": _case,
    **{f"cases:{name}": _case for name in ACTS},
    "api-cases-detail": _case,
    "api-cases-events": _case,
    "api-cases-assign": _case,
    **{f"api-cases-{move}": _case for move in MOVES},
    "api-case-rules-detail": _rule,
}
