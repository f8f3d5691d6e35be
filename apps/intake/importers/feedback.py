"""Feedback: responses, the purchase of the same row if the file tells one, and the cases that follow."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar

from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.cases.services import cases_open_for_responses
from apps.customers.models import Purchase
from apps.feedback.models import Response, ScoreKind, Source, SourceKind
from apps.intake.convert import Record
from apps.intake.importers.base import Context, Plan
from apps.intake.importers.evidence import EvidenceImporter, values_due
from apps.intake.importers.people import Found
from apps.intake.importers.staging import rows_insert
from apps.kpis.services import rollup_mark

DEFAULT_SOURCE = "imported-feedback"


@lru_cache(maxsize=1_000)
def source_key(name: str) -> str:
    """The key under which a source of this name is kept."""
    return slugify(name)[:60]


class FeedbackImporter(EvidenceImporter):
    """(source, external id) is the key. A source named for the first time is added with the mapping's scale."""

    kind: ClassVar[str] = "feedback"
    model = Response
    origin = "feedback"
    moment_field = "responded_at"
    unique = ("source_id", "external_id")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.sources: dict[str, Source] = {}

    def reset(self) -> None:
        self.sources.clear()

    def key(self, record: Record) -> tuple[Any, ...]:
        return (source_key(record.values.get("source") or DEFAULT_SOURCE), record.values["external_id"])

    def key_of(self, row: Any) -> tuple[Any, ...]:
        return (self._keys[row.source_id], row.external_id)

    @property
    def _keys(self) -> dict[int, str]:
        return {source.pk: key for key, source in self.sources.items()}

    def stored(self, records: Sequence[Record]) -> dict[tuple[Any, ...], Any]:
        keys = {self.key(record) for record in records}
        wanted = {source for source, _id in keys} - set(self.sources)
        if wanted:
            self.sources |= {source.key: source for source in Source.objects.filter(key__in=wanted)}
        known = {source.pk: key for key, source in self.sources.items() if source.pk}
        rows = (
            Response.objects.filter(source_id__in=known, external_id__in={key for _source, key in keys})
            .defer("search")
            .order_by()
        )
        return {(known[row.source_id], row.external_id): row for row in rows}

    def values(self, record: Record, found: Found, touchpoint: int | None) -> dict[str, Any] | Plan:
        given = record.values
        key = self.key(record)[0]
        source = self.sources.get(key)
        if source is None and not self.context.may_add_sources:
            return self.rejected(
                record,
                "source",
                _("There is no such source."),
                _("Add it first, or use the key of another."),
                key,
            )
        low, high = (source.scale_min, source.scale_max) if source else self.context.scale
        values: dict[str, Any] = {}
        score = given.get("score")
        if score is not None:
            if source is not None and source.score_kind == ScoreKind.NONE:
                return self.rejected(
                    record,
                    "score",
                    _("This source takes no score."),
                    _("Leave the score out, or use another source."),
                    str(score),
                )
            if not low <= score <= high:
                return self.rejected(
                    record,
                    "score",
                    _("The score is outside the scale %(low)s to %(high)s of its source.")
                    % {"low": low, "high": high},
                    _("Correct it, or use another source."),
                    str(score),
                )
            values["score"] = score
            values["score_norm"] = float((score - low) / (high - low))
        for name in ("title", "verbatim", "language"):
            if given.get(name):
                values[name] = given[name]
        if given.get("asked_at"):
            values["asked_at"] = given["asked_at"]
        where = touchpoint or (source.touchpoint_id if source else None)
        if where is not None:
            values["touchpoint_id"] = where
        return values

    def plan(self, records: Sequence[Record]) -> list[Plan]:
        for record in records:
            record.values.setdefault("occurred_at", record.values["answered_at"])
        return super().plan(records)

    def _home(self, person: Any, found: Found) -> int | None:
        source = None
        if person is None:
            source = next(iter(self.sources.values()), None) if len(self.sources) == 1 else None
        return super()._home(person, found) or (source.unit_id if source else None)

    def write(self, plans: Sequence[Plan]) -> None:
        self._add_sources(plans)
        super().write(plans)
        self._purchases([plan for plan in plans if plan.record.values.get("revenue") is not None])

    def _add_sources(self, plans: Sequence[Plan]) -> None:
        for plan in plans:
            key = self.key(plan.record)[0]
            source = self.sources.get(key)
            if source is None:
                self.sources[key] = source = self._source(key, plan)
        for plan in plans:
            if plan.action == "add":
                plan.values["source_id"] = self.sources[self.key(plan.record)[0]].pk

    def _source(self, key: str, plan: Plan) -> Source:
        given = plan.record.values
        low, high = self.context.scale
        kinds = {(Decimal(0), Decimal(10)): ScoreKind.NPS, (Decimal(1), Decimal(5)): ScoreKind.STARS}
        row = Source(
            key=key,
            name=given.get("source") or _("Imported feedback"),
            kind=given.get("source_kind") or SourceKind.SURVEY,
            score_kind=kinds.get((low, high), ScoreKind.OTHER)
            if given.get("score") is not None
            else ScoreKind.NONE,
            scale_min=low,
            scale_max=high,
            unit_id=self.context.unit_id,
            touchpoint_id=plan.values.get("touchpoint_id"),
            created_at=self.context.now,
        )
        if not rows_insert([row], key=("key",)):
            return Source.objects.get(key=key)
        self.context.noted(row, plan.line)
        return row

    def row(self, plan: Plan) -> Any:
        if plan.customer is not None:
            plan.values["customer_id"] = plan.customer.pk
        return Response(
            external_id=plan.record.values["external_id"], received_at=self.context.now, **plan.values
        )

    def _purchases(self, plans: Sequence[Plan]) -> None:
        """The amount of a feedback row is a purchase of the same customer, day and id."""
        rows, lines = [], {}
        for plan in plans:
            system, external_id = self.key(plan.record)
            target = plan.target
            customer_id = (
                plan.customer.pk if plan.customer is not None else (target.customer_id if target else None)
            )
            moment = plan.record.values["answered_at"]
            lines[(system, external_id)] = plan.line
            rows.append(
                Purchase(
                    system=system,
                    external_id=external_id,
                    customer_id=customer_id,
                    unit_id=plan.values.get("unit_id")
                    or (target.unit_id if target else self.context.unit_id),
                    touchpoint_id=plan.values.get("touchpoint_id"),
                    happened_at=moment,
                    local_date=self.context.local_date(moment),
                    received_at=self.context.now,
                    amount=plan.record.values["revenue"],
                    currency=plan.record.values.get("currency") or self.context.currency,
                )
            )
        added = rows_insert(rows, key=("system", "external_id"))
        for row in added:
            self.context.noted(row, lines[(row.system, row.external_id)])
        rollup_mark(origin="purchases", keys={(row.unit_id, row.local_date) for row in added})
        if touched := {row.customer_id for row in added if row.customer_id}:
            values_due(touched, self.context.now)

    def stored_rows(self, added: list[Any], changed: list[Any]) -> None:
        ids = [row.pk for row in [*added, *changed]]
        if ids:
            cases_open_for_responses(
                actor=self.context.actor,
                now=self.context.now,
                response_ids=ids,
                notify=self.context.notify or not self.context.is_historical,
                historical=self.context.is_historical,
                import_ref=self.context.job.pk if self.context.job else None,
            )
