"""Dates and times out of text, by a stated order and zone. An hour that does not exist is rejected, never moved."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from apps.intake.reading.faults import CellFault, FileRefused

ORDERS = ("ymd", "dmy", "mdy")
EARLIEST, LATEST = 1950, 2099

_CLOCK = (
    r"(?:[T ]\s*(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?)?"
    r"\s*(?P<half>[AaPp][Mm])?\s*(?P<off>Z|z|[+-][0-9]{2}:?[0-9]{2}|UTC)?)?"
)
_YEAR_FIRST = re.compile(r"(?P<y>[0-9]{4})(?P<sep>[-/.])(?P<mo>[0-9]{1,2})(?P=sep)(?P<d>[0-9]{1,2})" + _CLOCK)
_YEAR_LAST = re.compile(r"(?P<a>[0-9]{1,2})(?P<sep>[-/.])(?P<b>[0-9]{1,2})(?P=sep)(?P<y>[0-9]{4})" + _CLOCK)
_SERIAL = re.compile(r"[0-9]{4,6}(?:\.[0-9]+)?")


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The named zone; FileRefused when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise FileRefused(
            "zone",
            _("Unknown time zone %(name)s.") % {"name": name[:60]},
            remedy=_("Use for example Europe/Berlin."),
        ) from unknown


def _fault(reason: str, remedy: str = "") -> CellFault:
    return CellFault(reason, remedy or _("Write it as 2026-03-31 14:05."))


def _wall(value: Any, order: str, pattern: str) -> tuple[datetime, timezone | None, bool]:
    """(wall time, offset if the text states one, whether the text is a date without a time)."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None), None, False
    if isinstance(value, date):
        return datetime.combine(value, time()), None, True
    text = value.strip() if isinstance(value, str) else str(value)
    if not text:
        raise _fault(_("The date is missing."), _("Fill in the cell."))
    if len(text) > 60:
        raise _fault(_("Not a date."))
    if pattern:
        try:
            parsed = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is added below
        except ValueError as wrong:
            raise _fault(
                _("Not a date of the form %(pattern)s.") % {"pattern": pattern},
                _("Correct it, or the form in the mapping."),
            ) from wrong
        offset = parsed.utcoffset()
        fixed = timezone(offset) if offset is not None else None
        return parsed.replace(tzinfo=None), fixed, "%H" not in pattern and "%I" not in pattern
    found = _YEAR_FIRST.fullmatch(text)
    if found:
        year, month, day = int(found["y"]), int(found["mo"]), int(found["d"])
    else:
        found = _YEAR_LAST.fullmatch(text)
        if not found:
            if _SERIAL.fullmatch(text):
                raise _fault(
                    _("A number, not a date (perhaps a spreadsheet's serial number)."),
                    _("Format the column as a date and export again."),
                )
            raise _fault(_("Not a date."))
        first, second, year = int(found["a"]), int(found["b"]), int(found["y"])
        if order == "dmy":
            day, month = first, second
        elif order == "mdy":
            month, day = first, second
        else:
            raise _fault(
                _("Day and month cannot be told apart."),
                _("State the date order (dmy or mdy) in the mapping."),
            )
    try:
        return _clocked(found, year, month, day)
    except ValueError as wrong:
        raise _fault(_("There is no such date or time.")) from wrong


def _clocked(found: re.Match[str], year: int, month: int, day: int) -> tuple[datetime, timezone | None, bool]:
    if found["h"] is None:
        return datetime(year, month, day), None, True  # noqa: DTZ001 - wall time, the zone is added below
    hour = int(found["h"])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    micro = int((found["f"] or "0")[:6].ljust(6, "0"))
    wall = datetime(year, month, day, hour, int(found["m"]), int(found["s"] or 0), micro)  # noqa: DTZ001
    offset = found["off"]
    if not offset:
        return wall, None, False
    if offset in ("Z", "z", "UTC"):
        return wall, UTC, False
    span = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    if span > timedelta(hours=14) or int(offset[-2:]) > 59:
        raise ValueError(offset)
    return wall, timezone(span if offset[0] == "+" else -span), False


def _plausible(moment: datetime) -> None:
    if not EARLIEST <= moment.year <= LATEST:
        raise _fault(
            _("The year is not between %(first)d and %(last)d.") % {"first": EARLIEST, "last": LATEST},
            _("Check it."),
        )


def instant(value: Any, *, order: str, tz: ZoneInfo, pattern: str = "") -> datetime:
    """The instant (UTC) a text names.

    Without an offset in the text it is wall time in `tz`: an hour skipped by summer time is rejected, a repeated
    hour is the first of the two (PEP 495, fold=0). A date without a time is the start of that day.
    """
    wall, offset, day_only = _wall(value, order, pattern)
    _plausible(wall)
    if offset is not None:
        return wall.replace(tzinfo=offset).astimezone(UTC)
    found = wall.replace(tzinfo=tz).astimezone(UTC)
    # Where midnight itself is skipped (São Paulo until 2018) the day starts at the shifted instant.
    if found.astimezone(tz).replace(tzinfo=None) != wall and not day_only:
        raise _fault(
            _("This time does not exist in %(zone)s (clocks went forward).") % {"zone": tz.key},
            _("Correct the time, or state the right zone."),
        )
    return found


def day(value: Any, *, order: str, tz: ZoneInfo, pattern: str = "") -> date:
    """The calendar day a text names, in `tz` when it states an offset of its own."""
    wall, offset, _day_only = _wall(value, order, pattern)
    _plausible(wall)
    if offset is not None:
        return wall.replace(tzinfo=offset).astimezone(tz).date()
    return wall.date()


_PERIOD_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_PERIOD_QUARTER = re.compile(r"([0-9]{4})-?[Qq]([1-4])")
_PERIOD_WEEK = re.compile(r"([0-9]{4})-?W([0-9]{2})")


def period(value: Any, *, order: str, tz: ZoneInfo, pattern: str = "") -> date:
    """The first day of a period written as a date, `2026-03`, `2026-Q1` or `2026-W09`."""
    text = value.strip() if isinstance(value, str) else ""
    if found := _PERIOD_MONTH.fullmatch(text):
        first = date(int(found[1]), int(found[2]), 1)
    elif found := _PERIOD_QUARTER.fullmatch(text):
        first = date(int(found[1]), 3 * int(found[2]) - 2, 1)
    elif found := _PERIOD_WEEK.fullmatch(text):
        try:
            first = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        except ValueError as wrong:
            raise _fault(_("There is no such week."), _("Check it.")) from wrong
    else:
        return day(value, order=order, tz=tz, pattern=pattern)
    _plausible(datetime.combine(first, time()))
    return first


def order_evidence(values: Iterable[Any]) -> frozenset[str]:
    """What the cells of a date column say: "dmy"/"mdy" where proven, "?" where both fit, "ymd" for year-first."""
    seen: set[str] = set()
    for value in values:
        if not isinstance(value, str):
            continue
        text = value.strip()
        if _YEAR_FIRST.fullmatch(text):
            seen.add("ymd")
        elif found := _YEAR_LAST.fullmatch(text):
            first, second = int(found["a"]), int(found["b"])
            if first > 12 >= second:
                seen.add("dmy")
            elif second > 12 >= first:
                seen.add("mdy")
            elif first <= 12 and second <= 12 and first != second:
                seen.add("?")
    return frozenset(seen)
