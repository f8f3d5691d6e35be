"""Numbers, scores, dates: read by what is stated, rejected otherwise."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.intake.reading import moments, numerals
from apps.intake.reading.faults import CellFault

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "sign", "value"),
    [
        ("1.234,56", ",", "1234.56"),
        ("1,234.56", ".", "1234.56"),
        ("1 234,5", ",", "1234.5"),
        ("1'234.5", ".", "1234.5"),
        ("1.234", ",", "1234"),
        ("1.234", ".", "1.234"),
        ("-7", ".", "-7"),
    ],
)
def test_numbers_by_the_stated_sign(text, sign, value):
    assert numerals.number(text, sign) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["1e400", "NaN", "１０", "12.34.56", "1,23", "0x10", "", "10 %", "1_000", "∞", "--1"]
)
def test_what_is_no_number_is_rejected(text):
    with pytest.raises(CellFault):
        numerals.number(text, ".")


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.sampled_from(".,"))
def test_money_round_trips_in_both_spellings(amount, sign):
    other = "," if sign == "." else "."
    text = f"{amount:,.2f}".replace(",", "T").replace(".", sign).replace("T", other)
    assert numerals.money(text, sign) == amount
    assert numerals.money(f"R$ {text}", sign) == amount


@pytest.mark.parametrize("text", ["10.555", "1000000000000", "1e3"])
def test_money_that_cannot_be_stored_is_rejected(text):
    with pytest.raises(CellFault):
        numerals.money(text, ".")


@pytest.mark.parametrize(
    ("cells", "proof"),
    [
        (["10.50", "3"], {"."}),
        (["1.234", "2.345"], {"?"}),
        (["1.234", "0.5"], {"?", "."}),
        (["1.234,56", "1,234.56"], {",", "."}),
        (["1.234.567"], {","}),
        (["0.123"], {"."}),
        (["12", "13"], set()),
        (["1234.567"], {"."}),
    ],
)
def test_what_cells_say_about_the_decimal_sign(cells, proof):
    assert numerals.sign_evidence(cells) == proof


@given(st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)).map(lambda each: each.replace(microsecond=0)))
def test_local_times_round_trip_or_do_not_exist(wall):
    try:
        found = moments.instant(wall.isoformat(sep=" "), order="", tz=SAO_PAULO)
    except CellFault:
        back = wall.replace(tzinfo=SAO_PAULO).astimezone(UTC).astimezone(SAO_PAULO).replace(tzinfo=None)
        assert back != wall
    else:
        assert found.astimezone(SAO_PAULO).replace(tzinfo=None) == wall


def test_a_repeated_hour_is_the_first():
    assert moments.instant("2018-02-17 23:59:09", order="", tz=SAO_PAULO) == datetime(
        2018, 2, 18, 1, 59, 9, tzinfo=UTC
    )


def test_an_hour_that_does_not_exist_is_rejected():
    with pytest.raises(CellFault, match="does not exist"):
        moments.instant("2026-03-29T02:30:00", order="", tz=BERLIN)


def test_a_day_whose_midnight_is_skipped_starts_later():
    found = moments.instant("2017-10-15", order="", tz=SAO_PAULO)
    assert found.astimezone(SAO_PAULO).isoformat() == "2017-10-15T01:00:00-02:00"


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("03/04/2026", "dmy", date(2026, 4, 3)),
        ("03/04/2026", "mdy", date(2026, 3, 4)),
        ("3.4.2026", "dmy", date(2026, 4, 3)),
        ("2026/03/04", "", date(2026, 3, 4)),
    ],
)
def test_dates_by_the_stated_order(text, order, day):
    assert moments.day(text, order=order, tz=BERLIN) == day


def test_a_stated_form_is_the_only_one_taken():
    assert moments.day("04-Mar-26", order="", tz=BERLIN, pattern="%d-%b-%y") == date(2026, 3, 4)
    with pytest.raises(CellFault):
        moments.day("2026-03-04", order="", tz=BERLIN, pattern="%d-%b-%y")


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2026",
        "2026-02-30",
        "44927",
        "9999-12-31",
        "0001-01-01",
        "",
        "2026-03-01T25:00",
        "yesterday",
        "2026-03-01T10:00+15:00",
    ],
)
def test_what_is_no_date_is_rejected(text):
    with pytest.raises(CellFault) as fault:
        moments.instant(text, order="", tz=BERLIN)
    assert fault.value.remedy


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("2026-03", date(2026, 3, 1)),
        ("2026-Q2", date(2026, 4, 1)),
        ("2026-W01", date(2025, 12, 29)),
        ("2026-03-05", date(2026, 3, 5)),
    ],
)
def test_periods_in_every_spelling(text, first):
    assert moments.period(text, order="", tz=BERLIN) == first


@pytest.mark.parametrize(
    ("cells", "proof"),
    [
        (["31/12/2025", "01/02/2026"], {"dmy", "?"}),
        (["12/31/2025"], {"mdy"}),
        (["2026-01-02"], {"ymd"}),
        (["03/03/2026"], set()),
    ],
)
def test_what_cells_say_about_the_date_order(cells, proof):
    assert moments.order_evidence(cells) == proof
