"""Building, comparing and rewriting response rows: the set-based part below the verbs in `services.py`."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.feedback import rules
from apps.feedback.models import Response, ScoreKind, Source
from apps.feedback.types import ResponseRow

COMPARED = (
    "unit_id",
    "customer_id",
    "touchpoint_id",
    "score",
    "score_norm",
    "title",
    "verbatim",
    "language",
    "asked_at",
    "responded_at",
    "local_date",
)
FUTURE_ALLOWED = dt.timedelta(days=2)  # clocks of other systems, and zones read wrongly


def scale_of(source: Source) -> rules.Scale:
    """The scale that scores of this source are on."""
    return rules.Scale(source.scale_min, source.scale_max, source.score_kind != ScoreKind.NONE)


def prepared(given: ResponseRow, *, now: dt.datetime, zone: str) -> Response:
    """The unsaved row of what arrived; raises Invalid naming each field at fault."""
    faults: dict[str, list[str]] = {}
    source, external_id = given.source, rules.clean_text(given.external_id).strip()
    if not external_id:
        faults["external_id"] = [_("Each response needs the id its source gives it.")]
    elif len(external_id) > rules.MAX_EXTERNAL_ID:
        faults["external_id"] = [_("At most %(max)s characters.") % {"max": rules.MAX_EXTERNAL_ID}]
    score = None
    scale = scale_of(source)
    try:
        score = scale.score(given.score)
    except rules.ScoreError as error:
        faults["score"] = [_score_words(error.code, scale)]
    title, verbatim = rules.clean_text(given.title), rules.clean_text(given.verbatim)
    if len(title) > rules.MAX_TITLE:
        faults["title"] = [_("At most %(max)s characters.") % {"max": rules.MAX_TITLE}]
    if len(verbatim) > rules.MAX_VERBATIM:
        faults["verbatim"] = [_("At most %(max)s characters.") % {"max": f"{rules.MAX_VERBATIM:,}"}]
    for name in ("responded_at", "asked_at"):
        if (fault := _moment_fault(getattr(given, name), now)) is not None:
            faults[name] = [fault]
    if faults:
        raise Invalid(fields=faults)
    unit_id = given.unit.pk if given.unit is not None else source.unit_id
    touchpoint_id = given.touchpoint.pk if given.touchpoint is not None else source.touchpoint_id
    return Response(
        source=source,
        external_id=external_id,
        unit_id=unit_id,
        customer_id=given.customer.pk if given.customer is not None else None,
        touchpoint_id=touchpoint_id,
        score=score,
        score_norm=scale.norm(score),
        title=title,
        verbatim=verbatim,
        language=rules.clean_language(given.language),
        asked_at=given.asked_at,
        responded_at=given.responded_at,
        received_at=now,
        local_date=given.responded_at.astimezone(ZoneInfo(zone)).date(),
        attributes=_plain(given.attributes or {}),
    )


def _plain(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes as JSON would give them back, so that a repeat compares as equal."""
    try:
        text = json.dumps(attributes, default=str, allow_nan=False, ensure_ascii=False)
    except ValueError:
        raise Invalid(fields={"attributes": [_("Numbers must be finite.")]}) from None
    return dict(json.loads(rules.clean_text(text).replace("\\u0000", "")))


def _score_words(code: str, scale: rules.Scale) -> str:
    if code == "no_score":
        return _("This source takes no score.")
    if code == "not_a_number":
        return _("This is not a number.")
    return _("The score lies outside the scale of this source (%(low)s to %(high)s).") % {
        "low": scale.low.normalize(),
        "high": scale.high.normalize(),
    }


def _moment_fault(at: dt.datetime | None, now: dt.datetime) -> str | None:
    if at is None:
        return None
    if timezone.is_naive(at):
        return _("The time needs a zone, for example 2026-03-01T12:00:00+01:00.")
    if at.year < 1990:
        return _("This is before 1990.")
    return _("This lies in the future.") if at > now + FUTURE_ALLOWED else None


def merged(old: Response, given: ResponseRow, new: Response) -> dict[str, Any]:
    """The values of `old` after `given` (prepared as `new`) has spoken.

    Empty values never overwrite, nor do the unit and touchpoint that only the source's defaults gave; attributes are merged.
    """
    silent = {"unit_id"} if given.unit is None else set()
    silent |= {"touchpoint_id"} if given.touchpoint is None else set()
    values = {}
    for name in COMPARED:
        told = None if name in silent else getattr(new, name)
        values[name] = getattr(old, name) if told in (None, "") else told
    values["attributes"] = {**old.attributes, **new.attributes}
    return values


_TYPES = {
    "unit_id": "bigint",
    "customer_id": "bigint",
    "touchpoint_id": "bigint",
    "score": "numeric",
    "score_norm": "double precision",
    "title": "text",
    "verbatim": "text",
    "language": "text",
    "asked_at": "timestamptz",
    "responded_at": "timestamptz",
    "local_date": "date",
    "attributes": "text",
}


def rewrite(rows: list[Response]) -> None:
    """Store these rows' values in one statement, however many they are."""
    if not rows:
        return
    columns: list[list[Any]] = [[row.pk for row in rows]]
    for name in _TYPES:
        values = [getattr(row, name) for row in rows]
        columns.append(
            [json.dumps(value, ensure_ascii=False) for value in values] if name == "attributes" else values
        )
    sets = ", ".join(f"{name} = new.{name}" + ("::jsonb" if name == "attributes" else "") for name in _TYPES)
    arrays = ", ".join(f"%s::{kind}[]" for kind in ("bigint", *_TYPES.values()))
    sql = (
        f"UPDATE feedback_response AS old SET {sets} "  # noqa: S608 - names come from the table above
        f"FROM unnest({arrays}) AS new(id, {', '.join(_TYPES)}) WHERE old.id = new.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, columns)
