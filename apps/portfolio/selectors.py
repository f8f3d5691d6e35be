"""The one read behind the executive page, the API, the command and the export."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from apps.accounts import policy
from apps.accounts.selectors import the_organisation
from apps.cases.models import Case
from apps.cases.selectors import Kept, totals
from apps.core.actor import Actor, Role
from apps.initiatives.models import Initiative, InvestmentClass
from apps.portfolio.rules import (
    CENT,
    ZERO,
    Covariances,
    Range,
    is_proven,
    npv_sum,
    returned_sum,
    share_proven,
)
from apps.returns.models import ReturnState, Snapshot
from apps.returns.rules import NOT_BEGUN
from apps.returns.selectors import standings

LOOP_CLOSING = "loop-closing"
MONEY_ROLES = (Role.CX_MANAGER, Role.ANALYST, Role.FINANCE, Role.EXECUTIVE)


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """One line: an initiative with its current snapshot. Money in cents of `currency`; None = not known, never zero."""

    id: int
    uid: str
    key: str
    name: str
    investment_class: str
    class_label: str
    stage: str
    stage_label: str
    unit: str
    url: str
    currency: str
    invested: Decimal | None
    returned_low: Decimal | None
    returned_mid: Decimal | None
    returned_high: Decimal | None
    saved: Decimal | None
    made: Decimal | None
    cash: Decimal | None
    roi: float | None
    npv_low: Decimal | None
    npv_mid: Decimal | None
    npv_high: Decimal | None
    payback_months: float | None
    grade: str
    verdict: str
    is_stale: bool
    error: str
    as_of: dt.date | None
    snapshot_uid: str
    snapshot_url: str

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One investment class: what was spent, what came back, and how much of that is proven."""

    code: str
    label: str
    count: int
    invested: Decimal
    returned: Decimal
    proven: Decimal
    unproven: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The portfolio in one currency. `judged` are the lines with a return; the others' cost counts all the same."""

    currency: str
    count: int
    judged: int
    invested: Decimal
    invested_judged: Decimal
    returned: Range
    net: Range
    proven: Range
    unproven: Range
    share_proven: float | None
    roi: float | None
    npv: Range | None
    payback_months: float | None
    saved: Decimal
    made: Decimal
    cash: Decimal
    non_cash: Decimal
    classes: tuple[ClassLine, ...]


@dataclass(frozen=True, slots=True)
class LoopClosing:
    """Closing the loop with customers one by one (R 0.04): what it cost, and how well it is kept up."""

    cases: int
    open: int
    first_contact: Kept
    resolution: Kept
    minutes: Decimal
    minute_rate: Decimal
    goodwill: Decimal
    cost: Decimal
    other_currencies: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Overview:
    """The portfolio: its lines, the totals in the organisation's currency, and other currencies apart."""

    as_of: dt.date | None
    at: dt.datetime
    currency: str
    rows: tuple[PortfolioRow, ...]
    totals: Totals
    others: tuple[Totals, ...]
    loop: LoopClosing | None
    verdicts: dict[str, int]
    stale: int
    horizon_months: int


def portfolio_overview(
    *,
    actor: Actor,
    now: dt.datetime,
    initiatives: QuerySet[Initiative] | None = None,
    with_loop: bool | None = None,
) -> Overview:
    """The portfolio over these initiatives (None: all the actor may see). The number of queries does not depend on theirs.

    Ideas and business cases have spent nothing and are left out. Loop closing is a line of its own in *enticement*; it is
    left out when the lines are narrowed (`with_loop` decides otherwise).
    """
    company = the_organisation()
    is_all = initiatives is None
    chosen = Initiative.objects.visible_to(actor) if initiatives is None else initiatives
    found = list(chosen.exclude(stage__in=NOT_BEGUN).select_related("unit"))
    where = standings(actor=actor, initiatives=found)
    rows = [_row(row, where[row.pk].snapshot, where[row.pk].is_stale, where[row.pk].error) for row in found]
    loop = loop_closing(actor=actor, now=now) if (is_all if with_loop is None else with_loop) else None
    if loop is not None and loop.cost > 0:
        rows.append(_loop_row(actor, loop, company.currency))
    behind = _behind(actor, found)
    by_currency: dict[str, list[PortfolioRow]] = defaultdict(list)
    for line in rows:
        by_currency[line.currency].append(line)
    totals_of = {code: _totals(code, lines, behind) for code, lines in sorted(by_currency.items())}
    main = totals_of.pop(company.currency, None) or _totals(company.currency, [], behind)
    return Overview(
        as_of=max((line.as_of for line in rows if line.as_of is not None), default=None),
        at=now,
        currency=company.currency,
        rows=tuple(rows),
        totals=main,
        others=tuple(totals_of.values()),
        loop=loop,
        verdicts=dict(Counter(line.verdict for line in rows)),
        stale=sum(line.is_stale for line in rows),
        horizon_months=company.horizon_months,
    )


def _row(row: Initiative, snapshot: Snapshot | None, is_stale: bool, error: str) -> PortfolioRow:
    labels = (str(row.get_investment_class_display()), str(row.get_stage_display()))
    common: dict[str, Any] = {
        "id": row.pk, "uid": str(row.uid), "key": row.key, "name": row.name, "investment_class": row.investment_class,
        "class_label": labels[0], "stage": row.stage, "stage_label": labels[1], "unit": str(row.unit),
        "url": row.get_absolute_url(), "is_stale": is_stale, "error": error,
    }  # fmt: skip
    if snapshot is None:
        return PortfolioRow(
            **common, currency=row.currency, invested=None, returned_low=None, returned_mid=None, returned_high=None,
            saved=None, made=None, cash=None, roi=None, npv_low=None, npv_mid=None, npv_high=None, payback_months=None,
            grade="", verdict="not_computed", as_of=None, snapshot_uid="", snapshot_url="",
        )  # fmt: skip
    return PortfolioRow(
        **common, currency=snapshot.currency, invested=snapshot.invested, returned_low=snapshot.returned_low,
        returned_mid=snapshot.returned_mid, returned_high=snapshot.returned_high, saved=snapshot.saved_mid,
        made=snapshot.made_mid, cash=snapshot.cash_mid, roi=snapshot.roi, npv_low=snapshot.npv_low,
        npv_mid=snapshot.npv_mid, npv_high=snapshot.npv_high, payback_months=snapshot.payback_months,
        grade=snapshot.grade if snapshot.returned_mid is not None else "", verdict=snapshot.verdict,
        as_of=snapshot.as_of, snapshot_uid=str(snapshot.uid), snapshot_url=snapshot.get_absolute_url(),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Behind:
    """What the current snapshots keep for sums: covariances (so far, of present values), cash by month over the horizon,
    and the present values so far (invested, returned)."""

    so_far: Covariances
    present: Covariances
    cash: dict[int, dict[str, float]]
    values: dict[int, tuple[float, float]]


def _behind(actor: Actor, found: Iterable[Initiative]) -> Behind:
    """One query over the current snapshots, of their sums' parts only."""
    states = ReturnState.objects.visible_to(actor).filter(initiative__in=list(found), current__isnull=False)
    so_far: dict[int, dict[int, float]] = {}
    present: dict[int, dict[int, float]] = {}
    cash: dict[int, dict[str, float]] = {}
    values_of: dict[int, tuple[float, float]] = {}
    keep = ("current__result__covariance", "current__result__horizon__months", "current__result__present")
    for pk, covariance, months, values in states.values_list("initiative_id", *keep):
        so_far[pk] = {int(other): value for other, value in (covariance or {}).get("so_far", {}).items()}
        present[pk] = {int(other): value for other, value in (covariance or {}).get("present", {}).items()}
        cash[pk] = {month["date"]: month["return"]["mid"] - month["cost"] for month in months or []}
        values_of[pk] = ((values or {}).get("invested") or 0.0, (values or {}).get("returned") or 0.0)
    return Behind(so_far, present, cash, values_of)


def _totals(currency: str, rows: list[PortfolioRow], behind: Behind) -> Totals:
    judged = [row for row in rows if row.returned_mid is not None]
    invested = sum((row.invested for row in rows if row.invested is not None), ZERO)
    invested_judged = sum((row.invested for row in judged if row.invested is not None), ZERO)
    returned = returned_sum(judged, behind.so_far)
    by_class: dict[str, list[PortfolioRow]] = defaultdict(list)
    for row in rows:
        by_class[row.investment_class].append(row)
    values = [behind.values.get(row.id, (float(row.invested or 0), 0.0)) for row in rows]
    spent, worth = sum(value[0] for value in values), sum(value[1] for value in values)
    cash_in = sum((row.cash or ZERO for row in judged), ZERO)
    return Totals(
        currency=currency,
        count=len(rows),
        judged=len(judged),
        invested=invested,
        invested_judged=invested_judged,
        returned=returned,
        net=returned.minus(invested),
        proven=returned_sum([row for row in judged if is_proven(row.grade)], behind.so_far),
        unproven=returned_sum([row for row in judged if not is_proven(row.grade)], behind.so_far),
        share_proven=share_proven(judged),
        roi=(worth - spent) / spent if spent > 0 and judged else None,
        npv=npv_sum(judged, behind.present),
        payback_months=payback_of([behind.cash[row.id] for row in judged if behind.cash.get(row.id)]),
        saved=sum((row.saved or ZERO for row in judged), ZERO),
        made=sum((row.made or ZERO for row in judged), ZERO),
        cash=cash_in,
        non_cash=returned.mid - cash_in,
        classes=tuple(_class_line(code, by_class[code]) for code in InvestmentClass.values if by_class[code]),
    )


def _class_line(code: str, rows: list[PortfolioRow]) -> ClassLine:
    proven = sum((row.returned_mid or ZERO for row in rows if is_proven(row.grade)), ZERO)
    returned = sum((row.returned_mid or ZERO for row in rows), ZERO)
    return ClassLine(
        code=code,
        label=str(InvestmentClass(code).label),
        count=len(rows),
        invested=sum((row.invested or ZERO for row in rows), ZERO),
        returned=returned,
        proven=proven,
        unproven=returned - proven,
    )


def payback_of(flows: list[dict[str, float]]) -> float | None:
    """Months from the first month of all until the running sum of return less cost reaches zero, straight within the
    month; None when it never does or was never below (engine/portfolio.py has the same rule)."""
    total: dict[str, float] = defaultdict(float)
    for flow in flows:
        for month, amount in flow.items():
            total[month] += amount
    running = 0.0
    under = False
    for index, month in enumerate(sorted(total)):
        before, running = running, running + total[month]
        if under and running >= 0:
            return index + (-before / (running - before))
        under = under or running < 0
    return None


def loop_closing(*, actor: Actor, now: dt.datetime) -> LoopClosing:
    """Cases of the actor's units as an investment: minutes at the organisation's rate, and goodwill. Sums only. Two queries."""
    company = the_organisation()
    everybody = Case.objects.visible_to(Actor.system("portfolio"))
    cases = everybody if actor.is_system else everybody.filter(unit_id__in=actor.units(*MONEY_ROLES))
    kept = totals(cases, now)
    minutes = goodwill = ZERO
    others: dict[str, Decimal] = {}
    groups = cases.order_by().values_list("goodwill_currency").annotate(Sum("minutes"), Sum("goodwill"))
    for code, minutes_spent, given in groups:
        minutes += minutes_spent or 0
        if code in {"", company.currency}:
            goodwill += given or ZERO
        elif given:
            others[code] = given
    return LoopClosing(
        cases=kept.all,
        open=kept.open,
        first_contact=kept.first_contact,
        resolution=kept.resolution,
        minutes=minutes,
        minute_rate=company.minute_rate,
        goodwill=goodwill,
        cost=(minutes * company.minute_rate + goodwill).quantize(CENT),
        other_currencies=others,
    )


def _loop_row(actor: Actor, loop: LoopClosing, currency: str) -> PortfolioRow:
    from django.urls import reverse
    from django.utils.translation import gettext as _

    return PortfolioRow(
        id=0, uid="", key=LOOP_CLOSING, name=_("One-by-one loop closing"), investment_class=InvestmentClass.ENTICEMENT.value,
        class_label=str(InvestmentClass.ENTICEMENT.label), stage="running", stage_label=_("Running"), unit="",
        url=reverse("cases:list") if policy.can(actor, "cases.case.see") else "", currency=currency, invested=loop.cost, returned_low=None, returned_mid=None,
        returned_high=None, saved=None, made=None, cash=None, roi=None, npv_low=None, npv_mid=None, npv_high=None,
        payback_months=None, grade="", verdict="no_value", is_stale=False, error="", as_of=None,
        snapshot_uid="", snapshot_url="",
    )  # fmt: skip
