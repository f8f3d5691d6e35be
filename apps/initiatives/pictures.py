"""What the initiative pages draw: figures, facts and charts from plain rows. No queries."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core import formatting
from apps.core.charts import BarChart, Bars, Line, LineChart
from apps.core.components import Item
from apps.core.figures import Figure
from apps.initiatives.models import Initiative, ReturnType
from apps.initiatives.phasing import MonthCost, counted_until, month_after, month_of

MONTHS_AHEAD = 11


def months_ahead(today: dt.date) -> dt.date:
    """The last month the cost pages look at: a year with the present one."""
    return month_after(month_of(today), MONTHS_AHEAD)


def overview_stats(
    row: Initiative, costs: dict[str, list[MonthCost]], treated: int, *, money: bool
) -> list[Figure]:
    """Budget, what is left of it, treated units."""
    found = []
    if money:
        found.append(Figure(label=_("Budget"), value=row.budget, kind="money", unit=row.currency))
        spent = counted_until(costs.get(row.currency, []))
        if row.budget is not None:
            note = _("over budget") if spent > row.budget else ""
            left = row.budget - spent
            found.append(
                Figure(
                    label=_("Left of the budget"), value=left, kind="money", unit=row.currency, note=note,
                    rows_href="?tab=costs",
                )
            )  # fmt: skip
    found.append(Figure(label=_("Treated units"), value=treated, rows_href="?tab=treatments"))
    return found


def facts(row: Initiative) -> list[Item]:
    """Who, what kind, what for."""
    claimed = ", ".join(str(ReturnType(code).label) for code in row.return_types)
    return [
        Item(_("Unit"), row.unit),
        Item(_("Owner"), row.owner),
        Item(_("Sponsor"), row.sponsor or "–"),
        Item(_("Class"), row.get_investment_class_display()),
        Item(_("Type"), row.investment_type or "–"),
        Item(_("Objective"), row.get_objective_display() or "–"),
        Item(_("Fix or enhancement"), row.get_nature_display()),
        Item(_("Returns claimed"), claimed or "–"),
        Item(_("Quick win"), _("yes") if row.is_quick_win else _("no")),
        Item(_("Operational owner outside CX"), row.operational_owner or "–"),
        Item(_("Revenue owner outside CX"), row.revenue_owner or "–"),
        Item(_("Key"), row.key, hint=_("Files and programs use this name.")),
    ]


def answers(row: Initiative, *, money: bool) -> list[Item]:
    """What the gates ask for, as answered so far."""
    comfortable = {None: "–", True: _("yes"), False: _("no")}[row.is_comfortable_public]
    found = [
        Item(_("What the customer gains"), row.customer_gain or "–"),
        Item(_("What the company gains"), row.company_gain or "–"),
        Item(_("Risk to customers' trust"), row.get_trust_risk_display() or "–"),
        Item(_("Comfortable if customers read this"), comfortable),
        Item(_("Advocate in leadership"), row.advocate or row.no_advocate_reason or "–"),
        Item(_("Review of sustainability on"), formatting.instant(row.review_on) if row.review_on else "–"),
    ]
    if money:
        amount = "–" if row.cost_per_1000 is None else formatting.money(row.cost_per_1000, row.currency)
        found.insert(2, Item(_("Cost per extra 1,000 customers"), amount))
    if row.investment_class == "analysis":
        due = formatting.instant(row.transformation_due_on) if row.transformation_due_on else "–"
        found += [
            Item(_("Intended transformation"), row.transformation or "–"),
            Item(_("Who will transform"), row.transformation_owner or "–"),
            Item(_("Transformed by"), due),
        ]
    return found


def sustain_chart(row: Initiative) -> LineChart | None:
    """How much of the return is expected to stay after spending stops (R 0.05); None until it is answered."""
    if None in (row.stays_6m, row.stays_12m, row.stays_24m):
        return None
    return LineChart(
        id="stays",
        title=_("What stays after spending stops"),
        summary=_("After two years %(share)s of the return is expected to be left, as stated at the gate.")
        % {"share": formatting.percent((row.stays_24m or 0) / 100, 0)},
        x_label=_("Months after spending stops"),
        kind="percent",
        height="small",
        x=["0", "6", "12", "24"],
        lines=[
            Line(
                _("Share left"),
                [1.0, (row.stays_6m or 0) / 100, (row.stays_12m or 0) / 100, (row.stays_24m or 0) / 100],
                dashed=True,
            )
        ],
        from_zero=True,
    )


def cost_block(row: Initiative, currency: str, months: list[MonthCost], today: dt.date) -> dict[str, Any]:
    """Figures, chart and table of one currency's costs by month."""
    spent = counted_until(months)
    planned = sum((m.planned for m in months if not m.is_future), Decimal(0))
    ahead = sum((m.counted for m in months if m.is_future), Decimal(0))
    confirmed = all(m.is_confirmed for m in months if not m.is_future)
    is_own = currency == row.currency
    figures = [
        Figure(
            label=_("Invested so far"), value=spent, kind="money", unit=currency, as_of=today,
            note="" if confirmed else _("planned, not confirmed by actual costs"),
        ),
        Figure(label=_("Planned until now"), value=planned, kind="money", unit=currency),
        Figure(label=_("The next %(n)s months") % {"n": MONTHS_AHEAD}, value=ahead, kind="money", unit=currency),
    ]  # fmt: skip
    if is_own and row.budget is not None:
        figures.append(
            Figure(
                label=_("Left of the budget"),
                value=row.budget - spent,
                kind="money",
                unit=currency,
                note=_("over budget") if spent > row.budget else "",
            )
        )
    shown = months[-60:]
    return {
        "currency": currency,
        "figures": figures,
        "chart": BarChart(
            id=f"costs-{currency}",
            title=_("Costs by month, %(currency)s") % {"currency": currency},
            summary=_(
                "%(spent)s so far against %(planned)s planned; %(ahead)s more within the coming months."
            )
            % {
                "spent": formatting.money(spent, currency, short=True),
                "planned": formatting.money(planned, currency, short=True),
                "ahead": formatting.money(ahead, currency, short=True),
            },
            kind="money",
            unit=currency,
            x_label=_("Month"),
            categories=[f"{m.month:%Y-%m}" for m in shown],
            bars=[
                Bars(_("Planned"), [m.planned for m in shown], tone="muted"),
                Bars(_("Actual"), [m.actual if not m.is_future else None for m in shown]),
                Bars(
                    _("Still to come"),
                    [m.counted if m.is_future else None for m in shown],
                    tone="second",
                    hatched=True,
                ),
            ],
        ),
    }
