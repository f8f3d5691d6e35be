"""Who gets what at which address: the rows of all rooms, merged.

Each room keeps `tests/matrix_rows/<app>.py` with
- `ROWS`: page name -> {person: GET status}; a page that only takes a POST has no entry here;
- `API_ROWS`: the same for the API (asked with a key of the person that has every scope);
- `POSTS`: page name -> the people whose POST with an empty body is not refused (others get 403 or 404, anonymous is sent
  to the sign-in page);
- `API_WRITES`: "METHOD name" -> the people who are not refused;
- `OBJECTS`: name -> function(cast) -> the keyword arguments of the address (an object of the northern region).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

PEOPLE = (
    "anonymous", "frontline", "team_lead", "cx_manager", "analyst", "finance", "executive", "administrator", "other_unit",
)  # fmt: skip

ROWS: dict[str, dict[str, int]] = {}
API_ROWS: dict[str, dict[str, int]] = {}
POSTS: dict[str, set[str]] = {}
API_WRITES: dict[str, set[str]] = {}
OBJECTS: dict[str, Callable[[Any], dict[str, Any]]] = {}

for path in sorted(Path(__file__).with_name("matrix_rows").glob("[a-z]*.py")):
    room = import_module(f"tests.matrix_rows.{path.stem}")
    for table, name in (
        (ROWS, "ROWS"),
        (API_ROWS, "API_ROWS"),
        (POSTS, "POSTS"),
        (API_WRITES, "API_WRITES"),
        (OBJECTS, "OBJECTS"),
    ):
        for key, value in getattr(room, name, {}).items():
            assert key not in table, f"{key} stands twice in {name}"
            table[key] = value

MATRIX: set[str] = {*ROWS, *API_ROWS, *POSTS, *(key.split(" ", 1)[1] for key in API_WRITES)}
