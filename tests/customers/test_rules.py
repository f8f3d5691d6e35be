"""Normalising: the same person is written in many ways, and two people never become one by it."""

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.customers.rules import (
    cents,
    merged_attributes,
    normalise_email,
    normalise_phone,
    pick_by_email,
    pick_by_phone,
    twelve_months_before,
)

TEXT = st.text(max_size=60)
LOCAL = st.text("abcdefghijklmnopqrstuvwxyz0123456789._+-", min_size=1, max_size=20)
WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)


@given(TEXT)
@example("İ@x.de")
@example("ﬀ@ﬁ.ﬂ")
@example("a\u200b@b.c")
def test_an_address_normalised_twice_is_the_same(text):
    once = normalise_email(text)
    assert normalise_email(once) == once


@given(TEXT)
@example("-00123456")
@example("+0000123456")
@example("٠٠٤٩١٧٠١٢٣")
@example("(0)(0)49170123")
@example("+(0(0))1234567")
def test_a_number_normalised_twice_is_the_same(text):
    once = normalise_phone(text)
    assert normalise_phone(once) == once


@given(LOCAL, WORD, WORD, st.sampled_from([" {} ", "{}\u200b", "\ufeff{}", "mailto:{}", "{}\t"]))
def test_case_and_invisible_signs_do_not_make_another_address(local, domain, top, frame):
    address = f"{local}@{domain}.{top}"
    assert normalise_email(frame.format(address.upper())) == normalise_email(address) == address


@given(st.tuples(LOCAL, WORD), st.tuples(LOCAL, WORD))
def test_different_addresses_stay_different(one, other):
    first, second = (f"{local}@{domain}.org" for local, domain in (one, other))
    assert (normalise_email(first) == normalise_email(second)) == (first == second)


@given(
    st.text("123456789", min_size=6, max_size=12).filter(lambda digits: len(set(digits)) > 1),
    st.sampled_from(" -./"),
)
def test_punctuation_does_not_make_another_number(digits, sign):
    spread = sign.join(digits)
    assert normalise_phone(spread) == digits
    assert normalise_phone(f"+{spread}") == normalise_phone(f"00{digits}") == f"+{digits}"


@given(st.text("123456789", min_size=6, max_size=12).filter(lambda digits: len(set(digits)) > 1))
def test_a_national_number_is_never_taken_for_an_international_one(digits):
    assert normalise_phone(digits) != normalise_phone(f"+{digits}")


@pytest.mark.parametrize("text", ["", "n/a", "none", "a@b", "a@@b.de", "a b@c.de", "@c.de", "a@c..de", "x" * 300 + "@c.de",
                                  "Ann <a@c.de>", "a@c.de, b@c.de", "a@.de", "a@c.de."])  # fmt: skip
def test_what_is_no_address_matches_nobody(text):
    assert normalise_email(text) == ""


@pytest.mark.parametrize(
    "text", ["", "-", "0000000", "99999999", "12345", "1234567890123456", "call me", "+"]
)
def test_what_is_no_number_matches_nobody(text):
    assert normalise_phone(text) == ""


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("+49 (0)170 1234567", "+491701234567"),
        ("0049 170 1234567", "+491701234567"),
        ("0170 / 123 45 67", "01701234567"),
        ("tel:+1-202-555-0143", "+12025550143"),
        ("+55 (11) 91234-5678 ext. 12", "+5511912345678"),
        ("(030) 1234567 x9", "0301234567"),
    ],
)
def test_numbers_as_people_write_them(text, key):
    assert normalise_phone(text) == key


def test_an_address_of_several_means_the_oldest_and_a_phone_of_several_nobody():
    assert pick_by_email([7, 3]) == 3
    assert pick_by_email([]) is None
    assert pick_by_phone([7]) == 7
    assert pick_by_phone([3, 7]) is None


@given(st.dictionaries(WORD, TEXT), st.dictionaries(WORD, st.one_of(TEXT, st.none())))
def test_empty_attributes_never_overwrite(current, told):
    merged = merged_attributes(current, told)
    assert set(merged) >= set(current)
    assert all(merged[key] == (told.get(key) or current.get(key)) for key in merged)


def test_amounts_are_rounded_half_up_to_cents():
    assert str(cents("0.125")) == "0.13"
    assert str(cents("-0.125")) == "-0.13"


def test_a_year_before_leap_day_is_the_28th():
    day = dt.datetime(2028, 2, 29, 10, tzinfo=dt.UTC)
    assert twelve_months_before(day) == dt.datetime(2027, 2, 28, 10, tzinfo=dt.UTC)
