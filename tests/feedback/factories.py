"""Small makers for the tests of feedback."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from apps.accounts.models import Unit
from apps.core.actor import Actor
from apps.feedback.models import Response, Source
from apps.feedback.services import response_record, source_save
from apps.feedback.types import ResponseRow

NOW = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
SYSTEM = Actor.system("test")


def make_source(unit: Unit, key: str = "shop-survey", **fields: Any) -> Source:
    """A survey with stars from 1 to 5 unless told otherwise."""
    given = {
        "name": key.replace("-", " ").title(), "kind": "survey", "score_kind": "stars",
        "scale_min": Decimal(1), "scale_max": Decimal(5),
    }  # fmt: skip
    return source_save(actor=SYSTEM, now=NOW, key=key, unit=unit, **{**given, **fields})


def make_response(source: Source, external_id: str = "r-1", **fields: Any) -> Response:
    """One response, answered an hour ago with four stars."""
    given = {"responded_at": NOW - dt.timedelta(hours=1), "score": 4, "verbatim": "Quick and friendly"}
    return response_record(
        actor=SYSTEM, now=NOW, source=source, external_id=external_id, **{**given, **fields}
    )[0]


def row(source: Source, external_id: str, **fields: Any) -> ResponseRow:
    """One row of a batch."""
    return ResponseRow(
        source, external_id, **{"responded_at": NOW - dt.timedelta(hours=1), "score": 4, **fields}
    )
