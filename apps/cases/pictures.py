"""Figures and pictures of cases, each with its definition, its as-of time and the way to its rows."""

from __future__ import annotations

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.cases.selectors import CaseFigures, Totals
from apps.core.charts import BarChart, Bars
from apps.core.figures import Figure


def _rows(query: QueryDict | None, **more: str) -> str:
    found = query.copy() if query is not None else QueryDict(mutable=True)
    for key, value in more.items():
        found[key] = value
    return f"{reverse('cases:list')}?{found.urlencode()}"


def header(totals: Totals, query: QueryDict | None = None) -> list[Figure]:
    """Cases, open, overdue, first contact within target: of the rows that `query` selects."""
    share = totals.first_contact.share
    kept = totals.first_contact
    return [
        Figure(label=_("Cases"), value=totals.all, kind="number", rows_href=_rows(query), as_of=totals.as_of),
        Figure(label=_("Open"), value=totals.open, kind="number", rows_href=_rows(query, state="open")),
        Figure(
            label=_("Overdue now"),
            value=totals.overdue,
            kind="number",
            rows_href=_rows(query, due="breached"),
        ),
        Figure(
            label=_("First contact within target"),
            value=share,
            kind="percent",
            state="" if share is not None else "no_data",
            note=_("%(within)s in time, %(late)s late, %(open)s not due yet.")
            % {"within": kept.within, "late": kept.late, "open": kept.open},
        ),
    ]


def for_leaders(totals: Totals) -> list[Figure]:
    """The figures of a team's queue."""
    share = totals.resolution.share
    return [
        *header(totals)[1:],
        Figure(
            label=_("Nobody has taken yet"),
            value=totals.unassigned,
            kind="number",
            rows_href=_rows(None, owner="unassigned"),
        ),
        Figure(
            label=_("Resolved within target"),
            value=share,
            kind="percent",
            state="" if share is not None else "no_data",
            note=_(
                "%(confirmed)s confirmed by the customer, %(unconfirmed)s unconfirmed, %(reopened)s reopened."
            )
            % {
                "confirmed": totals.confirmed,
                "unconfirmed": totals.unconfirmed,
                "reopened": totals.reopened,
            },
        ),
    ]


def ageing_chart(figures: CaseFigures) -> BarChart:
    """Open cases by age."""
    names = [
        _("%(low)s–%(high)s d") % {"low": low, "high": high}
        if high
        else _("%(low)s d and more") % {"low": low}
        for low, high, _count in figures.ageing
    ]
    counts = [count for _low, _high, count in figures.ageing]
    old = counts[-1]
    return BarChart(
        id="case-ageing",
        title=_("Open cases by age"),
        summary=_("%(all)s open cases; %(old)s of them are 30 days or older.")
        % {"all": sum(counts), "old": old},
        x_label=_("Days since opened"),
        y_label=_("Cases"),
        unit="",
        kind="number",
        categories=names,
        bars=[Bars(_("Open cases"), counts)],
        height="small",
    )
