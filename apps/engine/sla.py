"""When something is due: a budget of time, counted only while a calendar is open. Standard library only.

Without a calendar time counts around the clock. With one, an instant counts when its *local* wall time lies inside one of
the weekly periods and its local date is no holiday, so nights with a clock change are longer or shorter as they are for
the people who work in them: an hour that happens twice counts twice, an hour that is skipped does not count.

Method: the time line is cut where the zone's UTC offset changes; inside a piece local time is UTC plus a constant, and the
open spans are plain subtractions. (Local arithmetic across a change is wrong in most zones; see tests/engine/test_sla.py,
which compares with a walk over single minutes.)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60
PATIENCE = dt.timedelta(days=3 * 366)  # longer without an opening hour is a fault of the calendar
_DAY = dt.timedelta(days=1)


class NeverOpen(ValueError):
    """The calendar has no opening hours that the budget could be spent in."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Open on `weekday` (Monday is 0) from `start` to `end`, both in minutes after local midnight; `end` may be 1440."""

    weekday: int
    start: int
    end: int

    def __post_init__(self) -> None:
        if not (0 <= self.weekday <= 6 and 0 <= self.start < self.end <= DAY_MINUTES):
            raise ValueError(f"not a period of one day: {self.weekday}, {self.start}–{self.end} minutes")


@dataclass(frozen=True)
class Calendar:
    """Weekly opening hours in a zone, several periods a day if need be, and local dates that are closed."""

    zone: str
    periods: tuple[Period, ...]
    holidays: frozenset[dt.date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if not self.periods:
            raise NeverOpen("a calendar needs at least one opening hour a week")

    @classmethod
    def weekly(
        cls, zone: str, hours: Mapping[int, Sequence[tuple[str, str]]], holidays: Sequence[dt.date] = ()
    ) -> Calendar:
        """`Calendar.weekly("Europe/Berlin", {0: [("09:00", "12:30"), ("13:15", "18:00")]})`; 24:00 ends a day."""
        periods = [
            Period(weekday, _minutes(start), _minutes(end))
            for weekday, spans in hours.items()
            for start, end in spans
        ]
        return cls(zone, tuple(sorted(periods)), frozenset(holidays))

    @cached_property
    def _by_weekday(self) -> dict[int, list[tuple[dt.timedelta, dt.timedelta]]]:
        """Spans of each weekday, overlapping ones joined, as offsets from midnight."""
        found: dict[int, list[list[int]]] = {}
        for period in sorted(self.periods):
            spans = found.setdefault(period.weekday, [])
            if spans and period.start <= spans[-1][1]:
                spans[-1][1] = max(spans[-1][1], period.end)
            else:
                spans.append([period.start, period.end])
        return {
            day: [(dt.timedelta(minutes=a), dt.timedelta(minutes=b)) for a, b in spans]
            for day, spans in found.items()
        }

    def spans_on(self, day: dt.date) -> list[tuple[dt.timedelta, dt.timedelta]]:
        """The open spans of a local date, as offsets from its midnight; none on a holiday."""
        return [] if day in self.holidays else self._by_weekday.get(day.weekday(), [])


@dataclass(frozen=True, slots=True)
class Used:
    """A stretch of time that counted, in UTC."""

    start: dt.datetime
    end: dt.datetime


def due_at(start: dt.datetime, budget: dt.timedelta, calendar: Calendar | None = None) -> dt.datetime:
    """The instant (UTC) at which `budget` of counted time after `start` is used up.

    `start` must know its zone, `budget` be positive (else `ValueError`); a calendar that never opens raises `NeverOpen`.
    """
    return explain(start, budget, calendar)[-1].end


def explain(start: dt.datetime, budget: dt.timedelta, calendar: Calendar | None = None) -> list[Used]:
    """The stretches that add up to `budget`, in order; the end of the last one is the due instant."""
    if start.tzinfo is None or start.utcoffset() is None:
        raise ValueError("the start needs a time zone")
    if budget <= dt.timedelta(0):
        raise ValueError("the budget must be positive")
    begin = start.astimezone(dt.UTC)
    if calendar is None:
        return [Used(begin, begin + budget)]
    used: list[Used] = []
    left, last = budget, begin
    for span in open_spans(begin, calendar):
        if span.start - last > PATIENCE:
            break
        last = span.end
        end = min(span.end, span.start + left)
        used.append(Used(span.start, end))
        left -= end - span.start
        if not left:
            return used
    raise NeverOpen("the calendar has no opening hours to spend this time in")


def open_spans(start: dt.datetime, calendar: Calendar) -> Iterator[Used]:
    """The open stretches from `start` on, in UTC, in order; ends after three years without any."""
    zone = ZoneInfo(calendar.zone)
    cursor = last = start.astimezone(dt.UTC)
    while cursor - last <= PATIENCE:
        offset = _offset(cursor, zone)
        end = _piece_end(cursor, cursor + _DAY, offset, zone)
        local, local_end = (instant.replace(tzinfo=None) + offset for instant in (cursor, end))
        day = local.date()
        while day <= local_end.date():
            midnight = dt.datetime.combine(day, dt.time())
            for opens, closes in calendar.spans_on(day):
                a, b = max(midnight + opens, local), min(midnight + closes, local_end)
                if a < b:
                    last = (b - offset).replace(tzinfo=dt.UTC)
                    yield Used((a - offset).replace(tzinfo=dt.UTC), last)
            day += _DAY
        cursor = end


def _minutes(text: str) -> int:
    hours, _colon, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes or 0)


def _offset(instant: dt.datetime, zone: ZoneInfo) -> dt.timedelta:
    return instant.astimezone(zone).utcoffset() or dt.timedelta(0)


def _piece_end(start: dt.datetime, end: dt.datetime, offset: dt.timedelta, zone: ZoneInfo) -> dt.datetime:
    """The first instant after `start` with another offset, at most `end` (zones never change twice within a day)."""
    if _offset(end, zone) == offset:
        return end
    low, high = start, end
    while high - low > dt.timedelta(seconds=1):
        middle = low + (high - low) / 2
        if _offset(middle, zone) == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
