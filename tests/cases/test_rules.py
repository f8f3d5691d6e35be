"""Which rule wants a case, and who is told: pure."""

from decimal import Decimal

import pytest

from apps.cases import rules
from apps.cases.rules import Person, Rule, Signal, first_match, key_of, leads_of, matches, says_any, team_of

BAD_SCORE = Rule(1, "feedback", frozenset({1, 2}), score_at_most=Decimal(2))
SIGNAL = Signal("feedback", unit_id=2, source_id=7, score=Decimal(1), words="It was late")


@pytest.mark.parametrize(
    ("rule", "signal", "wanted"),
    [
        (BAD_SCORE, SIGNAL, True),
        (BAD_SCORE, Signal("feedback", 2, score=Decimal("2.00")), True),
        (BAD_SCORE, Signal("feedback", 2, score=Decimal("2.01")), False),
        (BAD_SCORE, Signal("feedback", 2, score=None), False),
        (BAD_SCORE, Signal("feedback", 3, score=Decimal(1)), False),
        (BAD_SCORE, Signal("event", 2, score=Decimal(1)), False),
        (Rule(2, "feedback", frozenset({2}), source_ids=frozenset({7})), SIGNAL, True),
        (Rule(2, "feedback", frozenset({2}), source_ids=frozenset({8})), SIGNAL, False),
        (Rule(3, "feedback", frozenset({2}), words=("late",)), SIGNAL, True),
        (Rule(3, "feedback", frozenset({2}), words=("early",)), SIGNAL, False),
        (Rule(4, "feedback", frozenset({2}), minimum_value=Decimal(100)), SIGNAL, False),
        (
            Rule(4, "feedback", frozenset({2}), minimum_value=Decimal(100)),
            Signal("feedback", 2, customer_value=Decimal(100)),
            True,
        ),
        (
            Rule(5, "event", frozenset({2}), event_kinds=("outage",)),
            Signal("event", 2, event_kind="outage"),
            True,
        ),
        (
            Rule(5, "event", frozenset({2}), event_kinds=("outage",)),
            Signal("event", 2, event_kind="visit"),
            False,
        ),
        (Rule(6, "event", frozenset({2})), Signal("event", 2, event_kind="x", is_failure=True), True),
        (Rule(6, "event", frozenset({2})), Signal("event", 2, event_kind="x"), False),
        (
            Rule(7, "feedback", frozenset({2}), score_at_most=Decimal(2), words=("lawyer",)),
            SIGNAL,
            False,
        ),
    ],
)
def test_every_condition_that_is_set_must_hold(rule: Rule, signal: Signal, wanted: bool):
    assert matches(rule, signal) is wanted


def test_the_first_rule_in_order_wins():
    urgent = Rule(9, "feedback", frozenset({2}), words=("late",), priority=1)
    assert first_match([urgent, BAD_SCORE], SIGNAL) is urgent
    assert first_match([BAD_SCORE, urgent], SIGNAL) is BAD_SCORE
    assert first_match([], SIGNAL) is None


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        (("cancel",), "I have CANCELLED it", True),
        (("cancel",), "uncancelled", False),
        (("not  arrived",), "It has not\n arrived", True),
        (("não recebi",), "NÃO RECEBI o produto", True),
        (("c++",), "my c++ course", True),
        (("", " "), "anything", False),
    ],
)
def test_words_match_at_the_start_of_words_in_any_case(words: tuple[str, ...], text: str, found: bool):
    assert says_any(words, text) is found


def test_an_unknown_customer_is_never_joined():
    assert key_of(None, 3) is None
    assert key_of(5, None) == (5, 0)


CHAIN = [3, 2, 1]  # store, region, company


def person(user: int, unit: int, role: str, present: bool = True) -> Person:
    return Person(user, unit, role, present)


def test_the_nearest_present_people_are_told():
    staff = {
        3: [person(1, 3, "frontline"), person(2, 3, "frontline", present=False)],
        2: [person(3, 2, "team_lead")],
    }
    assert team_of(CHAIN, staff) == [1]


def test_when_nobody_is_present_the_case_goes_up_the_tree():
    staff = {3: [person(1, 3, "frontline", present=False)], 1: [person(4, 1, "team_lead")]}
    assert team_of(CHAIN, staff) == [4]


def test_it_never_goes_to_nobody():
    absent = {3: [person(1, 3, "frontline", present=False)]}
    assert team_of(CHAIN, absent) == [1]
    assert team_of(CHAIN, {1: [person(8, 1, "administrator")]}) == [8]
    assert team_of(CHAIN, {1: [person(9, 1, "cx_manager")], 3: absent[3]}) == [9]


def test_a_missed_target_goes_to_the_lead_else_to_the_manager():
    staff = {3: [person(1, 3, "frontline")], 2: [person(2, 2, "team_lead")], 1: [person(5, 1, "cx_manager")]}
    assert leads_of(CHAIN, staff) == [2]
    assert leads_of(CHAIN, {3: staff[3], 1: staff[1]}) == [5]
    assert leads_of(CHAIN, {3: staff[3]}) == [1]
    assert rules.whom(CHAIN, {}, roles=("team_lead",), present=True) == []
