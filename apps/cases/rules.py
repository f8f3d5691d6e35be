"""Which rule opens a case for a piece of evidence, and who hears of it. Pure: no database, no framework."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

FEEDBACK, EVENT = "feedback", "event"


@dataclass(frozen=True, slots=True)
class Signal:
    """What a rule looks at: an answer (`feedback`) or an operational event."""

    trigger: str
    unit_id: int
    source_id: int | None = None
    score: Decimal | None = None
    words: str = ""
    customer_value: Decimal | None = None
    event_kind: str = ""
    is_failure: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """The conditions of a rule and what it gives a case; an unset condition holds for everything."""

    pk: int
    trigger: str
    unit_ids: frozenset[int]
    source_ids: frozenset[int] = field(default_factory=frozenset)
    score_at_most: Decimal | None = None
    words: tuple[str, ...] = ()
    minimum_value: Decimal | None = None
    event_kinds: tuple[str, ...] = ()
    priority: int = 3
    first_contact: dt.timedelta = dt.timedelta(hours=24)
    resolution: dt.timedelta = dt.timedelta(hours=120)


def matches(rule: Rule, signal: Signal) -> bool:
    """All conditions that are set hold. An event rule without kinds takes every event that went wrong."""
    if rule.trigger != signal.trigger or signal.unit_id not in rule.unit_ids:
        return False
    if rule.source_ids and signal.source_id not in rule.source_ids:
        return False
    if rule.score_at_most is not None and (signal.score is None or signal.score > rule.score_at_most):
        return False
    if rule.minimum_value is not None and (
        signal.customer_value is None or signal.customer_value < rule.minimum_value
    ):
        return False
    if rule.words and not says_any(rule.words, signal.words):
        return False
    if rule.trigger == EVENT:
        return signal.event_kind in rule.event_kinds if rule.event_kinds else signal.is_failure
    return True


def first_match(rules: Iterable[Rule], signal: Signal) -> Rule | None:
    """The first rule, in the given order, that wants a case for this signal."""
    return next((rule for rule in rules if matches(rule, signal)), None)


@lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    parts = sorted(
        {" ".join(word.casefold().split()) for word in words if word.strip()}, key=len, reverse=True
    )
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, parts)) + ")" if parts else r"(?!)")


def says_any(words: tuple[str, ...], text: str) -> bool:
    """Does the text hold one of the words or phrases, at the start of a word ("cancel" finds "cancelled")?"""
    return _pattern(words).search(" ".join(text.casefold().split())) is not None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be told: on which unit they stand, in which role, and whether they are at work."""

    user_id: int
    unit_id: int
    role: str
    is_present: bool


def whom(
    chain: Sequence[int], staff: Mapping[int, Sequence[Person]], *, roles: Sequence[str], present: bool
) -> list[int]:
    """The people of these roles at the nearest unit of the chain (own unit first, root last) that has any."""
    for unit_id in chain:
        found = [
            person.user_id
            for person in staff.get(unit_id, ())
            if person.role in roles and (person.is_present or not present)
        ]
        if found:
            return sorted(set(found))
    return []


def team_of(chain: Sequence[int], staff: Mapping[int, Sequence[Person]]) -> list[int]:
    """Who hears of a new case: present frontline and leads, nearest first; then CX managers; then whoever there is.

    Empty only when nobody at all holds a role on the unit or above it.
    """
    return (
        whom(chain, staff, roles=("frontline", "team_lead"), present=True)
        or whom(chain, staff, roles=("cx_manager",), present=True)
        or whom(chain, staff, roles=("frontline", "team_lead", "cx_manager"), present=False)
        or whom(chain, staff, roles=("administrator",), present=False)
    )


def leads_of(chain: Sequence[int], staff: Mapping[int, Sequence[Person]]) -> list[int]:
    """Who hears of a missed target: the nearest present lead, else the CX manager, else as for a new case."""
    return (
        whom(chain, staff, roles=("team_lead",), present=True)
        or whom(chain, staff, roles=("cx_manager",), present=True)
        or team_of(chain, staff)
    )


def key_of(customer_id: int | None, touchpoint_id: int | None) -> tuple[int, int] | None:
    """What makes two pieces of evidence one matter; None for an unknown customer, whose evidence is never joined."""
    return None if customer_id is None else (customer_id, touchpoint_id or 0)
