"""A source, a touchpoint, a rule for bad scores, and answers on demand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from apps.cases import services
from apps.cases.models import Case, CaseRule
from apps.core.actor import Actor
from apps.customers.models import Customer, Interaction
from apps.feedback.models import Response, Source
from apps.journeys.models import Channel, Journey, Step, Touchpoint
from tests.cast import NOW, Cast


class World:
    """`world.answer(score=1)` stores an answer, `world.case()` a case, `world.worked(case, "contacted")` moves one on."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.system = Actor.system("test")
        self._number = count(1)
        journey = Journey.objects.create(key="buy", name="Buying")
        step = Step.objects.create(journey=journey, key="deliver", name="Delivery", position=1)
        self.touchpoint = Touchpoint.objects.create(step=step, channel=Channel.POST, key="deliver-post")
        self.source = Source.objects.create(
            key="survey",
            name="Survey",
            kind="survey",
            score_kind="stars",
            scale_min=1,
            scale_max=5,
            unit=cast.company,
        )
        self.rule: CaseRule = services.rule_save(
            actor=self.system, now=NOW, name="Bad score", unit=cast.company, score_at_most=Decimal(2)
        )

    def customer(self, unit: Any = None, **fields: Any) -> Customer:
        n = next(self._number)
        return Customer.objects.create(unit=unit or self.cast.store, **{"name": f"Customer {n}", **fields})

    def answer(
        self, *, customer: Customer | None = None, unit: Any = None, score: int | None = 1, **fields: Any
    ) -> Response:
        n = next(self._number)
        values = {
            "verbatim": f"It came late, number {n}.", "responded_at": NOW, "local_date": NOW.date(),
            "touchpoint": self.touchpoint, "external_id": f"r{n}", **fields,
        }  # fmt: skip
        return Response.objects.create(
            source=self.source, unit=unit or self.cast.store, customer=customer, score=score, **values
        )

    def event(
        self, *, customer: Customer | None = None, kind: str = "payment_failed", **fields: Any
    ) -> Interaction:
        n = next(self._number)
        values = {
            "system": "shop", "external_id": f"i{n}", "happened_at": NOW, "local_date": NOW.date(),
            "is_failure": True, "unit": self.cast.store, "touchpoint": self.touchpoint, **fields,
        }  # fmt: skip
        return Interaction.objects.create(customer=customer, kind=kind, **values)

    def case(
        self, *, unit: Any = None, at: dt.datetime = NOW, customer: Customer | None = None, **answer: Any
    ) -> Case:
        person = customer or self.customer(unit)
        response = self.answer(customer=person, unit=unit, **answer)
        case = services.case_open_for_response(actor=self.system, now=at, response=response, notify=False)
        assert case is not None
        return case

    def worked(self, case: Case, state: str, *, by: str = "frontline", at: dt.datetime = NOW) -> Case:
        """Move a new case on to `state`."""
        actor = self.cast.actor(by)
        steps = ["assigned", "contacted", "resolved", "closed"]
        for step in steps[: steps.index(state) + 1]:
            if step == "assigned":
                case = services.case_take(actor=actor, now=at, case=case)
            elif step == "contacted":
                case = services.case_log_contact(
                    actor=actor,
                    now=at,
                    case=case,
                    channel="phone",
                    is_reached=True,
                    minutes=10,
                    goodwill=Decimal(5),
                )
            elif step == "resolved":
                case = services.case_resolve(
                    actor=actor, now=at, case=case, cause="Carrier lost it", resolution="Sent again"
                )
            else:
                case = services.case_close(
                    actor=actor, now=at, case=case, outcome="confirmed", score_after=Decimal(4)
                )
        return case


@pytest.fixture
def world(cast: Cast) -> World:
    return World(cast)
