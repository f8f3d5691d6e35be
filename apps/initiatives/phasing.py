"""Cost lines month by month. Pure, exact to the cent: amounts are only placed, never divided.

Rule (R 0.03). A one-off amount stands in the month of its date. A running one stands in each month from its first to its
last, or to the end of the view while it has no last month: it goes on until ended.

What counts: up to the as-of month, what was really spent; while an initiative has no actual line yet, its plan stands in
and is marked as not confirmed. After the as-of month: running actual lines that go on, in months without one the
running plan; and the planned one-offs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Line:
    """A cost line as a value: `plan` planned|actual, `rhythm` once|monthly, `ends_on` a day of the last month."""

    plan: str
    rhythm: str
    amount: Decimal
    starts_on: dt.date
    ends_on: dt.date | None = None
    is_capex: bool = False


@dataclass(frozen=True, slots=True)
class MonthCost:
    """One month: what was planned, what was actual, and what counts as investment."""

    month: dt.date
    planned: Decimal
    actual: Decimal
    counted: Decimal
    is_confirmed: bool
    is_future: bool


def month_of(day: dt.date) -> dt.date:
    """The first day of the day's month."""
    return day.replace(day=1)


def month_after(month: dt.date, steps: int = 1) -> dt.date:
    """The first day of the month `steps` later (or earlier, when negative)."""
    number = month.year * 12 + month.month - 1 + steps
    return dt.date(number // 12, number % 12 + 1, 1)


def months_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """All months from that of `first` to that of `last`, both included; none when reversed."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [month_after(month_of(first), step) for step in range(max(0, count))]


def spread(line: Line, *, through: dt.date) -> dict[dt.date, Decimal]:
    """{month: amount} of one line up to the month of `through`."""
    first, last = month_of(line.starts_on), month_of(through)
    if line.rhythm == "once":
        return {first: line.amount} if first <= last else {}
    if line.ends_on is not None:
        last = min(last, month_of(line.ends_on))
    return dict.fromkeys(months_between(first, last), line.amount)


def summed(lines: Iterable[Line], *, through: dt.date) -> dict[dt.date, Decimal]:
    """{month: sum of all lines}."""
    found: dict[dt.date, Decimal] = {}
    for line in lines:
        for month, amount in spread(line, through=through).items():
            found[month] = found.get(month, ZERO) + amount
    return found


def phase(lines: Iterable[Line], *, as_of: dt.date, through: dt.date) -> list[MonthCost]:
    """Each month from the first cost to `through` (inclusive), without gaps; empty without costs in that stretch.

    All lines must be in one currency: the caller splits by currency first.
    """
    known = list(lines)
    plan = [line for line in known if line.plan == "planned"]
    real = [line for line in known if line.plan == "actual"]
    planned, actual = summed(plan, through=through), summed(real, through=through)
    if not planned and not actual:
        return []
    now = month_of(as_of)
    running_plan = summed([line for line in plan if line.rhythm == "monthly"], through=through)
    single_plan = summed([line for line in plan if line.rhythm == "once"], through=through)
    running_real = summed([line for line in real if line.rhythm == "monthly"], through=through)
    plan_stands_in = not any(month <= now for month in actual)
    months = months_between(min([*planned, *actual]), through)
    found = []
    for month in months:
        was_planned, was_actual = planned.get(month, ZERO), actual.get(month, ZERO)
        if month <= now:
            counted = was_planned if plan_stands_in else was_actual
            confirmed = not plan_stands_in
        else:
            counted = was_actual + single_plan.get(month, ZERO)
            if month not in running_real:
                counted += running_plan.get(month, ZERO)
            confirmed = False
        found.append(MonthCost(month, was_planned, was_actual, counted, confirmed, month > now))
    return found


def counted_until(months: Iterable[MonthCost]) -> Decimal:
    """What counts as invested so far: the counted amounts of the months that are not in the future."""
    return sum((month.counted for month in months if not month.is_future), ZERO)
