"""Costs by month are exact to the cent, whatever the lines."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.initiatives.phasing import (
    Line,
    counted_until,
    month_after,
    month_of,
    months_between,
    phase,
    spread,
    summed,
)

# A busy machine is slow; that is not what is tested here.
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAY = st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))
CENTS = st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)


@st.composite
def lines(draw: st.DrawFn, plans: tuple[str, ...] = ("planned", "actual")) -> Line:
    start = draw(DAY)
    rhythm = draw(st.sampled_from(["once", "monthly"]))
    end = None
    if rhythm == "monthly" and draw(st.booleans()):
        end = start + dt.timedelta(days=draw(st.integers(0, 1500)))
    return Line(draw(st.sampled_from(plans)), rhythm, draw(CENTS), start, end)


def count_months(first: dt.date, last: dt.date) -> int:
    return max(0, (last.year - first.year) * 12 + last.month - first.month + 1)


@CALM
@given(lines(), DAY)
def test_a_line_is_its_amount_times_its_months(line: Line, through: dt.date) -> None:
    last = through if line.rhythm == "once" or line.ends_on is None else min(through, line.ends_on)
    months = (
        count_months(line.starts_on, last)
        if line.rhythm == "monthly"
        else int(month_of(line.starts_on) <= month_of(through))
    )
    assert sum(spread(line, through=through).values(), Decimal(0)) == line.amount * months


@CALM
@given(st.lists(lines(), max_size=8), DAY)
def test_the_sum_of_months_is_the_sum_of_lines(given_lines: list[Line], through: dt.date) -> None:
    apart = sum((sum(spread(one, through=through).values(), Decimal(0)) for one in given_lines), Decimal(0))
    assert sum(summed(given_lines, through=through).values(), Decimal(0)) == apart


@CALM
@given(st.lists(lines(("actual",)), min_size=1, max_size=8), DAY, st.integers(0, 40))
def test_what_counts_so_far_is_what_was_spent_so_far(real: list[Line], as_of: dt.date, ahead: int) -> None:
    through = month_after(month_of(as_of), ahead)
    spent = sum((sum(spread(one, through=as_of).values(), Decimal(0)) for one in real), Decimal(0))
    assert counted_until(phase(real, as_of=as_of, through=through)) == spent


@CALM
@given(st.lists(lines(), min_size=1, max_size=8), DAY)
def test_months_follow_each_other_without_gaps(given_lines: list[Line], through: dt.date) -> None:
    months = [row.month for row in phase(given_lines, as_of=through, through=through)]
    assert months == (months_between(months[0], through) if months else [])


def test_a_running_cost_goes_on_until_ended_and_the_plan_does_not_count_twice() -> None:
    run = Line("actual", "monthly", Decimal("100.10"), dt.date(2026, 1, 15))
    plan = Line("planned", "monthly", Decimal("90"), dt.date(2026, 1, 1))
    once = Line("planned", "once", Decimal("7"), dt.date(2026, 5, 31))
    rows = phase([run, plan, once], as_of=dt.date(2026, 3, 2), through=dt.date(2026, 6, 1))
    assert [row.counted for row in rows] == [
        Decimal(x) for x in ("100.10", "100.10", "100.10", "100.10", "107.10", "100.10")
    ]
    assert [row.is_confirmed for row in rows] == [True] * 3 + [False] * 3


def test_a_plan_stands_in_until_something_was_spent_and_says_so() -> None:
    plan = Line("planned", "once", Decimal("500"), dt.date(2026, 1, 1))
    rows = phase([plan], as_of=dt.date(2026, 2, 1), through=dt.date(2026, 2, 1))
    assert counted_until(rows) == 500
    assert not rows[0].is_confirmed


def test_an_ended_cost_counts_in_its_last_month() -> None:
    line = Line("actual", "monthly", Decimal("10"), dt.date(2026, 1, 31), dt.date(2026, 3, 1))
    assert sorted(spread(line, through=dt.date(2027, 1, 1))) == [dt.date(2026, m, 1) for m in (1, 2, 3)]
