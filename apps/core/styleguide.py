"""Every component on one page, with invented data that says so; for developers only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core import lists
from apps.core.charts import (
    BarChart,
    Bars,
    Chart,
    CumulativeChart,
    Line,
    LineChart,
    Mark,
    Point,
    ScatterChart,
    Shade,
    Step,
    WaterfallChart,
)
from apps.core.components import Action, Change, Crumb, HistoryEntry, Item, Progress, Tab, TimelineEntry
from apps.core.figures import HONEST_STATES, Figure, Trend
from apps.core.htmx import render_page

MONTHS = [f"2025-{month:02d}" for month in range(7, 13)] + [f"2026-{month:02d}" for month in range(1, 7)]
EUR: dict[str, Any] = {"kind": "money", "unit": "EUR"}


class SampleForm(forms.Form):
    """One control of each kind."""

    first_fields = ("title", "amount", "text")
    title = forms.CharField(
        label=_("Title"), help_text=_("What it is about, for example “Late delivery in the north”.")
    )
    amount = forms.DecimalField(label=_("Budget"), required=False, help_text=_("In EUR, for example 12 500."))
    text = forms.CharField(label=_("What happened"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    kind = forms.ChoiceField(
        label=_("Class"), choices=[("a", _("Analysis")), ("b", _("People and process"))], required=False
    )
    units = forms.MultipleChoiceField(
        label=_("Units"),
        choices=[("n", _("North")), ("s", _("South"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    starts_on = forms.DateField(
        label=_("Starts on"), widget=forms.DateInput(attrs={"type": "date"}), required=False
    )
    told = forms.BooleanField(label=_("The customer was told"), required=False)


@dataclass(frozen=True)
class SampleRow:
    """An invented case."""

    uid: int
    number: str
    state: str
    customer: str
    due_at: datetime
    goodwill: float
    answers: int
    returned: Figure

    def __str__(self) -> str:
        return self.number


class SampleTable(lists.Table):
    number = lists.Column(verbose_name=_("Case"), linkify=lambda record: f"?case={record.uid}")
    state = lists.StateColumn(verbose_name=_("State"))
    customer = lists.Column(verbose_name=_("Customer"))
    due_at = lists.DueColumn(verbose_name=_("First contact"))
    answers = lists.NumberColumn(verbose_name=_("Answers"))
    goodwill = lists.MoneyColumn(currency="EUR", verbose_name=_("Goodwill"))
    returned = lists.FigureColumn(verbose_name=_("Returned"), orderable=False)

    class Meta(lists.Table.Meta):
        order_by = ("due_at",)


class SampleList(lists.ListPage):
    """A list over invented rows."""

    title = _("A list page")
    page_key = "styleguide.list"
    table_class = SampleTable
    search_fields = ("customer",)
    export_name = "sample"
    bulk_actions = (lists.BulkAction(_("Assign…"), "core:styleguide_bulk", "home.search", icon="user-plus"),)
    per_page = 8

    def get_queryset(self) -> Any:
        return sample_rows(timezone.now())

    def search(self, rows: Any, text: str) -> Any:
        return [row for row in rows if text.lower() in row.customer.lower()]

    def get_sentence(self) -> str:
        return str(_("Two cases are breaching; the oldest has waited for two days."))

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("Style guide"), ".."), Crumb(_("A list page"))]

    def get_actions(self) -> list[Action]:
        return [Action(_("New case"), "..", icon="plus", primary=True)]


def sample_rows(now: datetime) -> list[SampleRow]:
    """Twenty rows, always the same but for the clock."""
    names = ("Ana Petrov", "Kwame Boateng", "Léa Fontaine", "Søren Dahl", "Mei-Ling Zhao")
    states = ("new", "assigned", "contacted", "reopened", "closed", "breached")
    return [
        SampleRow(
            index,
            f"C-{1042 + index}",
            states[index % 6],
            names[index % 5],
            now + timedelta(hours=7 * index - 12),
            37.5 * index,
            1300 * index,
            Figure(
                "", 41_000 * index, **EUR, low=22_000 * index, high=58_000 * index, grade="ABCDE"[index % 5]
            )
            if index % 4
            else Figure("", state="too_early"),
        )
        for index in range(20)
    ]


def bulk(request: HttpRequest) -> HttpResponse:
    """What a bulk action answers."""
    ids = ", ".join(request.POST.getlist("ids")) or "–"
    messages.success(request, _("Chosen: %(ids)s") % {"ids": ids}, extra_tags="undo:/styleguide/bulk/")
    return redirect("core:styleguide_list")


def guide(request: HttpRequest) -> HttpResponse:
    """The page with everything on it."""
    now = timezone.now()
    form = SampleForm(request.POST or None)
    status = 422 if request.method == "POST" and not form.is_valid() else 200
    messages.success(request, _("The case is closed."), extra_tags="undo:/styleguide/bulk/")
    context = {
        "crumbs": [Crumb(_("Style guide"), "."), Crumb(_("Everything"))],
        "actions": sample_actions(),
        "tabs": [
            Tab(_("Overview"), "?", active=True),
            Tab(_("Evidence"), "?tab=evidence", count=4),
            Tab(_("History"), "?tab=history"),
        ],
        "stats": sample_figures(now),
        "figure": sample_figures(now)[1],
        "honest": [Figure(_("Return"), state=code) for code in HONEST_STATES],
        "form": form,
        "charts": sample_charts(),
        "items": [
            Item(_("Customer"), "Léa Fontaine", url="."),
            Item(_("Opened"), "21 Nov 2026, 14:05 CET"),
            Item(_("Channel"), ""),
            Item(_("Value at stake"), "high", hint=_("A band, because your role sees no amounts.")),
        ],
        "timeline": sample_timeline(now),
        "history": [
            HistoryEntry(now, "Omar Haddad", _("Case assigned"), [Change(_("State"), "new", "assigned")]),
            HistoryEntry(now - timedelta(days=2), _("Import"), _("Case opened"), reason=_("Score 1 of 5")),
        ],
        "jobs": sample_jobs(now),
        "soon": now + timedelta(hours=3),
        "later": now + timedelta(days=3),
        "late": now - timedelta(hours=31),
        "rows": [
            ("new", _("New")),
            ("resolved", _("Resolved")),
            ("reopened", _("Reopened")),
            ("breached", _("Breached")),
            ("stopped", _("Stopped")),
        ],
        "trends": [
            Trend(4.2, _("last quarter")),
            Trend(0.031, _("last month"), good="down", kind="percent"),
            Trend(0, _("last week")),
        ],
    }
    return render_page(
        request,
        "styleguide/guide.html",
        context,
        fragments={"sample-form": "styleguide/_form.html"},
        status=status,
    )


def sample_actions() -> list[Action]:
    """One button of each kind."""
    return [
        Action(_("Recompute"), ".", icon="refresh", primary=True),
        Action(_("Edit"), ".", icon="pencil"),
        Action(
            _("Close"),
            ".",
            method="post",
            denied=_("Log a contact first: a case is closed with the customer's answer."),
        ),
    ]


def sample_figures(now: datetime) -> list[Figure]:
    """Four tiles of the executive page."""
    period = "Jul 2025–Jun 2026"
    return [
        Figure(_("Invested"), 1_204_500, **EUR, period=period, as_of=now, href=".", rows_href="."),
        Figure(
            _("Returned"),
            1_480_000,
            **EUR,
            low=910_000,
            high=2_110_000,
            grade="B",
            period=period,
            as_of=now,
            href=".",
            rows_href=".",
            trend=Trend(120_000, _("last quarter"), kind="money", unit="EUR"),
        ),
        Figure(
            _("Net"),
            275_500,
            **EUR,
            low=-294_500,
            high=905_500,
            grade="C",
            period=period,
            as_of=now,
            href=".",
            stale=True,
        ),
        Figure(_("Share proven"), 0.61, kind="percent", grade="A", period=period, as_of=now, href="."),
        Figure(_("Return of the loyalty app"), state="too_early", period=period, as_of=now),
    ]


def sample_timeline(now: datetime) -> list[TimelineEntry]:
    """A case's life."""
    return [
        TimelineEntry(now - timedelta(minutes=20), _("Resolved"), "Omar Haddad", _("Voucher sent, new delivery agreed."), "circle-check", "ok"),
        TimelineEntry(now - timedelta(hours=5), _("Contact: not reached"), "Omar Haddad", "", "phone-off", "attention"),
        TimelineEntry(
            now - timedelta(days=1), _("Answer: 1 of 5"), "Léa Fontaine",
            "J'ai attendu 40 minutes et personne ne m'a aidée.\nPlus jamais.", "message-2", meta="fr",
        ),
    ]  # fmt: skip


def sample_jobs(now: datetime) -> list[Progress]:
    """A job at work, one that waits, one that is done and one that failed."""
    start = now - timedelta(seconds=40)
    return [
        Progress("job-1", _("Import of customers.csv"), "running", 2310, 8016, _("rows"), start, now, cancel_url="bulk/"),
        Progress("job-2", _("Recompute of the portfolio"), "waiting"),
        Progress("job-3", _("Import of feedback.csv"), "done", 8225, 8225, _("rows"), outcome=_("8,225 added, none rejected."), outcome_url="."),
        Progress("job-4", _("Import of notes.xlsx"), "failed", 12, 90, _("rows"), error=_("Row 13: the date “31.02.2026” does not exist.")),
    ]  # fmt: skip


def sample_charts() -> list[Chart]:
    """One picture of each shape."""
    treated = [31, 30, 32, 31, 33, 32, 35, 37, 38, 38, 40, 39]
    without = [31, 30, 32, 31, 32, 32, 33, 33, 32, 33, 33, 33]
    returned = [0, 0, 8_000, 30_000, 62_000, 99_000, 140_000, 182_000, 226_000, 270_000, 315_000, 361_000]
    classes = ("Enticement", "Reactive service", "Analysis", "People & process")
    points = [
        Point(f"{classes[i % 4]} {i}", 40_000 * (i + 1), 30_000 * (i + 1) * (0.4 + i % 5 * 0.5), 9_000 * i, 90_000 * (i + 1),
              classes[i % 4], "ABCDE"[i % 5], url="/styleguide/")
        for i in range(10)
    ]  # fmt: skip
    return [
        LineChart(
            id="line", title=_("NPS of treated stores"), summary=_("NPS rose from 32 to 39 after the start; without it, 33 would be expected."),
            x_label=_("Month"), y_label=_("NPS"), x=MONTHS, target=36,
            lines=[
                Line(_("Treated"), treated),
                Line(_("Without the initiative"), without, low=[v - 2.5 for v in without], high=[v + 2.5 for v in without], tone="muted", dashed=True),
            ],
            marks=[Mark("2026-01", _("Start"))], shades=[Shade("2026-01", "2026-06", _("Effect"))],
        ),
        ScatterChart(
            id="scatter", title=_("Invested against returned"), summary=_("Six of ten initiatives returned more than they cost."),
            **EUR, x_label=_("Invested"), y_label=_("Returned"), points=points, groups=classes, diagonal=True, diagonal_label=_("break-even"),
        ),
        WaterfallChart(
            id="waterfall", title=_("From invested to returned"), summary=_("1.2 M invested became 1.48 M; 0.4 M of it is not proven."), **EUR,
            steps=[
                Step(_("Invested"), -1_204_500, total=True), Step(_("Save, proven"), 900_000), Step(_("Make, proven"), 1_380_000),
                Step(_("Not proven"), 404_500, hatched=True), Step(_("Net"), 1_480_000, total=True),
            ],
        ),
        CumulativeChart(
            id="cumulative", title=_("Cumulative cash"), summary=_("Paid back after eight months."), **EUR, x=MONTHS,
            cost=[20_000 * i for i in range(12)], returned=returned, low=[v * 0.6 for v in returned], high=[v * 1.35 for v in returned], payback="2026-02",
        ),
        BarChart(
            id="mix", title=_("Investment mix"), summary=_("Reactive service takes 45 % of the money."), **EUR, stacked=True, categories=["Q1", "Q2", "Q3", "Q4"],
            bars=[
                Bars(_("Reactive service"), [90_000, 80_000, 70_000, 60_000], tone="second"),
                Bars(_("People & process"), [30_000, 40_000, 50_000, 60_000]),
                Bars(_("Not proven"), [10_000, 20_000, 15_000, 10_000], tone="muted", hatched=True),
            ],
        ),
        BarChart(
            id="pareto", title=_("Causes"), summary=_("Two causes make 70 % of the cases."), categories=["Late", "Damaged", "Rude", "Billing"],
            bars=[Bars(_("Cases"), [420, 280, 190, 110], tone="second")],
            line=Line(_("Cumulative share"), [0.42, 0.70, 0.89, 1.0], tone="attention"),
        ),
    ]  # fmt: skip
