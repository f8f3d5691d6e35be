"""Columns that know how to be drawn, how to be exported as data, and how to become a line of a card on a phone."""

from __future__ import annotations

from typing import Any

import django_tables2
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django_tables2.utils import Accessor

from apps.core import formatting
from apps.core.export import Cell
from apps.core.figures import GRADES, Figure
from apps.core.states import tone_of


class Column(django_tables2.Column):
    """A text column; the base of the others. `export_headers` and `export_cells` go together, one to one."""

    css = ""

    def export_headers(self, header: str) -> list[str]:
        """The headings this column takes in a file."""
        return [header]

    def export_cells(self, value: Any, record: Any) -> list[Cell]:
        """The cells of a record in a file: data, not drawing."""
        return [value]


class NumberColumn(Column):
    """A number, right-aligned, thousands apart; `places` decimals, `unit` after it."""

    css = "cx-num"

    def __init__(self, *args: Any, places: int | None = None, unit: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        self.unit = unit

    def render(self, value: Any) -> str:
        text = formatting.number(value, self.places)
        return f"{text}{formatting.NBSP}{self.unit}" if self.unit else text


class PercentColumn(Column):
    """A share of one, written as per cent; exported as the share."""

    css = "cx-num"

    def __init__(self, *args: Any, places: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places

    def render(self, value: Any) -> str:
        return formatting.percent(value, self.places)


class MoneyColumn(Column):
    """An amount with its currency: one for the column (`currency="EUR"`) or the record's own (`currency_field`)."""

    css = "cx-num"

    def __init__(
        self, *args: Any, currency: str = "", currency_field: str = "", short: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.currency_field = currency_field
        self.short = short

    def currency_of(self, record: Any) -> str:
        """The currency of the record's amount."""
        return str(Accessor(self.currency_field).resolve(record)) if self.currency_field else self.currency

    def render(self, value: Any, record: Any) -> SafeString | str:
        full = formatting.money(value, self.currency_of(record))
        if not self.short:
            return full
        short = formatting.money(value, self.currency_of(record), short=True)
        return format_html('<data value="{}" title="{}">{}</data>', value, full, short)

    def export_headers(self, header: str) -> list[str]:
        return [header, _("%(header)s, currency") % {"header": header}]

    def export_cells(self, value: Any, record: Any) -> list[Cell]:
        return [value, "" if value is None else self.currency_of(record)]


class WhenColumn(Column):
    """An exact instant or a date."""

    def render(self, value: Any) -> SafeString:
        return _instant(value, formatting.instant(value, zone=False), "cx-nowrap")


class SinceColumn(Column):
    """How long ago, with the exact instant in the title; exported as the instant."""

    def render(self, value: Any) -> SafeString:
        text = formatting.since(value, timezone.now())
        return _instant(value, text, "")


class DueColumn(Column):
    """When it is due, as words and tone; exported as the instant. `done_field`: an instant that stops the clock."""

    def __init__(self, *args: Any, done_field: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.done_field = done_field

    def render(self, value: Any, record: Any) -> SafeString:
        done = Accessor(self.done_field).resolve(record) if self.done_field else None
        if done is not None:
            text = (
                _("met") if done <= value else _("late by %(span)s") % {"span": formatting.span(done - value)}
            )
            return _instant(
                value, text, "cx-due cx-tone-muted" if done <= value else "cx-due cx-tone-attention"
            )
        text, tone = formatting.due(value, timezone.now())
        return _instant(value, text, f"cx-due cx-tone-{tone}")


class StateColumn(Column):
    """A state as a badge; the tone follows the code, the words are the choice's label."""

    def render(self, value: Any, record: Any, bound_column: Any) -> SafeString:
        code = Accessor(bound_column.accessor).resolve(record)
        return SafeString(
            render_to_string("components/state.html", {"label": value, "tone": tone_of(str(code))})
        )


class GradeColumn(Column):
    """An evidence grade A to E."""

    def render(self, value: Any) -> SafeString:
        context = {"letter": value, "meaning": GRADES.get(value, ""), "tip": False}
        return SafeString(render_to_string("components/grade.html", context))


class FigureColumn(Column):
    """A figure with its range and grade; the record's attribute (or the table's `render_…`) gives a `Figure`."""

    css = "cx-num"

    def render(self, value: Figure) -> SafeString:
        return SafeString(render_to_string("components/figure.html", {"figure": value, "short": True}))

    def export_headers(self, header: str) -> list[str]:
        words = {"header": header}
        return [
            header,
            _("%(header)s, low") % words,
            _("%(header)s, high") % words,
            _("%(header)s, unit") % words,
            _("%(header)s, evidence grade") % words,
            _("%(header)s, state") % words,
        ]

    def export_cells(self, value: Any, record: Any) -> list[Cell]:
        if not isinstance(value, Figure):
            return [None, None, None, "", "", ""]
        state = str(value.honest.label) if value.honest else ""
        return [value.value, value.low, value.high, value.unit, value.grade, state]


def _instant(value: Any, text: str, css: str) -> SafeString:
    return format_html(
        '<time class="{}" datetime="{}" title="{}">{}</time>',
        css,
        value.isoformat(),
        formatting.instant(value),
        text,
    )
