"""What programs send: one response at a time, or batches of any kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.audit import services as audit
from apps.cases.models import Case
from apps.cases.services import case_open_for_response
from apps.core.actor import Actor
from apps.core.errors import Invalid
from apps.customers.models import Customer
from apps.customers.services import customer_record
from apps.feedback.models import Response, Source
from apps.feedback.services import response_record
from apps.intake.convert import Defaults, Outcome, Reader, Record
from apps.intake.fields import ATTRIBUTE, kind_spec
from apps.intake.guards import action_for, home_unit
from apps.intake.importers.base import Importer, Plan
from apps.intake.importers.registry import IMPORTERS, context_for
from apps.intake.importers.work import batch_write
from apps.intake.mapping import Column, Mapping
from apps.intake.reading.faults import FileRefused, RowFault
from apps.intake.reading.table import Row, cells_check
from apps.journeys.models import Touchpoint
from apps.kpis.services import rollup_mark

MOST_ROWS = 1_000
# The batch's rows name their sources; each score is checked against its own source's scale.
ANY_SCALE = (Decimal(-9_999), Decimal(9_999))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one delivery: its response, whether it was new, and its case if one is open for it."""

    response: Response
    is_new: bool
    case: Case | None


@transaction.atomic
def feedback_receive(
    *,
    actor: Actor,
    now: dt.datetime,
    source: str,
    external_id: str,
    responded_at: dt.datetime,
    score: Decimal | None = None,
    title: str = "",
    verbatim: str = "",
    language: str = "",
    asked_at: dt.datetime | None = None,
    unit: str = "",
    touchpoint: str = "",
    customer: MappingType[str, str] | None = None,
    attributes: dict[str, Any] | None = None,
) -> Receipt:
    """Record one response, its customer and, if a rule says so, its case, all or nothing.

    `customer` may hold system, id, email, phone, name. A repeat of (source, external_id) returns the first and writes
    nothing. `source`, `unit` and `touchpoint` are keys. Raises Invalid by field, Denied.
    """
    policy.require(actor, "feedback.response.record")
    origin = (
        Source.objects.visible_to(actor)
        .filter(key=source, is_active=True)
        .select_related("unit", "touchpoint")
        .first()
    )
    if origin is None:
        raise Invalid(fields={"source": [_("There is no such source.")]})
    known = (
        Response.objects.filter(source=origin, external_id=external_id)
        .select_related("customer", "touchpoint")
        .first()
    )
    if known is not None:
        response, is_new = _repeat(actor, now, known, origin, external_id, responded_at)
        return Receipt(response, is_new, _case_of(response))
    place = _unit(actor, unit)
    where = _touchpoint(touchpoint) or origin.touchpoint
    person = _customer(actor, now, customer or {}, place or origin.unit)
    response, is_new = response_record(
        actor=actor, now=now, source=origin, external_id=external_id, responded_at=responded_at,
        unit=place, customer=person, touchpoint=where, score=score, title=title,
        verbatim=verbatim, language=language, asked_at=asked_at, attributes=attributes,
    )  # fmt: skip
    case = None
    if is_new:
        rollup_mark(origin="feedback", keys={(response.unit_id, response.local_date)})
        case = case_open_for_response(actor=actor, now=now, response=response)
        audit.record(actor=actor, action="intake.feedback.received", obj=response, now=now)
    return Receipt(response, is_new, case or _case_of(response))


def _repeat(
    actor: Actor,
    now: dt.datetime,
    known: Response,
    origin: Source,
    external_id: str,
    responded_at: dt.datetime,
) -> tuple[Response, bool]:
    """A known key: the verb answers with the first delivery, or not at all to who may not see it."""
    return response_record(
        actor=actor, now=now, source=origin, external_id=external_id, responded_at=responded_at,
        unit=known.unit, customer=known.customer, touchpoint=known.touchpoint,
    )  # fmt: skip


def _case_of(response: Response) -> Case | None:
    return Case.objects.filter(responses__response=response).first()


def _unit(actor: Actor, key: str) -> Unit | None:
    if not key:
        return None
    found: Unit | None = Unit.objects.visible_to(actor).filter(key=key, is_active=True).first()
    if found is None:
        raise Invalid(fields={"unit": [_("There is no such unit, or it is not yours.")]})
    return found


def _touchpoint(key: str) -> Touchpoint | None:
    if not key:
        return None
    found: Touchpoint | None = Touchpoint.objects.filter(key=key, is_active=True).first()
    if found is None:
        raise Invalid(fields={"touchpoint": [_("There is no such touchpoint.")]})
    return found


def _customer(actor: Actor, now: dt.datetime, given: MappingType[str, str], unit: Unit) -> Customer | None:
    """The customer a delivery names, added if nobody has this identity, address or phone; None when it names none."""
    identities = [(given.get("system") or "import", given["id"])] if given.get("id") else []
    if not (identities or given.get("email") or given.get("phone")):
        return None
    found, _outcome = customer_record(
        actor=actor, now=now, unit=unit, identities=identities, name=given.get("name", ""),
        email=given.get("email", ""), phone=given.get("phone", ""),
    )  # fmt: skip
    return found


@dataclass(slots=True)
class BatchResult:
    """Counts of a batch, and for each row (by position) its outcome and faults; rows = the sum of the four."""

    added: int = 0
    changed: int = 0
    skipped: int = 0
    rejected: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)


@transaction.atomic
def batch_receive(
    *,
    actor: Actor,
    now: dt.datetime,
    kind: str,
    rows: Sequence[MappingType[str, Any]],
    unit: Unit | None = None,
) -> BatchResult:
    """Take up to 1,000 rows of a kind (fields as in its template). A bad row does not stop the others.

    The same rows again change nothing; a key that stands twice in the batch is taken once. Raises Invalid when the
    batch as a whole cannot be meant.
    """
    policy.require(actor, action_for(kind), unit)
    unit = unit or home_unit(actor)
    if not rows or len(rows) > MOST_ROWS:
        raise Invalid(_("Send 1 to %(most)d rows.") % {"most": MOST_ROWS})
    outcomes = _read(kind, rows)
    scale = ANY_SCALE
    context = context_for(Mapping(kind=kind), actor=actor, now=now, unit_id=unit.pk, scale=scale)
    context.may_add_sources = False
    importer = IMPORTERS[kind](context)
    importer.twice_is_fault = False  # type: ignore[misc]
    plans = _carried_out(importer, outcomes)
    importer.finish()
    result = _result(outcomes, plans)
    counts = {name: getattr(result, name) for name in ("added", "changed", "skipped", "rejected")}
    audit.record(
        actor=actor, action="intake.batch.received", now=now, label=kind, unit_id=unit.pk, changes=counts
    )
    return result


def _read(kind: str, rows: Sequence[MappingType[str, Any]]) -> list[Outcome]:
    """JSON rows through the same casts as cells of a file; `line` is the position from 1."""
    spec = kind_spec(kind)
    flat = [_flat(row) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    faults: dict[int, RowFault] = {}
    for place, row in enumerate(flat, start=1):
        for name, value in row.items():
            if spec.field(name) is None:
                faults[place] = RowFault(
                    place, name[:60], "", _("There is no such field."), _("See the kind's template.")
                )
            elif not isinstance(value, (str, int, float, bool, Decimal)):
                faults[place] = RowFault(place, name, "", _("Give a text or a number."), "")
    usable = [name for name in names if spec.field(name) is not None]
    mapping = Mapping(
        kind=kind, columns=tuple(Column(name=name, field=name, empty="allow") for name in usable)
    )
    try:
        reader = Reader(mapping, usable, Defaults(zone="UTC", scale=ANY_SCALE))
    except FileRefused as refused:
        raise Invalid(str(refused)) from refused
    outcomes: list[Outcome] = []
    for place, row in enumerate(flat, start=1):
        cells = [row.get(name, "") for name in usable]
        fault = faults.get(place) or cells_check(place, usable, cells)
        outcomes.append(reader.read(Row(place, cells, fault)))
    return outcomes


def _flat(row: MappingType[str, Any]) -> dict[str, Any]:
    """A row with its free attributes as `attributes.<name>`; empty values tell nothing."""
    found = {name: value for name, value in row.items() if name != "attributes" and value is not None}
    extra = row.get("attributes")
    if isinstance(extra, dict):
        found |= {f"{ATTRIBUTE}{name}": value for name, value in extra.items() if value is not None}
    elif extra is not None:
        found["attributes"] = extra
    return found


def _carried_out(importer: Importer, outcomes: list[Outcome]) -> dict[int, Plan]:
    records = [each for each in outcomes if isinstance(each, Record)]
    plans = importer.plan(records) if records else []
    batch_write(importer, plans)
    return {plan.line: plan for plan in plans}


_WORDS = {"add": "added", "change": "changed", "skip": "skipped", "reject": "rejected"}


def _result(outcomes: list[Outcome], plans: dict[int, Plan]) -> BatchResult:
    result = BatchResult()
    for place, outcome in enumerate(outcomes, start=1):
        faults: list[RowFault] = outcome if isinstance(outcome, list) else []
        action = "reject"
        if isinstance(outcome, Record):
            plan = plans[place]
            action, faults = plan.action, [plan.fault] if plan.fault else []
        name = _WORDS[action]
        setattr(result, name, getattr(result, name) + 1)
        row: dict[str, Any] = {"row": place, "outcome": name}
        if faults:
            row["faults"] = [
                {"field": each.column, "reason": each.reason, "remedy": each.remedy} for each in faults
            ]
        result.rows.append(row)
    return result
