"""Composed reads: the figures of a set of cases, and what stands on the page of one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum

from apps.accounts.models import User
from apps.accounts.selectors import the_organisation
from apps.cases.models import Case, CaseEvent, CaseInteraction, CaseResponse, CaseRule
from apps.cases.querysets import SOON, CaseQuerySet
from apps.core.actor import Actor, Role

STATES = ("new", "assigned", "contacted", "resolved", "closed")
AGES = (1, 3, 7, 14, 30)  # days; the last bucket is open-ended


@dataclass(frozen=True, slots=True)
class Kept:
    """How a target was kept: within it, too late (or overdue still), and not decided yet."""

    within: int = 0
    late: int = 0
    open: int = 0

    @property
    def share(self) -> float | None:
        """The share kept of those decided; None while none is."""
        decided = self.within + self.late
        return self.within / decided if decided else None


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of a set of cases at an instant."""

    as_of: dt.datetime
    states: dict[str, int] = field(default_factory=dict)
    overdue: int = 0
    due_soon: int = 0
    unassigned: int = 0
    first_contact: Kept = field(default_factory=Kept)
    resolution: Kept = field(default_factory=Kept)
    confirmed: int = 0
    unconfirmed: int = 0
    reopened: int = 0
    last_change: dt.datetime | None = None

    @property
    def all(self) -> int:
        return sum(self.states.values())

    @property
    def open(self) -> int:
        """All but the closed ones."""
        return self.all - self.states.get("closed", 0)


def totals(rows: QuerySet[Case], now: dt.datetime) -> Totals:
    """All figures of these cases in one query. Late = done after its target, or not done and the target has passed."""
    contact_late = Q(first_contacted_at__gt=F("first_contact_due_at")) | Q(
        first_contacted_at__isnull=True, first_contact_due_at__lte=now
    )
    resolved_late = Q(resolved_at__gt=F("resolution_due_at")) | Q(
        resolved_at__isnull=True, resolution_due_at__lte=now
    )
    found = rows.order_by().aggregate(
        **{f"state_{state}": Count("pk", filter=Q(state=state)) for state in STATES},
        overdue=Count("pk", filter=Q(next_due_at__lte=now)),
        due_soon=Count("pk", filter=Q(next_due_at__gt=now, next_due_at__lte=now + SOON)),
        unassigned=Count("pk", filter=Q(state="new")),
        contact_within=Count("pk", filter=Q(first_contacted_at__lte=F("first_contact_due_at"))),
        contact_late=Count("pk", filter=contact_late),
        resolved_within=Count("pk", filter=Q(resolved_at__lte=F("resolution_due_at"))),
        resolved_late=Count("pk", filter=resolved_late),
        confirmed=Count("pk", filter=Q(outcome="confirmed")),
        unconfirmed=Count("pk", filter=Q(outcome="unconfirmed")),
        reopened=Count("pk", filter=Q(reopened_count__gt=0)),
        last_change=Max("updated_at"),
    )
    states = {state: found[f"state_{state}"] for state in STATES}
    count = sum(states.values())
    return Totals(
        as_of=now,
        states=states,
        overdue=found["overdue"],
        due_soon=found["due_soon"],
        unassigned=found["unassigned"],
        first_contact=Kept(
            found["contact_within"],
            found["contact_late"],
            count - found["contact_within"] - found["contact_late"],
        ),
        resolution=Kept(
            found["resolved_within"],
            found["resolved_late"],
            count - found["resolved_within"] - found["resolved_late"],
        ),
        confirmed=found["confirmed"],
        unconfirmed=found["unconfirmed"],
        reopened=found["reopened"],
        last_change=found["last_change"],
    )


@dataclass(frozen=True, slots=True)
class Load:
    """What one person has on the table."""

    user: User
    open: int
    overdue: int
    due_soon: int


@dataclass(frozen=True, slots=True)
class CaseFigures:
    """What leads and executives see of the cases: totals, how old the open ones are, who has how many."""

    totals: Totals
    ageing: list[tuple[int, int | None, int]]
    workload: list[Load]


def case_figures(
    actor: Actor, *, now: dt.datetime, rows: CaseQuerySet | None = None, with_people: bool = True
) -> CaseFigures:
    """The figures of the cases the actor may see (or of `rows`, which the caller scoped). At most four queries.

    `ageing`: (from days, below days or None, open cases). `workload`: people with open cases, most overdue first, at most 50.
    """
    cases = rows if rows is not None else Case.objects.visible_to(actor)
    return CaseFigures(
        totals=totals(cases, now),
        ageing=ageing(cases, now),
        workload=workload(actor, cases, now) if with_people else [],
    )


def ageing(rows: CaseQuerySet, now: dt.datetime) -> list[tuple[int, int | None, int]]:
    """Open cases by days since they were opened: [(from, below or None, count)]. One query."""
    edges = [0, *AGES]
    spans = list(zip(edges, [*AGES, None], strict=True))

    def between(low: int, high: int | None) -> Q:
        newest = Q(opened_at__lte=now - dt.timedelta(days=low)) if low else Q()
        return newest & (Q(opened_at__gt=now - dt.timedelta(days=high)) if high else Q())

    found = (
        rows.open()
        .order_by()
        .aggregate(**{f"a{n}": Count("pk", filter=between(*span)) for n, span in enumerate(spans)})
    )
    return [(low, high, found[f"a{n}"]) for n, (low, high) in enumerate(spans)]


def workload(actor: Actor, rows: CaseQuerySet, now: dt.datetime) -> list[Load]:
    """Who has how many open cases, most overdue first. Two queries."""
    counts = list(
        rows.open()
        .filter(owner__isnull=False)
        .order_by()
        .values_list("owner_id")
        .annotate(
            open=Count("pk"),
            overdue=Count("pk", filter=Q(next_due_at__lte=now)),
            soon=Count("pk", filter=Q(next_due_at__gt=now, next_due_at__lte=now + SOON)),
        )
        .order_by("-overdue", "-open")[:50]
    )
    people = User.objects.visible_to(actor).in_bulk([pk for pk, *_rest in counts])
    return [Load(people[pk], count, overdue, soon) for pk, count, overdue, soon in counts if pk in people]


@dataclass(frozen=True, slots=True)
class DepartmentCost:
    """What failures of one department cost in loop closing: minutes × rate + goodwill, in the organisation's currency."""

    department: str
    cases: int
    minutes: Decimal
    goodwill: Decimal
    money: Decimal
    other_currencies: dict[str, Decimal]


def cost_by_department(actor: Actor, rows: CaseQuerySet | None = None) -> list[DepartmentCost]:
    """Minutes and goodwill by originating department, dearest first ("" = not said). Two queries.

    Goodwill in another currency is not added up but listed apart.
    """
    company = the_organisation()
    cases = rows if rows is not None else Case.objects.visible_to(actor)
    found: dict[str, dict[str, Any]] = {}
    groups = (
        cases.filter(Q(minutes__gt=0) | Q(goodwill__gt=0) | Q(department__isnull=False))
        .order_by()
        .values_list("department__name", "goodwill_currency")
        .annotate(Count("pk"), Sum("minutes"), Sum("goodwill"))
    )
    for name, code, count, minutes, goodwill in groups:
        entry = found.setdefault(
            name or "", {"cases": 0, "minutes": Decimal(0), "goodwill": Decimal(0), "other": {}}
        )
        entry["cases"] += count
        entry["minutes"] += minutes
        if code in {"", company.currency}:
            entry["goodwill"] += goodwill
        else:
            entry["other"][code] = entry["other"].get(code, Decimal(0)) + goodwill
    costs = [
        DepartmentCost(
            name,
            entry["cases"],
            entry["minutes"],
            entry["goodwill"],
            entry["minutes"] * company.minute_rate + entry["goodwill"],
            entry["other"],
        )
        for name, entry in found.items()
    ]
    return sorted(costs, key=lambda cost: (-cost.money, cost.department))


@dataclass(frozen=True, slots=True)
class CaseParts:
    """What a case is about, and what happened to it."""

    answers: Sequence[CaseResponse]
    events_about: Sequence[CaseInteraction]
    events: Sequence[CaseEvent]


def case_parts(actor: Actor, case: Case) -> CaseParts:
    """Answers (newest first), operational events and timeline of a case that the actor may see. Three queries."""
    return CaseParts(
        answers=list(
            case.responses.select_related("response__source", "response__touchpoint__step")
            .defer("response__search")
            .order_by("-response__responded_at")[:20]
        ),
        events_about=list(
            case.interactions.select_related("interaction").order_by("-interaction__happened_at")[:20]
        ),
        events=list(CaseEvent.objects.visible_to(actor).filter(case=case).order_by("-at", "-id")[:200]),
    )


def assignees(actor: Actor, unit_ids: Sequence[int]) -> QuerySet[User]:
    """The people who may be given cases of these units: active frontline, leads and CX managers there or above."""
    from apps.cases.routing import workers_of

    return User.objects.visible_to(actor).filter(pk__in=workers_of(list(unit_ids))).order_by("name", "id")


def owners_for_filter(actor: Actor) -> list[tuple[str, str]]:
    """(uid, name) of the people whose cases the actor may see: the choices of the owner filter. One query."""
    units = actor.units(Role.TEAM_LEAD, Role.CX_MANAGER, Role.ANALYST, Role.EXECUTIVE)
    if not units:
        return []
    people = User.objects.visible_to(actor).filter(
        is_active=True,
        memberships__unit_id__in=units,
        memberships__role__in=[Role.FRONTLINE, Role.TEAM_LEAD, Role.CX_MANAGER],
    )
    return [
        (str(uid), name) for uid, name in people.distinct().order_by("name").values_list("uid", "name")[:300]
    ]


def my_work(actor: Actor, now: dt.datetime, limit: int = 30) -> list[Case]:
    """A person's open cases, the next useful action first: overdue, then due soon by value at stake, then the rest.

    Resolved cases (waiting for the customer's answer) come last. One query.
    """
    from django.db.models import Case as Choose
    from django.db.models import IntegerField, Value, When

    urgency = Choose(
        When(state="resolved", then=Value(4)),
        When(next_due_at__lte=now, then=Value(1)),
        When(next_due_at__lte=now + SOON, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    stake = Choose(
        When(customer__value_band="high", then=Value(1)),
        When(customer__value_band="medium", then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    rows = Case.objects.visible_to(actor).of_owner(actor.user_id).annotate(urgency=urgency, stake=stake)
    order = ("urgency", "stake", "priority", "next_due_at", "pk")
    return list(rows.select_related("customer", "unit").order_by(*order)[:limit])


def up_for_grabs(actor: Actor, now: dt.datetime, limit: int = 10) -> list[Case]:
    """New cases of the actor's units that nobody has taken, the most urgent first. One query."""
    rows = Case.objects.visible_to(actor).filter(state="new").select_related("customer", "unit")
    return list(rows.order_by("priority", "next_due_at", "pk")[:limit])


def rules_in_order(actor: Actor) -> QuerySet[CaseRule]:
    """The rules the actor may see, in the order in which they are asked."""
    return CaseRule.objects.visible_to(actor).select_related("unit").order_by("position", "id")
