"""Periods and calendars: integers, years, months, quarters and ISO dates, whose step (day, week, month) is found by itself."""

import calendar as _calendar
import datetime as dt
import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from .arrays import Ints

_INTEGER = re.compile(r"[+-]?\d{1,15}")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_QUARTER = re.compile(r"(\d{4})-?[Qq]([1-4])")
FORMATS = "write an integer, YYYY, YYYY-MM, YYYY-Qn or YYYY-MM-DD"


class Form(StrEnum):
    """How a period is written."""

    INTEGER = "integer"
    MONTH = "month"
    QUARTER = "quarter"
    DATE = "date"


@dataclass(frozen=True, order=True)
class Period:
    """One period: `ordinal` counts integers, months, quarters or days, by `form`."""

    form: Form
    ordinal: int

    @property
    def label(self) -> str:
        """The period as text, as it would be written in a file."""
        match self.form:
            case Form.INTEGER:
                return str(self.ordinal)
            case Form.MONTH:
                return f"{self.ordinal // 12:04d}-{self.ordinal % 12 + 1:02d}"
            case Form.QUARTER:
                return f"{self.ordinal // 4:04d}-Q{self.ordinal % 4 + 1}"
            case Form.DATE:
                return dt.date.fromordinal(self.ordinal).isoformat()

    @property
    def first_day(self) -> dt.date | None:
        """The first day, or None for an integer that is not a year."""
        match self.form:
            case Form.INTEGER:
                return dt.date(self.ordinal, 1, 1) if 1000 <= self.ordinal <= 9999 else None
            case Form.MONTH:
                return dt.date(self.ordinal // 12, self.ordinal % 12 + 1, 1)
            case Form.QUARTER:
                return dt.date(self.ordinal // 4, self.ordinal % 4 * 3 + 1, 1)
            case Form.DATE:
                return dt.date.fromordinal(self.ordinal)


def parse_period(value: object) -> Period:
    """The period a cell names. Raises ValueError with a short reason."""
    match value:
        case Period():
            return value
        case bool():
            raise ValueError("not a period")
        case dt.datetime():
            return Period(Form.DATE, value.date().toordinal())
        case dt.date():
            return Period(Form.DATE, value.toordinal())
        case int() | np.integer():
            return Period(Form.INTEGER, int(value))
    text = str(value).strip()
    if not text:
        raise ValueError("empty")
    if _INTEGER.fullmatch(text):
        return Period(Form.INTEGER, int(text))
    if match := _QUARTER.fullmatch(text):
        return Period(Form.QUARTER, int(match[1]) * 4 + int(match[2]) - 1)
    if match := _MONTH.fullmatch(text):
        if int(match[1]) == 0 or not 1 <= int(match[2]) <= 12:
            raise ValueError("there is no such month")
        return Period(Form.MONTH, int(match[1]) * 12 + int(match[2]) - 1)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        try:
            return Period(Form.DATE, dt.date.fromisoformat(text).toordinal())
        except ValueError:
            raise ValueError("there is no such day") from None
    raise ValueError("not a period")


@dataclass(frozen=True, eq=False)
class Calendar:
    """The periods of one KPI in order. `positions` (T,) counts whole steps since the first period; gaps are skipped."""

    form: Form
    kind: str
    step: int
    anchor_day: int
    periods: tuple[Period, ...]
    positions: Ints

    def __len__(self) -> int:
        return len(self.periods)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The periods as text."""
        return tuple(period.label for period in self.periods)

    def locate(self, period: Period) -> tuple[int, bool]:
        """(position, exact): the position of the period that contains the beginning of `period`, and whether both
        begin together. Raises ValueError when the two cannot be compared."""
        ordinal, exact = self._ordinal(period)
        offset = ordinal - self._origin()
        return offset // self.step, exact and offset % self.step == 0

    def _origin(self) -> int:
        return self._ordinal(self.periods[0])[0]

    def _ordinal(self, period: Period) -> tuple[int, bool]:
        """The period in this calendar's own count (integers, days, months, quarters), and whether it begins there."""
        if self.form is Form.INTEGER:
            if period.form is Form.INTEGER:
                return period.ordinal, True
            first, years = period.first_day, self.periods[0].first_day
            if first is None or years is None:
                raise ValueError(f"written as a {period.form} while the panel counts integers")
            return first.year, (first.month, first.day) == (1, 1)
        first = period.first_day
        if first is None:
            raise ValueError("an integer while the panel has dates")
        if self.form is Form.QUARTER:
            exact = first.day == 1 and first.month % 3 == 1
            return first.year * 4 + (first.month - 1) // 3, exact
        if self.form is Form.MONTH:
            return first.year * 12 + first.month - 1, first.day == 1
        if self.kind in ("day", "week"):
            return first.toordinal(), True
        return self._month_of(first, begins=period.form is not Form.DATE)

    def _month_of(self, day: dt.date, *, begins: bool) -> tuple[int, bool]:
        """The month-like period a day lies in, for calendars of dates that step by months (anchor 31 = month ends)."""
        month = day.year * 12 + day.month - 1
        if begins:
            return month, True
        if self.anchor_day == 31:
            return month, day.day == 1 or _is_month_end(day)
        return (month, day.day == self.anchor_day) if day.day >= self.anchor_day else (month - 1, False)


def build_calendar(periods: Collection[Period]) -> Calendar:
    """The calendar of the distinct periods (one form, at least one), with the step they share.

    Dates on one day of the month, or all on month ends, step by months; else by seven days where all differences allow,
    else by days.
    """
    ordered = sorted(set(periods))
    form = ordered[0].form
    counts = [period.ordinal for period in ordered]
    kind, anchor = form.value, 0
    if form is Form.DATE:
        days = [dt.date.fromordinal(count) for count in counts]
        anchor = days[0].day if len({day.day for day in days}) == 1 else 0
        anchor = 31 if all(_is_month_end(day) for day in days) and len(days) > 1 else anchor
        if anchor and len(days) > 1:
            kind, counts = "month", [day.year * 12 + day.month - 1 for day in days]
        else:
            kind, anchor = "day", 0
    step = math.gcd(*(later - counts[0] for later in counts[1:])) if len(counts) > 1 else 1
    if kind == "day" and step % 7 == 0:
        kind = "week"
    elif kind == "month" and step in (3, 12):
        kind = "quarter" if step == 3 else "year"
    positions = np.array([(count - counts[0]) // step for count in counts], dtype=np.int64)
    return Calendar(form, kind, step, anchor, tuple(ordered), positions)


def _is_month_end(day: dt.date) -> bool:
    return day.day == _calendar.monthrange(day.year, day.month)[1]
