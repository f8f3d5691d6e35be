"""What a gate asks for, and who benefits. Pure: facts in, codes out; `words.py` says them in words."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from apps.initiatives.transitions import is_forward

ANALYSIS = "analysis"

# What each stage asks for when it is entered going forward. Later gates ask again for all earlier ones.
ASKS: dict[str, tuple[str, ...]] = {
    "case": ("summary",),
    "approved": (
        "budget", "stays_6m", "stays_12m", "stays_24m", "cost_per_1000", "customer_gain", "company_gain",
        "trust_risk", "is_comfortable_public", "advocate", "operational_owner", "links", "transformation",
    ),
    "running": ("links", "treatments"),
    "live": ("started",),
    "tracking": ("links",),
    "done": (),
}  # fmt: skip
_IN_ORDER = ("case", "approved", "running", "live", "tracking", "done")


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What is known of an initiative when a gate is asked for. `first_start` is its earliest treatment."""

    investment_class: str
    summary: str = ""
    budget: Decimal | None = None
    stays: tuple[int | None, int | None, int | None] = (None, None, None)
    cost_per_1000: Decimal | None = None
    customer_gain: str = ""
    company_gain: str = ""
    trust_risk: str = ""
    is_comfortable_public: bool | None = None
    advocate: str = ""
    no_advocate_reason: str = ""
    operational_owner: str = ""
    transformation: str = ""
    transformation_owner: str = ""
    transformation_due_on: dt.date | None = None
    links: int = 0
    treatments: int = 0
    first_start: dt.date | None = None
    earlier_deciders: frozenset[int] = field(default_factory=frozenset)


def asks_of(stage: str, to_stage: str, investment_class: str) -> tuple[str, ...]:
    """The codes of all that must be answered to go from `stage` to `to_stage`; nothing for a move back or a stop."""
    if not is_forward(stage, to_stage):
        return ()
    upto = _IN_ORDER[: _IN_ORDER.index(to_stage) + 1]
    asked = dict.fromkeys(code for name in upto for code in ASKS[name])
    if investment_class == ANALYSIS:
        # R 0.08: an analysis is measured by the change it is to start, not by a KPI of its own.
        for code in ("links", "treatments", "started"):
            asked.pop(code, None)
    else:
        asked.pop("transformation", None)
    return tuple(asked)


def gate_gaps(stage: str, to_stage: str, facts: GateFacts, *, today: dt.date) -> tuple[str, ...]:
    """The codes that are asked for and not answered yet, in the order of the form (R 0.05, 0.08, 0.09, 2.04, 2.15)."""
    return tuple(
        code
        for code in asks_of(stage, to_stage, facts.investment_class)
        if not _is_answered(code, facts, today)
    )


def _is_answered(code: str, facts: GateFacts, today: dt.date) -> bool:
    stays = dict(zip(("stays_6m", "stays_12m", "stays_24m"), facts.stays, strict=True))
    answers: dict[str, bool] = {
        "summary": bool(facts.summary.strip()),
        "budget": facts.budget is not None,
        **{name: value is not None for name, value in stays.items()},
        "cost_per_1000": facts.cost_per_1000 is not None,
        "customer_gain": bool(facts.customer_gain.strip()),
        "company_gain": bool(facts.company_gain.strip()),
        "trust_risk": bool(facts.trust_risk),
        "is_comfortable_public": facts.is_comfortable_public is not None,
        "advocate": bool(facts.advocate.strip() or facts.no_advocate_reason.strip()),
        "operational_owner": bool(facts.operational_owner.strip()),
        "links": facts.links > 0,
        "treatments": facts.treatments > 0,
        "started": facts.first_start is not None and facts.first_start <= today,
        "transformation": bool(
            facts.transformation.strip()
            and facts.transformation_owner.strip()
            and facts.transformation_due_on is not None
        ),
    }
    return answers[code]


def needs_second_person(to_stage: str, trust_risk: str) -> bool:
    """R 0.09: with a high risk to trust, the approval is a second person's."""
    return to_stage == "approved" and trust_risk == "high"


def is_second_person(user_id: int | None, *, owner_id: int, earlier_deciders: frozenset[int]) -> bool:
    """Is this person neither the owner nor one who decided a gate before? (None: a job, which is nobody.)"""
    return user_id is None or (user_id != owner_id and user_id not in earlier_deciders)


def stays_are_falling(values: tuple[int | None, int | None, int | None]) -> bool:
    """What is left of a return after spending stops cannot grow with time."""
    given = [value for value in values if value is not None]
    return all(later <= earlier for earlier, later in itertools.pairwise(given))


def changed_fields(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The entries of `after` that differ."""
    return {name: value for name, value in after.items() if before.get(name) != value}
