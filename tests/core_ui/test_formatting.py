"""Numbers, amounts and times are written the same way everywhere."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.core import formatting as f

NOW = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)


def read(text):
    return text.replace(f.NBSP, " ").replace(f.NARROW, "_").replace(f.MINUS, "-").replace(f.EN_DASH, "–")


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(1234567, None, "1,234,567"), (3.2716, None, "3.27"), (123.456, None, "123.5"), (1234.5, None, "1,235"), (-5, None, "-5"),
     (-0.001, 2, "0.00"), (Decimal("2.5"), 0, "3"), (Decimal("22"), None, "22"),
     (Decimal("22.50"), None, "22.50"), (float("nan"), None, "—"), (None, None, "—")],
)  # fmt: skip
def test_numbers(value, places, text):
    assert read(f.number(value, places)) == text


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("1,234.56", "1,234.50 EUR"),
        ("1.234,56", "1.234,50 EUR"),
        ("1 234,56", "1_234,50 EUR"),
        ("1’234.56", "1’234.50 EUR"),
        ("?", "1,234.50 EUR"),
    ],
)
def test_a_person_s_number_format_is_followed_and_put_back(style, text):
    with f.number_format_as(style):
        assert read(f.money(Decimal("1234.5"), "EUR")) == text
    assert f.number_format() is f.DEFAULT_NUMBER_FORMAT


@pytest.mark.parametrize(
    ("amount", "text"),
    [(950, "950 EUR"), (9500, "9.5 k EUR"), (1_234_000, "1.23 M EUR"), (999_999, "1 M EUR"), (4_100_000_000, "4.1 bn EUR"),
     (-294_500, "-295 k EUR"), (0, "0 EUR"), (12.5, "12.5 EUR"), (0.005, "0.01 EUR")],
)  # fmt: skip
def test_short_money(amount, text):
    assert read(f.money(amount, "EUR", short=True)) == text


def test_currencies_without_minor_units_have_no_decimals():
    assert read(f.money(1234, "JPY")) == "1,234 JPY"


def test_a_range_writes_its_unit_once():
    low, high = f.money(900_000, "EUR", short=True), f.money(2_110_000, "EUR", short=True)
    assert read(f.interval(low, high)) == "900 k–2.11 M EUR"
    assert read(f.interval(f.percent(0.1), f.percent(0.2))) == "10–20 %"


def test_a_range_from_below_zero_uses_a_word_not_a_dash():
    assert read(f.interval(f.number(-3), f.number(4))) == "-3 to 4"


@pytest.mark.parametrize(
    ("hours", "text", "tone"),
    [(3, "due in 3 h", "attention"), (30, "due in 30 h", "neutral"), (24 * 5, "due in 5 d", "neutral"), (-5, "overdue by 5 h", "bad"),
     (0.25, "due in 15 min", "attention"), (-24 * 400, "overdue by 1 year", "bad"), (24 * 70, "due in 10 weeks", "neutral")],
)  # fmt: skip
def test_due_times_are_words_with_a_tone(hours, text, tone):
    assert f.due(NOW + dt.timedelta(hours=hours), NOW) == (text, tone)


def test_how_long_ago():
    assert f.since(NOW - dt.timedelta(hours=3), NOW) == "3 h ago"
    assert f.since(NOW + dt.timedelta(days=3), NOW) == "in 3 d"
    assert f.since(NOW - dt.timedelta(seconds=20), NOW) == "just now"


def test_the_exact_instant_is_in_the_reader_s_zone():
    with timezone.override("America/Sao_Paulo"):
        assert f.instant(NOW) == "2 Mar 2026, 07:00 -03"
    assert f.instant(dt.date(2026, 3, 2)) == "2 Mar 2026"
