"""Answers and operational events as one kind of thing that may open a case, and the rules that look at them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from apps.accounts.models import Unit
from apps.cases import rules
from apps.cases.models import CaseInteraction, CaseResponse, CaseRule
from apps.cases.writing import hours
from apps.core.actor import Actor
from apps.customers.models import Interaction
from apps.feedback.models import Response

SUBJECT_LENGTH = 90


@dataclass(frozen=True, slots=True)
class Kind:
    """Where a kind of evidence lies and which table ties it to a case."""

    trigger: str
    model: type[models.Model]
    link: type[CaseResponse] | type[CaseInteraction]
    field: str


RESPONSES = Kind(rules.FEEDBACK, Response, CaseResponse, "response_id")
INTERACTIONS = Kind(rules.EVENT, Interaction, CaseInteraction, "interaction_id")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One answer or event: what happened when, to whom, where, and what a rule may look at."""

    pk: int
    at: dt.datetime
    customer_id: int | None
    touchpoint_id: int | None
    subject: str
    text: str
    signal: rules.Signal

    @property
    def key(self) -> tuple[int, int] | None:
        """Evidence with the same key is one matter."""
        return rules.key_of(self.customer_id, self.touchpoint_id)


def shorten(text: str, limit: int = SUBJECT_LENGTH) -> str:
    """The first words of a text, on one line."""
    line = " ".join(text.replace("\x00", "").split())
    return line if len(line) <= limit else line[: limit - 1].rsplit(" ", 1)[0] + "…"


def load(kind: Kind, actor: Actor, ids: Sequence[int]) -> list[Evidence]:
    """The evidence of these ids that the actor may see, oldest first. One query; a merged customer counts as the other."""
    rows = kind.model.objects.visible_to(actor).filter(pk__in=ids).order_by(*_order(kind), "pk")  # type: ignore[attr-defined]
    rows = rows.annotate(
        person=Coalesce("customer__merged_into_id", "customer_id"), value=F("customer__value_12m")
    )
    if kind is RESPONSES:
        return [_of_response(row) for row in rows.select_related("source").defer("search", "attributes")]
    return [_of_interaction(row) for row in rows.defer("attributes")]


def _order(kind: Kind) -> tuple[str, ...]:
    return ("responded_at",) if kind is RESPONSES else ("happened_at",)


def _of_response(row: Any) -> Evidence:
    said = shorten(row.title) or shorten(row.verbatim)
    if not said and row.score is not None:
        said = _("Score %(score)s of %(best)s, %(source)s") % {
            "score": f"{row.score.normalize():f}",
            "best": f"{row.source.scale_max.normalize():f}",
            "source": row.source.name,
        }
    signal = rules.Signal(
        trigger=rules.FEEDBACK, unit_id=row.unit_id, source_id=row.source_id, score=row.score,
        words=f"{row.title}\n{row.verbatim}", customer_value=row.value,
    )  # fmt: skip
    subject = said or str(row.source)
    return Evidence(row.pk, row.responded_at, row.person, row.touchpoint_id, subject, "", signal)


def _of_interaction(row: Any) -> Evidence:
    signal = rules.Signal(
        trigger=rules.EVENT, unit_id=row.unit_id, customer_value=row.value, words=row.summary,
        event_kind=row.kind, is_failure=row.is_failure,
    )  # fmt: skip
    what = row.kind.replace("_", " ").capitalize()
    subject = shorten(f"{what}: {row.summary}" if row.summary else what)
    return Evidence(row.pk, row.happened_at, row.person, row.touchpoint_id, subject, subject, signal)


def active_rules(trigger: str) -> list[rules.Rule]:
    """The active rules in their order, with the units they reach. Three queries."""
    rows = list(
        CaseRule.objects.filter(is_active=True, trigger=trigger)
        .select_related("unit")
        .prefetch_related("sources")
        .order_by("position", "id")
    )
    units = list(Unit.objects.values_list("id", "path")) if rows else []
    return [
        rules.Rule(
            pk=row.pk,
            trigger=row.trigger,
            unit_ids=frozenset(pk for pk, path in units if path.startswith(row.unit.path)),
            source_ids=frozenset(source.pk for source in row.sources.all()),
            score_at_most=row.score_at_most,
            words=tuple(row.words),
            minimum_value=row.minimum_value,
            event_kinds=tuple(row.event_kinds),
            priority=row.priority,
            first_contact=hours(row.first_contact_hours),
            resolution=hours(row.resolution_hours),
        )
        for row in rows
    ]
