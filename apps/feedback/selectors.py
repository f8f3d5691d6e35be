"""Reads of feedback that are more than a queryset."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from typing import Any

from django.db.models import Avg, BooleanField, Count, ExpressionWrapper, Max, Min, Q, StdDev
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.components import TimelineEntry
from apps.feedback.models import Response
from apps.feedback.querysets import ResponseQuerySet
from apps.feedback.rules import FAVOURABLE, UNFAVOURABLE

FIGURE_CAP = 50_000  # more rows than this are not added up while somebody waits
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class FeedbackFigures:
    """What a filtered set of responses says together.

    `mean` is on the common scale `low`–`high` of all sources in the set, with its standard error; None when scales
    differ. `mean_norm` is on 0–1 of each scale. Shares are of the scored ones. With `is_capped` only `count` (the cap)
    is meant.
    """

    count: int
    is_capped: bool
    scored: int = 0
    mean: Decimal | None = None
    se: float | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    mean_norm: float | None = None
    favourable: float | None = None
    unfavourable: float | None = None
    with_words: int = 0


def feedback_figures(rows: ResponseQuerySet) -> FeedbackFigures:
    """Exact figures of a filtered set in one query that never reads more than `FIGURE_CAP` rows."""
    says = ExpressionWrapper(~Q(verbatim="") | ~Q(title=""), output_field=BooleanField())
    narrow = (
        rows.order_by()
        .annotate(says=says)
        .values("pk", "score", "score_norm", "says", "source__scale_min", "source__scale_max")
    )
    found: dict[str, Any] = narrow[: FIGURE_CAP + 1].aggregate(
        count=Count("*"),
        scored=Count("score"),
        mean=Avg("score"),
        deviation=StdDev("score", sample=True),
        norm=Avg("score_norm"),
        good=Count("score_norm", filter=Q(score_norm__gte=FAVOURABLE)),
        bad=Count("score_norm", filter=Q(score_norm__lte=UNFAVOURABLE)),
        words=Count("pk", filter=Q(says=True)),
        low=Min("source__scale_min", filter=Q(score__isnull=False)),
        low_most=Max("source__scale_min", filter=Q(score__isnull=False)),
        high=Max("source__scale_max", filter=Q(score__isnull=False)),
        high_least=Min("source__scale_max", filter=Q(score__isnull=False)),
    )
    if found["count"] > FIGURE_CAP:
        return FeedbackFigures(FIGURE_CAP, True)
    scored = found["scored"]
    if not scored:
        return FeedbackFigures(found["count"], False, with_words=found["words"])
    is_one_scale = found["low"] == found["low_most"] and found["high"] == found["high_least"]
    deviation = found["deviation"]
    return FeedbackFigures(
        count=found["count"],
        is_capped=False,
        scored=scored,
        mean=found["mean"] if is_one_scale else None,
        se=float(deviation) / sqrt(scored) if is_one_scale and deviation is not None else None,
        low=found["low"] if is_one_scale else None,
        high=found["high"] if is_one_scale else None,
        mean_norm=found["norm"],
        favourable=found["good"] / scored,
        unfavourable=found["bad"] / scored,
        with_words=found["words"],
    )


def neighbours(actor: Actor, response: Response, limit: int = 10) -> list[Response]:
    """Other responses of the same customer that this actor sees, newest first. One query."""
    if response.customer_id is None:
        return []
    rows = Response.objects.visible_to(actor).filter(customer_id=response.customer_id).exclude(pk=response.pk)
    return list(rows.defer("search").select_related("source", "touchpoint__step", "unit")[:limit])


def timeline(
    actor: Actor, customer_ids: list[int], until: dt.datetime | None, limit: int
) -> list[TimelineEntry]:
    """Responses on the timeline of a customer (the door in apps/customers/README.md). One query."""
    rows = Response.objects.visible_to(actor).filter(customer_id__in=customer_ids)
    if until is not None:
        rows = rows.filter(responded_at__lte=until)
    rows = rows.defer("search").select_related("source", "touchpoint__step").order_by("-responded_at", "-pk")
    return [
        TimelineEntry(
            at=row.responded_at,
            title=str(row.source),
            text=" – ".join(part for part in (row.title, row.verbatim[:400]) if part),
            icon="message-2",
            tone=tone_of_score(row.score_norm),
            url=row.get_absolute_url(),
            meta=" · ".join(part for part in (score_text(row), str(row.touchpoint or "")) if part),
        )
        for row in rows[:limit]
    ]


def tone_of_score(norm: float | None) -> Any:
    """The tone a score is drawn in; the number always stands beside it."""
    if norm is None:
        return "neutral"
    return "ok" if norm >= FAVOURABLE else "bad" if norm <= UNFAVOURABLE else "attention"


def score_text(row: Response) -> str:
    """A score with its scale: "2 of 5" or "7 on 0–10"; empty without a score."""
    if row.score is None:
        return ""
    plain = {name: f"{value.normalize():f}" for name, value in (
        ("score", row.score), ("low", row.source.scale_min), ("high", row.source.scale_max)
    )}  # fmt: skip
    return _("%(score)s on %(low)s–%(high)s") % plain
