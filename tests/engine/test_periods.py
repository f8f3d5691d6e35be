"""Periods of every spelling, and the step of a calendar found by itself."""

import datetime as dt

import pytest

from apps.engine.periods import build_calendar, parse_period


def calendar(*texts: object):
    return build_calendar([parse_period(text) for text in texts])


@pytest.mark.parametrize("text", ["7", "-3", "2024", "2024-05", "2024-Q2", "2024-02-29"])
def test_a_period_is_written_back_as_it_was_read(text):
    assert parse_period(text).label == text


@pytest.mark.parametrize(
    "text", ["", "2024-13", "2024-00", "2023-02-29", "May", "2024-Q5", "1.5", "2024/05/01", True]
)
def test_other_texts_are_no_periods(text):
    with pytest.raises(ValueError):
        parse_period(text)


@pytest.mark.parametrize(
    ("first", "days", "kind"),
    [("2024-01-01", 1, "day"), ("2024-01-01", 7, "week"), ("2024-01-03", 14, "week")],
)
def test_days_and_weeks_are_found(first, days, kind):
    start = dt.date.fromisoformat(first)
    found = calendar(*(start + dt.timedelta(days * step) for step in (0, 1, 2, 5)))
    assert found.kind == kind
    assert found.positions.tolist() == [0, 1, 2, 5]


@pytest.mark.parametrize(
    ("texts", "kind", "positions"),
    [
        (["2024-01-01", "2024-02-01", "2024-04-01"], "month", [0, 1, 3]),
        (["2024-01-31", "2024-02-29", "2024-03-31"], "month", [0, 1, 2]),
        (["2024-01-15", "2024-04-15", "2024-10-15"], "quarter", [0, 1, 3]),
        (["2020-06-30", "2021-06-30", "2023-06-30"], "year", [0, 1, 3]),
        (["2024-11", "2025-01", "2025-02"], "month", [0, 2, 3]),
        (["2024-Q4", "2025-Q1"], "quarter", [0, 1]),
        (["2001", "2002", "2005"], "integer", [0, 1, 4]),
        (["5"], "integer", [0]),
    ],
)
def test_months_quarters_and_years_are_found(texts, kind, positions):
    found = calendar(*texts)
    assert (found.kind, found.positions.tolist()) == (kind, positions)


@pytest.mark.parametrize(
    ("texts", "start", "place"),
    [
        (["2024-01-01", "2024-01-08", "2024-01-15"], "2024-01-08", (1, True)),
        (["2024-01-01", "2024-01-08", "2024-01-15"], "2024-01-10", (1, False)),
        (["2024-01-01", "2024-02-01"], "2024-02", (1, True)),
        (["2024-01-01", "2024-02-01"], "2024-02-15", (1, False)),
        (["2024-01-31", "2024-02-29", "2024-03-31"], "2024-03-01", (2, True)),
        (["2024-01", "2024-02"], "2024-02-01", (1, True)),
        (["2024-Q1", "2024-Q2"], "2024-05", (1, False)),
        (["2001", "2002"], "2002-01-01", (1, True)),
        (["2001", "2002"], "2002-07-01", (1, False)),
        (["1", "2"], "5", (4, True)),
    ],
)
def test_a_start_is_located_in_the_calendar_of_the_panel(texts, start, place):
    assert calendar(*texts).locate(parse_period(start)) == place


@pytest.mark.parametrize(("texts", "start"), [(["1", "2"], "2024-05"), (["2024-01-01", "2024-01-08"], "3")])
def test_a_start_of_another_kind_is_refused(texts, start):
    with pytest.raises(ValueError):
        calendar(*texts).locate(parse_period(start))
