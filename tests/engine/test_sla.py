"""Due times against an oracle that walks over single minutes, with nights of clock changes in many zones."""

import datetime as dt
import random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.engine.sla import Calendar, NeverOpen, Period, due_at, explain

ZONES = [
    "Europe/Berlin", "America/Sao_Paulo", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
    "America/Santiago", "Asia/Tehran", "Pacific/Apia", "America/Havana", "Asia/Kathmandu", "Atlantic/Azores", "UTC",
]  # fmt: skip
MINUTE = dt.timedelta(minutes=1)


def minute_walk(start: dt.datetime, budget: dt.timedelta, calendar: Calendar) -> dt.datetime:
    """The definition itself: step through UTC minute by minute and count those whose local time is open."""
    zone = ZoneInfo(calendar.zone)
    now, left = start, budget
    while left > dt.timedelta(0):
        local = now.astimezone(zone)
        at = local.hour * 60 + local.minute
        if local.date() not in calendar.holidays and any(
            p.weekday == local.weekday() and p.start <= at < p.end for p in calendar.periods
        ):
            left -= MINUTE
        now += MINUTE
    return now


def random_calendar(rng: random.Random, zone: str, around: dt.date) -> Calendar:
    periods = []
    for weekday in rng.sample(range(7), rng.randint(2, 7)):
        marks = sorted(rng.sample(range(0, 1441, 15), 2 * rng.randint(1, 3)))
        periods += [Period(weekday, a, b) for a, b in zip(marks[::2], marks[1::2], strict=True)]
    holidays = frozenset(around + dt.timedelta(days=rng.randint(0, 20)) for _ in range(rng.randint(0, 3)))
    return Calendar(zone, tuple(periods), holidays)


def changes(zone: str, year: int) -> list[dt.datetime]:
    """The hours of a year in which the zone's offset changes."""
    tz, at = ZoneInfo(zone), dt.datetime(year, 1, 1, tzinfo=dt.UTC)
    hours = [at + dt.timedelta(hours=n) for n in range(366 * 24)]
    offsets = [hour.astimezone(tz).utcoffset() for hour in hours]
    return [b for b, left, right in zip(hours[1:], offsets, offsets[1:], strict=False) if left != right]


@pytest.mark.parametrize("zone", ZONES)
def test_random_calendars_agree_with_the_minute_walk(zone: str):
    rng = random.Random(zone)
    marks = changes(zone, 2018) or [dt.datetime(2018, 6, 1, tzinfo=dt.UTC)]
    for turn in range(12):
        near = marks[turn % len(marks)] + dt.timedelta(minutes=rng.randint(-3 * 1440, 600))
        calendar = random_calendar(rng, zone, near.date())
        budget = dt.timedelta(minutes=rng.randint(1, 2400))
        assert due_at(near, budget, calendar) == minute_walk(near, budget, calendar)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**9), zone=st.sampled_from(ZONES), minutes=st.integers(1, 1500))
def test_any_start_of_the_year_agrees_with_the_minute_walk(seed: int, zone: str, minutes: int):
    rng = random.Random(seed)
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=rng.randint(0, 366 * 1440))
    calendar = random_calendar(rng, zone, start.date())
    assert due_at(start, minutes * MINUTE, calendar) == minute_walk(start, minutes * MINUTE, calendar)


def test_around_the_clock_is_plain_elapsed_time():
    start = dt.datetime(2026, 3, 28, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    assert due_at(start, dt.timedelta(hours=24)) == dt.datetime(2026, 3, 29, 11, 0, tzinfo=dt.UTC)


def test_the_repeated_hour_counts_twice_and_the_skipped_one_not_at_all():
    nights = Calendar.weekly("Europe/Berlin", {6: [("00:00", "06:00")]})
    autumn = due_at(dt.datetime(2026, 10, 24, 22, 0, tzinfo=dt.UTC), dt.timedelta(hours=7), nights)
    assert autumn == dt.datetime(2026, 10, 25, 5, 0, tzinfo=dt.UTC)
    spring = explain(dt.datetime(2026, 3, 28, 23, 0, tzinfo=dt.UTC), dt.timedelta(hours=5), nights)
    assert sum((u.end - u.start for u in spring), dt.timedelta()) == dt.timedelta(hours=5)
    assert spring[-1].end == dt.datetime(2026, 3, 29, 4, 0, tzinfo=dt.UTC)


def test_the_explanation_adds_up_and_skips_the_night_and_the_holiday():
    office = Calendar.weekly(
        "Europe/Berlin",
        {day: [("09:00", "12:00"), ("13:00", "17:00")] for day in range(5)},
        [dt.date(2026, 5, 1)],
    )
    used = explain(dt.datetime(2026, 4, 30, 14, 0, tzinfo=dt.UTC), dt.timedelta(hours=3), office)
    assert [(u.start.isoformat()[:16], u.end.isoformat()[:16]) for u in used] == [
        ("2026-04-30T14:00", "2026-04-30T15:00"),
        ("2026-05-04T07:00", "2026-05-04T09:00"),
    ]


def test_a_calendar_that_never_opens_is_refused():
    with pytest.raises(NeverOpen):
        Calendar("UTC", ())
    closed = Calendar(
        "UTC", (Period(0, 0, 60),), frozenset(dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(2000))
    )
    with pytest.raises(NeverOpen):
        due_at(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.timedelta(hours=1), closed)


@pytest.mark.parametrize("budget", [dt.timedelta(0), dt.timedelta(hours=-1)])
def test_a_budget_must_be_positive(budget: dt.timedelta):
    with pytest.raises(ValueError, match="positive"):
        due_at(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), budget)


def test_a_start_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        due_at(dt.datetime(2026, 1, 1), dt.timedelta(hours=1))
