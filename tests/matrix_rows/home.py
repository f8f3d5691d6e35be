"""Who gets what at home: everybody with a role has a place to land; executives land on the portfolio."""

from __future__ import annotations


def _row(
    anonymous: int, frontline: int, team_lead: int, cx_manager: int, analyst: int, finance: int, executive: int,
    administrator: int, other_unit: int,
) -> dict[str, int]:  # fmt: skip
    return dict(locals())


EVERYBODY = _row(302, 200, 200, 200, 200, 200, 200, 200, 200)
ROWS: dict[str, dict[str, int]] = {
    "home:index": {**EVERYBODY, "executive": 302, "other_unit": 302},
    "home:search": EVERYBODY,
    "home:help": EVERYBODY,
}
