"""Twenty thousand customers, what they bought, what happened to them, and what they said about it."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import connection

from apps.core.actor import Actor
from apps.customers import services as customers
from apps.customers.models import Customer
from apps.customers.types import CustomerRow, InteractionRow, PurchaseRow
from apps.demo import words
from apps.demo.world import World
from apps.feedback import services as feedback
from apps.feedback.models import Source
from apps.feedback.types import ResponseRow
from apps.journeys import services as journeys
from apps.journeys.models import Touchpoint

CUSTOMERS = 20_000
PURCHASES = 30_000
INTERACTIONS = 15_000
RESPONSES = 12_000
BATCH = 2_000
SEGMENTS = (("consumer", 70), ("family", 20), ("business", 10))
EVENTS = (("call", "Called about", False), ("visit", "Visited the store", False), ("outage", "Network fault", True),
          ("payment_failed", "Payment failed", True), ("delivered", "Parcel delivered", False),
          ("technician_missed", "Technician did not come", True))  # fmt: skip
JOURNEYS: dict[str, tuple[str, str, list[tuple[str, str, bool, list[tuple[str, str]]]]]] = {
    "join": ("Join", "Find the plan that fits, and get started.", [
        ("notice", "Notice the offer", False, [("web", "join-notice-web"), ("social", "join-notice-social")]),
        ("choose", "Choose with advice", True, [("store", "join-choose-store"), ("web", "join-choose-web")]),
        ("start", "Get started", True, [("post", "join-start-post"), ("app", "join-start-app")])]),
    "use": ("Use", "Be connected, pay a fair bill, move house without a gap.", [
        ("connected", "Stay connected", True, [("phone", "use-stay-connected-phone"), ("app", "use-stay-connected-app")]),
        ("pay", "Understand and pay the bill", False, [("email", "use-pay-email"), ("app", "use-pay-app")]),
        ("move", "Move house", True, [("phone", "use-move-house-phone"), ("web", "use-move-house-web")])]),
    "get-help": ("Get help", "Have a problem solved the first time.", [
        ("ask", "Ask for help", False, [("store", "get-help-ask-store"), ("chat", "get-help-ask-chat")]),
        ("solve", "Have it solved", True, [("phone", "get-help-solve-phone"), ("field", "get-help-solve-field")]),
        ("renew", "Renew or leave", True, [("store", "get-help-renew-store"), ("app", "get-help-renew-app")])]),
}  # fmt: skip
# key -> (name, kind, score kind, lowest, highest, share of all responses)
SOURCES = {
    "visit-survey": ("Survey after a visit", "survey", "nps", 0, 10, 46),
    "call-survey": ("Survey after a call", "survey", "csat", 1, 5, 26),
    "complaints": ("Complaints", "complaint", "none", 0, 10, 8),
    "app-store": ("App reviews", "review", "stars", 1, 5, 10),
    "social": ("Social media", "social", "none", 0, 10, 5),
    "agent-notes": ("Notes of agents", "note", "none", 0, 10, 5),
}


@dataclass
class Voices:
    """What the rest of the builder needs: ids of customers by position, sources and touchpoints by key."""

    customer_ids: list[int]
    customer_units: list[str]
    sources: dict[str, Source]
    touchpoints: dict[str, Touchpoint]


def batches(rows: Iterator[Any], size: int = BATCH) -> Iterator[list[Any]]:
    """The rows in lists of at most `size`."""
    while batch := list(islice(rows, size)):
        yield batch


def build_journeys(*, actor: Actor, now: dt.datetime, world: World) -> dict[str, Touchpoint]:
    """Three journeys of three steps, two channels each."""
    found: dict[str, Touchpoint] = {}
    for key, (name, summary, steps) in JOURNEYS.items():
        journey = journeys.journey_create(actor=actor, now=now, key=key, name=name, summary=summary)
        for step_key, step_name, is_moment, channels in steps:
            step = journeys.step_add(
                actor=actor, now=now, journey=journey, key=step_key, name=step_name, is_moment_of_truth=is_moment,
                owner_unit=world.units["company"],
            )  # fmt: skip
            for channel, touchpoint_key in channels:
                found[touchpoint_key] = journeys.touchpoint_add(
                    actor=actor, now=now, step=step, channel=channel, key=touchpoint_key
                )
    return found


def build_sources(
    *, actor: Actor, now: dt.datetime, world: World, touchpoints: dict[str, Touchpoint]
) -> dict[str, Source]:
    """Six sources, from surveys with scores to notes without."""
    homes = {
        "visit-survey": "get-help-ask-store",
        "call-survey": "get-help-solve-phone",
        "app-store": "use-stay-connected-app",
    }
    return {
        key: feedback.source_save(
            actor=actor, now=now, key=key, name=name, kind=kind, score_kind=score_kind, scale_min=Decimal(low),
            scale_max=Decimal(high), unit=world.units["company"], touchpoint=touchpoints.get(homes.get(key, "")),
        )
        for key, (name, kind, score_kind, low, high, _share) in SOURCES.items()
    }  # fmt: skip


def build_customers(
    *, actor: Actor, now: dt.datetime, world: World, chance: random.Random
) -> tuple[list[int], list[str]]:
    """Customers with a name, a contract number, mostly an e-mail, sometimes a phone; returns ids and store keys."""
    stores = list(world.stores)
    homes = [chance.choice(stores) for _number in range(CUSTOMERS)]

    def rows() -> Iterator[CustomerRow]:
        for number, store in enumerate(homes):
            first, last = chance.choice(words.FIRST), chance.choice(words.LAST)
            plain = f"{first}.{last}".lower().translate(str.maketrans("äöüßéçğıİş", "aousecgiis"))
            yield CustomerRow(
                unit_id=world.units[store].pk,
                identities=(("contract", f"AM-{number + 100_000}"),),
                name=f"{first} {last}",
                email=f"{plain}{number}@mail.example" if chance.random() < 0.85 else "",
                phone=f"+49 151 {number:08d}" if chance.random() < 0.6 else "",
                language=words.language_of(chance),
                segment=chance.choices([key for key, _w in SEGMENTS], [weight for _k, weight in SEGMENTS])[0],
                since_on=now.date() - dt.timedelta(days=chance.randrange(30, 3_600)),
            )

    ids: list[int] = []
    for batch in batches(rows()):
        ids += [
            outcome.customer_id or 0
            for outcome in customers.customers_bulk_record(actor=actor, now=now, rows=batch)
        ]
    return ids, homes


def _moment(chance: random.Random, now: dt.datetime, days: int = 540) -> dt.datetime:
    """A moment in the last `days`, in opening hours, never in the last hour."""
    day = now - dt.timedelta(days=chance.random() ** 1.35 * days, hours=1)
    return min(
        day.replace(hour=chance.randrange(8, 20), minute=chance.randrange(60)), now - dt.timedelta(hours=1)
    )


def build_evidence(
    *, actor: Actor, now: dt.datetime, world: World, voices: Voices, chance: random.Random
) -> None:
    """Purchases and interactions of the last eighteen months."""
    lines = (
        ("mobile plan", 32, 90),
        ("home internet", 35, 60),
        ("phone", 180, 900),
        ("tablet", 150, 600),
        ("accessory", 9, 60),
    )

    def purchases() -> Iterator[PurchaseRow]:
        for number in range(PURCHASES):
            who = chance.randrange(CUSTOMERS)
            line, low, high = chance.choice(lines)
            amount = Decimal(chance.randrange(low * 100, high * 100)) / 100
            yield PurchaseRow(
                system="till", external_id=f"P-{number}", unit_id=world.units[voices.customer_units[who]].pk,
                happened_at=_moment(chance, now), amount=amount, currency="EUR", customer_id=voices.customer_ids[who],
                margin=(amount * Decimal("0.31")).quantize(Decimal("0.01")), product_line=line, order_ref=f"O-{number}",
            )  # fmt: skip

    def interactions() -> Iterator[InteractionRow]:
        for number in range(INTERACTIONS):
            who = chance.randrange(CUSTOMERS)
            kind, summary, is_failure = chance.choices(EVENTS, (40, 25, 8, 6, 16, 5))[0]
            matter = chance.choice(words.MATTERS)
            yield InteractionRow(
                system="contact-centre", external_id=f"I-{number}", unit_id=world.units[voices.customer_units[who]].pk, kind=kind,
                happened_at=_moment(chance, now), customer_id=voices.customer_ids[who],
                touchpoint_id=voices.touchpoints[matter.touchpoint].pk,
                summary=f"{summary} “{matter.key}”" if kind == "call" else summary, is_failure=is_failure,
                minutes=Decimal(chance.randrange(2, 28)) if kind in {"call", "visit"} else None,
            )  # fmt: skip

    for batch in batches(purchases()):
        customers.purchases_bulk_record(actor=actor, now=now, rows=batch)
    for batch in batches(interactions()):
        customers.interactions_bulk_record(actor=actor, now=now, rows=batch)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # all in one transaction: without it the planner takes the tables for empty
    customers.customer_values_refresh(actor=actor, now=now)


def _score(key: str, chance: random.Random) -> tuple[Decimal | None, float | None]:
    """(score on the source's scale, the same on 0–1)."""
    _name, _kind, score_kind, low, high, _share = SOURCES[key]
    if score_kind == "none":
        return None, None
    norm = min(max(chance.betavariate(3.4, 1.3), 0.0), 1.0)
    score = round(low + norm * (high - low))
    return Decimal(score), (score - low) / (high - low)


def build_responses(
    *, actor: Actor, now: dt.datetime, world: World, voices: Voices, chance: random.Random
) -> list[int]:
    """Responses of eighteen months; returns the ids of those of the last fortnight (they open live cases)."""
    keys = list(SOURCES)
    shares = [SOURCES[key][5] for key in keys]
    people: dict[int, Customer] = {}
    rows: list[tuple[ResponseRow, bool]] = []
    for number in range(RESPONSES):
        key = chance.choices(keys, shares)[0]
        who = chance.randrange(CUSTOMERS)
        matter = chance.choice(words.MATTERS)
        score, norm = _score(key, chance)
        language = words.language_of(chance)
        text, spoken = words.text(matter, words.mood_of(norm, chance), language, chance)
        if score is not None and chance.random() < 0.45:
            text = ""
        is_known = key not in {"social", "app-store"} or chance.random() < 0.3
        person = people.setdefault(who, Customer(pk=voices.customer_ids[who])) if is_known else None
        at = _moment(chance, now)
        store = world.units[voices.customer_units[who]]
        rows.append(
            (
                ResponseRow(
                    source=voices.sources[key],
                    external_id=f"R-{number}",
                    responded_at=at,
                    unit=store,
                    customer=person,
                    touchpoint=voices.touchpoints[matter.touchpoint],
                    score=score,
                    verbatim=text,
                    language=spoken,
                    asked_at=at - dt.timedelta(hours=chance.randrange(1, 60)) if score is not None else None,
                ),
                at > now - dt.timedelta(days=14),
            )
        )
    recent: list[int] = []
    for is_recent in (False, True):
        for batch in batches(row for row, fresh in rows if fresh is is_recent):
            outcome = feedback.responses_bulk_record(actor=actor, now=now, rows=batch)
            if is_recent:
                recent += outcome.added
    return recent
