"""Composed reads: what the gate knows, what the returns room needs, and costs by month."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.core.actor import Actor
from apps.initiatives.models import CostLine, GateDecision, Initiative, InvestmentType, KpiLink, Treatment
from apps.initiatives.phasing import Line, MonthCost, phase
from apps.initiatives.rules import GateFacts


@dataclass(frozen=True, slots=True)
class TreatmentRow:
    unit_id: int
    segment: str
    starts_on: dt.date
    ends_on: dt.date | None
    assignment: str
    chosen_until: dt.date | None


@dataclass(frozen=True, slots=True)
class CostRow:
    plan: str
    rhythm: str
    amount: Decimal
    currency: str
    starts_on: dt.date
    ends_on: dt.date | None
    is_capex: bool
    label: str
    source: str

    @property
    def line(self) -> Line:
        return Line(self.plan, self.rhythm, self.amount, self.starts_on, self.ends_on, self.is_capex)


@dataclass(frozen=True, slots=True)
class LinkRow:
    kpi_id: int
    value_model_id: int | None
    expected_effect: float | None
    expected_sd: float | None
    lag_periods: int


@dataclass(frozen=True, slots=True)
class ReturnInputs:
    """All of one initiative that its return depends on, at `input_version`."""

    id: int
    key: str
    name: str
    unit_id: int
    investment_class: str
    stage: str
    currency: str
    stays: tuple[int | None, int | None, int | None]
    input_version: int
    treatments: tuple[TreatmentRow, ...]
    costs: tuple[CostRow, ...]
    links: tuple[LinkRow, ...]


def return_inputs(*, actor: Actor, ids: Iterable[int]) -> dict[int, ReturnInputs]:
    """{initiative id: its inputs}, in four queries however many are asked for."""
    wanted = list(ids)
    treatments: dict[int, list[TreatmentRow]] = defaultdict(list)
    for t in Treatment.objects.visible_to(actor).filter(initiative_id__in=wanted).order_by("id"):
        treatments[t.initiative_id].append(
            TreatmentRow(t.unit_id, t.segment, t.starts_on, t.ends_on, t.assignment, t.chosen_until)
        )
    costs: dict[int, list[CostRow]] = defaultdict(list)
    for c in CostLine.objects.visible_to(actor).filter(initiative_id__in=wanted).order_by("id"):
        costs[c.initiative_id].append(
            CostRow(
                c.plan, c.rhythm, c.amount, c.currency, c.starts_on, c.ends_on, c.is_capex, c.label, c.source
            )
        )
    links: dict[int, list[LinkRow]] = defaultdict(list)
    for k in KpiLink.objects.visible_to(actor).filter(initiative_id__in=wanted).order_by("id"):
        links[k.initiative_id].append(
            LinkRow(k.kpi_id, k.value_model_id, k.expected_effect, k.expected_sd, k.lag_periods)
        )
    rows = Initiative.objects.visible_to(actor).filter(pk__in=wanted).order_by("id")
    return {
        row.pk: ReturnInputs(
            row.pk,
            row.key,
            row.name,
            row.unit_id,
            row.investment_class,
            row.stage,
            row.currency,
            (row.stays_6m, row.stays_12m, row.stays_24m),
            row.input_version,
            tuple(treatments[row.pk]),
            tuple(costs[row.pk]),
            tuple(links[row.pk]),
        )
        for row in rows
    }


def gate_facts(*, actor: Actor, initiative: Initiative) -> GateFacts:
    """What the gate's rule needs to know of an initiative (its row as it is in memory). Three queries."""
    starts = list(
        Treatment.objects.visible_to(actor).filter(initiative=initiative).values_list("starts_on", flat=True)
    )
    deciders = GateDecision.objects.visible_to(actor).filter(initiative=initiative)
    return GateFacts(
        investment_class=initiative.investment_class,
        summary=initiative.summary,
        budget=initiative.budget,
        stays=(initiative.stays_6m, initiative.stays_12m, initiative.stays_24m),
        cost_per_1000=initiative.cost_per_1000,
        customer_gain=initiative.customer_gain,
        company_gain=initiative.company_gain,
        trust_risk=initiative.trust_risk,
        is_comfortable_public=initiative.is_comfortable_public,
        advocate=initiative.advocate,
        no_advocate_reason=initiative.no_advocate_reason,
        operational_owner=initiative.operational_owner,
        transformation=initiative.transformation,
        transformation_owner=initiative.transformation_owner,
        transformation_due_on=initiative.transformation_due_on,
        links=KpiLink.objects.visible_to(actor).filter(initiative=initiative).count(),
        treatments=len(starts),
        first_start=min(starts, default=None),
        earlier_deciders=frozenset(
            pk for pk in deciders.values_list("decided_by_id", flat=True) if pk is not None
        ),
    )


def costs_by_month(
    *, actor: Actor, initiative: Initiative, as_of: dt.date, through: dt.date
) -> dict[str, list[MonthCost]]:
    """{currency: each month planned, actual and counted}; the initiative's own currency first. One query."""
    lines: dict[str, list[Line]] = defaultdict(list)
    for c in CostLine.objects.visible_to(actor).filter(initiative=initiative):
        lines[c.currency].append(Line(c.plan, c.rhythm, c.amount, c.starts_on, c.ends_on, c.is_capex))
    order = sorted(lines, key=lambda code: (code != initiative.currency, code))
    return {code: phase(lines[code], as_of=as_of, through=through) for code in order}


def initiative_by_key(*, actor: Actor, key: str) -> Initiative | None:
    """The initiative of this key if the actor may see it."""
    return Initiative.objects.visible_to(actor).filter(key=key.strip().lower()).first()


def investment_type_by_key(*, actor: Actor, key: str) -> InvestmentType | None:
    """The investment type of this key."""
    return InvestmentType.objects.visible_to(actor).filter(key=key.strip().lower()).first()
