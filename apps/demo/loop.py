"""Cases: rules, a year of closed ones with their minutes and goodwill, and a fortnight of live ones in every state."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

from apps.accounts.actors import actor_for
from apps.accounts.models import User
from apps.cases import services as cases
from apps.cases.models import Case
from apps.core.actor import Actor
from apps.demo import words
from apps.demo.world import World
from apps.feedback.models import Response, Source

CLOSED = 240
CAUSES = [
    ("Promised call-back did not happen", "stores", "Called, apologised, agreed a fixed date and kept it."),
    (
        "Charge for a service that was never ordered",
        "billing",
        "Charge cancelled and paid back the same day.",
    ),
    ("No news during the outage", "network", "Explained the fault, one month free of charge."),
    ("Technician did not come", "field-service", "New appointment within two days, text message before."),
    ("Was sold a plan that is too large", "sales", "Changed to the smaller plan, difference paid back."),
    ("Parcel went to the old address", "logistics", "Second parcel by express, address corrected."),
    ("App logged out during renewal", "it", "Renewed by phone; fault reported."),
]


def build_rules(*, actor: Actor, now: dt.datetime, world: World, sources: dict[str, Source]) -> None:
    """Three rules for feedback and one for events, from urgent to normal."""
    company = world.units["company"]
    cases.rule_save(
        actor=actor, now=now, name="Says they will leave", position=10, unit=company, priority=1, first_contact_hours=Decimal(4),
        resolution_hours=Decimal(48), words=["kündigen", "leaving", "verliert man Kunden", "lose customers"],
    )  # fmt: skip
    cases.rule_save(
        actor=actor, now=now, name="Complaint", position=20, unit=company, priority=2, sources=[sources["complaints"]],
        first_contact_hours=Decimal(24), resolution_hours=Decimal(120),
    )  # fmt: skip
    cases.rule_save(
        actor=actor, now=now, name="Unhappy after a visit", position=30, unit=company, priority=3,
        sources=[sources["visit-survey"]], score_at_most=Decimal(4),
    )  # fmt: skip
    cases.rule_save(
        actor=actor, now=now, name="Unhappy after a call", position=40, unit=company, priority=3,
        sources=[sources["call-survey"], sources["app-store"]], score_at_most=Decimal(2),
    )  # fmt: skip


def _owner(case: Case, world: World, chance: random.Random) -> User:
    region = next(key for key, unit in world.units.items() if unit.pk == case.unit_id).split("-")[0]
    return chance.choice(world.staff.get(region, world.staff["north"]))


def _work(case: Case, *, world: World, chance: random.Random, until: dt.datetime, stop_at: str) -> None:
    """Take a case through its life, each step at its own time, as its owner; stops at `stop_at` or when time is up."""
    owner = actor_for(_owner(case, world, chance))
    moment = case.opened_at + dt.timedelta(hours=chance.uniform(0.2, 3))
    if moment >= until:
        return
    case = cases.case_take(actor=owner, now=moment, case=case)
    if stop_at == "assigned":
        return
    moment += dt.timedelta(hours=chance.choices((2, 12, 40), (60, 30, 10))[0] * chance.uniform(0.3, 1))
    if moment >= until:
        return
    if chance.random() < 0.2:
        cases.case_log_contact(
            actor=owner,
            now=moment,
            case=case,
            channel="phone",
            is_reached=False,
            text="No answer, message left.",
            minutes=Decimal(3),
        )
        moment += dt.timedelta(hours=2)
    case.refresh_from_db()
    case = cases.case_log_contact(
        actor=owner, now=min(moment, until), case=case, channel=chance.choice(("phone", "phone", "email")), is_reached=True,
        text="Listened, apologised, agreed what happens next.", minutes=Decimal(chance.randrange(6, 24)),
        goodwill=Decimal(chance.choice((0, 0, 0, 10, 20, 40))), wish=chance.choice(words.WISHES["de" if chance.random() < 0.7 else "en"]),
    )  # fmt: skip
    if stop_at == "contacted":
        return
    moment += dt.timedelta(hours=chance.uniform(3, 70))
    if moment >= until:
        return
    cause, department, done = chance.choice(CAUSES)
    case = cases.case_resolve(
        actor=owner, now=moment, case=case, cause=cause, department=world.departments[department], resolution=done,
        minutes=Decimal(chance.randrange(5, 30)),
    )  # fmt: skip
    moment += dt.timedelta(hours=chance.uniform(10, 60))
    if stop_at == "resolved" or moment >= until:
        return
    cases.case_close(actor=owner, now=moment, case=case, outcome="confirmed", score_after=None)


def build_cases(
    *, actor: Actor, now: dt.datetime, world: World, recent: list[int], chance: random.Random
) -> None:
    """Worked-off cases of the past (clocks from the answer's time), then the live ones of the last fortnight."""
    past = Response.objects.visible_to(actor).filter(
        responded_at__lt=now - dt.timedelta(days=15), responded_at__gt=now - dt.timedelta(days=400), customer__isnull=False,
        score_norm__lte=0.4,
    )  # fmt: skip
    ids = list(past.order_by("id").values_list("id", flat=True)[:CLOSED])
    cases.cases_open_for_responses(actor=actor, now=now, response_ids=ids, historical=True)
    for case in Case.objects.visible_to(actor).order_by("id"):
        _work(case, world=world, chance=chance, until=now, stop_at="closed")
    done = set(Case.objects.visible_to(actor).values_list("id", flat=True))
    cases.cases_open_for_responses(actor=actor, now=now, response_ids=recent, historical=True)
    live = Case.objects.visible_to(actor).exclude(pk__in=done).order_by("id")
    for case in live:
        stop_at = chance.choices(
            ("new", "assigned", "contacted", "resolved", "closed"), (34, 12, 14, 10, 30)
        )[0]
        if stop_at != "new":
            _work(case, world=world, chance=chance, until=now, stop_at=stop_at)
