"""What the rows of the Olist sample refer to: a journey, one source, the rule that opens cases, and KPIs to read it by."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from apps.accounts.models import Unit
from apps.cases.models import CaseRule
from apps.cases.services import rule_save
from apps.core.actor import Actor
from apps.feedback.models import ScoreKind, Source, SourceKind
from apps.feedback.services import source_save
from apps.journeys.models import Channel, Journey, Step, Touchpoint
from apps.journeys.services import journey_create, step_add, touchpoint_add
from apps.kpis.models import Direction, Grain, Kpi, KpiKind, Statistic
from apps.kpis.services import kpi_create

JOURNEY = "olist-purchase"
STEPS = (
    ("order", "Order", False),
    ("pay", "Pay", False),
    ("hand-over", "Hand over to the carrier", False),
    ("deliver", "Deliver", True),
    ("review", "Review", False),
)
SOURCE = "olist-reviews"
RULE = "Olist: one or two stars"
DELIVERED = {"field": "attributes.delivered", "op": "=", "value": "yes"}
FROM_REVIEWS = {"field": "source", "op": "=", "value": SOURCE}
LATE = {"field": "attributes.days_late", "op": ">", "value": 0}

KPIS: tuple[dict[str, Any], ...] = (
    {
        "key": "olist-score",
        "name": "Olist review score",
        "kind": KpiKind.PERCEPTIVE,
        "statistic": Statistic.MEAN,
        "unit_label": "stars",
        "derived": {"from": "feedback", "where": [FROM_REVIEWS], "measure": "score"},
        "definition": "Mean of the review scores, 1 to 5 stars, of all orders.",
    },
    {
        "key": "olist-score-by-lateness",
        "name": "Olist review score, late against on time",
        "kind": KpiKind.PERCEPTIVE,
        "statistic": Statistic.MEAN,
        "unit_label": "stars",
        "derived": {
            "from": "feedback",
            "where": [FROM_REVIEWS, DELIVERED],
            "measure": "score",
            "split": {**LATE, "labels": ["late", "on time"]},
        },
        "definition": "Mean score of delivered orders, split by whether they came after the promised day.",
    },
    {
        "key": "olist-late",
        "name": "Olist reviews of late orders",
        "kind": KpiKind.OPERATIONAL,
        "statistic": Statistic.SHARE,
        "direction": Direction.DOWN,
        "unit_label": "%",
        "derived": {"from": "feedback", "where": [FROM_REVIEWS, DELIVERED], "hit": LATE},
        "definition": "Share of reviews of delivered orders whose delivery came after the promised calendar day.",
    },
    {
        "key": "olist-paid",
        "name": "Olist payments",
        "kind": KpiKind.OUTCOME,
        "statistic": Statistic.SUM,
        "unit_label": "BRL",
        "derived": {
            "from": "purchases",
            "where": [
                {"field": "system", "op": "=", "value": "olist"},
                {"field": "currency", "op": "=", "value": "BRL"},
            ],
            "measure": "amount",
        },
        "definition": "Sum of payments, by the day of the order.",
    },
)


def olist_setup(*, actor: Actor, now: dt.datetime, unit: Unit) -> None:
    """Add what is missing; what is there already is left as people made it.

    The preset is shipped with the product: its parts are added by the system, whoever imports, and the audit says so.
    """
    system = Actor.system(f"preset olist ({actor.label})")
    touchpoints = _journey(system, now)
    source = Source.objects.filter(key=SOURCE).first() or source_save(
        actor=system, now=now, key=SOURCE, name="Olist reviews", kind=SourceKind.REVIEW, score_kind=ScoreKind.STARS,
        scale_min=Decimal(1), scale_max=Decimal(5), unit=unit, touchpoint=touchpoints["review"],
    )  # fmt: skip
    if not CaseRule.objects.filter(sources=source).exists():
        # Before the organisation's general rules, which speak of other scales.
        rule_save(
            actor=system, now=now, name=RULE, position=10, unit=unit, sources=[source], score_at_most=Decimal(2),
        )  # fmt: skip
    known = set(Kpi.objects.filter(key__in=[each["key"] for each in KPIS]).values_list("key", flat=True))
    for each in KPIS:
        if each["key"] not in known:
            kpi_create(actor=system, now=now, **{"grain": Grain.MONTH, **each})


def _journey(actor: Actor, now: dt.datetime) -> dict[str, Touchpoint]:
    """The marketplace's journey with one touchpoint per step."""
    journey = Journey.objects.filter(key=JOURNEY).first() or journey_create(
        actor=actor, now=now, name="Buying on the marketplace (Olist)", key=JOURNEY
    )
    found: dict[str, Touchpoint] = {}
    for key, name, is_moment in STEPS:
        step = Step.objects.filter(journey=journey, key=key).first() or step_add(
            actor=actor, now=now, journey=journey, name=name, key=key, is_moment_of_truth=is_moment
        )
        found[key] = Touchpoint.objects.filter(
            step=step, channel=Channel.MARKETPLACE
        ).first() or touchpoint_add(
            actor=actor, now=now, step=step, channel=Channel.MARKETPLACE, key=f"olist-{key}-marketplace"
        )
    return found
