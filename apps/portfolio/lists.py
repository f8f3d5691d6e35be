"""The table of the portfolio and its filters."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Unit
from apps.core import lists
from apps.core.figures import Figure
from apps.initiatives.models import Initiative, InvestmentClass, Stage
from apps.portfolio.selectors import PortfolioRow
from apps.returns.models import ReturnState
from apps.returns.words import SHORT, honest_state


def returned_figure(row: PortfolioRow) -> Figure:
    """What came back, with range and grade, opening its snapshot; or the honest state."""
    if row.returned_mid is None:
        state = (
            "not_computed" if row.verdict == "not_computed" else honest_state(row.verdict) or "not_provable"
        )
        return Figure(
            label=row.name, state=state, state_text=str(SHORT.get(row.verdict, "")), href=row.snapshot_url
        )
    return Figure(
        label=row.name, value=row.returned_mid, kind="money", unit=row.currency, low=row.returned_low,
        high=row.returned_high, grade=row.grade, href=row.snapshot_url, stale=row.is_stale,
        state=honest_state(row.verdict), state_text=str(SHORT.get(row.verdict, "")),
    )  # fmt: skip


class PortfolioTable(lists.Table):
    """Rows are `PortfolioRow`s; a number opens its snapshot."""

    name = lists.Column(linkify=lambda record: record.url or None, verbose_name=_("Initiative"))
    class_label = lists.Column(verbose_name=_("Class"))
    stage_label = lists.Column(verbose_name=_("Stage"))
    invested = lists.MoneyColumn(currency_field="currency", verbose_name=_("Invested so far"))
    returned = lists.FigureColumn(
        accessor="returned_mid",
        empty_values=(),
        verbose_name=_("Returned so far"),
        order_by=("returned_mid",),
    )
    roi = lists.PercentColumn(verbose_name=_("ROI so far"))
    npv_mid = lists.MoneyColumn(currency_field="currency", verbose_name=_("Net present value"))
    payback_months = lists.NumberColumn(places=1, verbose_name=_("Payback, months"))
    verdict = lists.Column(verbose_name=_("Verdict"))

    class Meta(lists.Table.Meta):
        fields = (
            "name", "class_label", "stage_label", "invested", "returned", "roi", "npv_mid", "payback_months",
            "verdict",
        )  # fmt: skip
        sequence = fields
        order_by = ("-invested",)

    def render_returned(self, record: PortfolioRow) -> Any:
        return lists.FigureColumn.render(self.columns["returned"].column, returned_figure(record))

    def value_returned(self, record: PortfolioRow) -> Figure:
        return returned_figure(record)

    def render_verdict(self, value: str, record: PortfolioRow) -> Any:
        words = SHORT.get(value, value)
        return (
            format_html('<a href="{}">{}</a>', record.snapshot_url, words) if record.snapshot_url else words
        )


def _units(request: Any) -> QuerySet[Unit]:
    return Unit.objects.visible_to(request.actor)


class PortfolioFilter(lists.ListFilter):
    """The same for the page, the API and the export."""

    primary = ("investment_class", "stage", "grade")
    investment_class = django_filters.MultipleChoiceFilter(choices=InvestmentClass.choices, label=_("Class"))
    stage = django_filters.MultipleChoiceFilter(
        choices=[(s.value, s.label) for s in Stage if s not in {Stage.IDEA, Stage.CASE}], label=_("Stage")
    )
    grade = django_filters.MultipleChoiceFilter(
        choices=[(letter, letter) for letter in "ABCDE"], label=_("Evidence"), method="graded"
    )
    unit = django_filters.ModelChoiceFilter(
        queryset=_units, to_field_name="key", method="below", label=_("Unit and below")
    )
    objective = django_filters.ChoiceFilter(
        choices=Initiative._meta.get_field("objective").choices, label=_("Objective")
    )
    nature = django_filters.ChoiceFilter(
        choices=Initiative._meta.get_field("nature").choices, label=_("Fix or enhancement")
    )

    class Meta:
        model = Initiative
        fields = ("investment_class", "stage", "grade", "unit", "objective", "nature")

    def below(self, rows: QuerySet[Initiative], name: str, unit: Unit) -> QuerySet[Initiative]:
        """Initiatives of this unit and of all units below it."""
        return rows.filter(unit__path__startswith=unit.path)

    def graded(self, rows: QuerySet[Initiative], name: str, letters: list[str]) -> QuerySet[Initiative]:
        """Initiatives whose current return has one of these grades."""
        if not letters:
            return rows
        states = ReturnState.objects.visible_to(self.request.actor).filter(
            initiative=OuterRef("pk"), current__grade__in=letters, current__returned_mid__isnull=False
        )
        return rows.filter(Exists(states))
