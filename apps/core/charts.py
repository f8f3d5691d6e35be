"""Pictures as data: a view builds one of these, `{% chart %}` draws it with a summary and a table twin.

Each chart knows its drawing instructions (`config()`, read by static/js/charts.js from a JSON script) and the same
figures as a table (`table()`), so that nothing is shown only as a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import gettext as _

from apps.core import formatting
from apps.core.figures import GRADES, Kind, write
from apps.core.formatting import Numeric, Text

Tones = Literal["accent", "second", "third", "fourth", "muted", "attention"]
X = str | Numeric


@dataclass(frozen=True)
class Table:
    """The table twin: column headings and written cells, the first cell of a row being its heading."""

    columns: list[str]
    rows: list[list[str]]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What every picture has: an id unique on the page, a title, one sentence saying what it shows, and units."""

    id: str
    title: Text
    summary: Text
    unit: str = ""
    kind: Kind = "number"
    x_label: Text = ""
    y_label: Text = ""
    height: Literal["small", "medium", "large"] = "medium"
    note: Text = ""

    shape = ""

    def config(self) -> dict[str, Any]:
        """Everything the browser needs to draw, as plain JSON types."""
        style = formatting.number_format()
        return {
            "shape": self.shape,
            "title": str(self.title),
            "summary": str(self.summary),
            "unit": self.unit,
            "kind": self.kind,
            "xLabel": str(self.x_label),
            "yLabel": str(self.y_label),
            "group": style.group,
            "decimal": style.decimal,
            "words": _words(),
            **self.drawing(),
        }

    def drawing(self) -> dict[str, Any]:
        """The part of the instructions that is this shape's own."""
        raise NotImplementedError

    def table(self) -> Table:
        """The same figures as a table."""
        raise NotImplementedError

    def cell(self, value: Numeric | None) -> str:
        """A value as written in the table twin."""
        return write(value, self.kind, self.unit)


@dataclass(frozen=True)
class Line:
    """A series over the chart's x values; `low` and `high` draw a band around it."""

    name: Text
    values: Sequence[Numeric | None]
    low: Sequence[Numeric | None] = ()
    high: Sequence[Numeric | None] = ()
    tone: Tones = "accent"
    dashed: bool = False
    step: bool = False


@dataclass(frozen=True)
class Mark:
    """A vertical line at an x value, with words (a start of an initiative, the payback point)."""

    x: X
    label: Text


@dataclass(frozen=True)
class Shade:
    """A stretch of the x axis set apart (the period of an effect)."""

    start: X
    end: X
    label: Text = ""


@dataclass(frozen=True, kw_only=True)
class LineChart(Chart):
    """Series over periods, each with an optional band; marks and shades on the time axis; `target` is a level line."""

    x: Sequence[str]
    lines: Sequence[Line]
    marks: Sequence[Mark] = ()
    shades: Sequence[Shade] = ()
    target: Numeric | None = None
    from_zero: bool = False

    shape = "line"

    def drawing(self) -> dict[str, Any]:
        return {
            "x": list(self.x),
            "lines": [_line(line) for line in self.lines],
            "marks": [{"x": mark.x, "label": str(mark.label)} for mark in self.marks],
            "shades": [{"start": s.start, "end": s.end, "label": str(s.label)} for s in self.shades],
            "target": _plain(self.target),
            "fromZero": self.from_zero,
        }

    def table(self) -> Table:
        columns = [str(self.x_label) or _("Period")]
        for line in self.lines:
            columns.append(str(line.name))
            if line.low:
                columns.append(_("%(name)s, range") % {"name": line.name})
        return Table(columns, [self._row(index, x) for index, x in enumerate(self.x)])

    def _row(self, index: int, x: str) -> list[str]:
        cells = [x]
        for line in self.lines:
            cells.append(self.cell(line.values[index]))
            if line.low:
                cells.append(_range(self, line.low[index], line.high[index]))
        return cells


@dataclass(frozen=True)
class Bars:
    """One row of bars over the chart's categories; `hatched` marks what is not proven."""

    name: Text
    values: Sequence[Numeric | None]
    tone: Tones = "accent"
    hatched: bool = False


@dataclass(frozen=True, kw_only=True)
class BarChart(Chart):
    """Bars beside or on top of each other, upright or lying; `line` overlays one series (a cumulative share)."""

    categories: Sequence[str]
    bars: Sequence[Bars]
    stacked: bool = False
    lying: bool = False
    line: Line | None = None
    line_kind: Kind = "percent"
    target: Numeric | None = None

    shape = "bars"

    def drawing(self) -> dict[str, Any]:
        return {
            "categories": list(self.categories),
            "bars": [
                {"name": str(b.name), "values": _plains(b.values), "tone": b.tone, "hatched": b.hatched}
                for b in self.bars
            ],
            "stacked": self.stacked,
            "lying": self.lying,
            "line": {**_line(self.line), "kind": self.line_kind} if self.line else None,
            "target": _plain(self.target),
        }

    def table(self) -> Table:
        columns = [str(self.x_label) or _("Category"), *(str(bars.name) for bars in self.bars)]
        rows = [
            [category, *(self.cell(bars.values[index]) for bars in self.bars)]
            for index, category in enumerate(self.categories)
        ]
        if self.line:
            columns.append(str(self.line.name))
            for index, row in enumerate(rows):
                row.append(write(self.line.values[index], self.line_kind))
        return Table(columns, rows)


@dataclass(frozen=True)
class Point:
    """A thing at (x, y) with whiskers; `group` gives the colour, `grade` the shape, `url` where a click leads."""

    name: str
    x: Numeric
    y: Numeric
    low: Numeric | None = None
    high: Numeric | None = None
    group: str = ""
    grade: str = ""
    size: Numeric | None = None
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class ScatterChart(Chart):
    """Points with whiskers, e.g. invested against returned; `diagonal` is the line where both are equal."""

    points: Sequence[Point]
    groups: Sequence[str] = ()
    diagonal: bool = False
    diagonal_label: Text = ""
    break_x: Numeric | None = None
    break_label: Text = ""

    shape = "scatter"

    def drawing(self) -> dict[str, Any]:
        return {
            "points": [
                {
                    "name": point.name,
                    "x": _plain(point.x),
                    "y": _plain(point.y),
                    "low": _plain(point.low),
                    "high": _plain(point.high),
                    "group": point.group,
                    "grade": point.grade,
                    "size": _plain(point.size),
                    "url": point.url,
                }
                for point in self.points
            ],
            "groups": list(self.groups) or list(dict.fromkeys(point.group for point in self.points)),
            "diagonal": str(self.diagonal_label) if self.diagonal else "",
            "breakX": _plain(self.break_x),
            "breakLabel": str(self.break_label),
        }

    def table(self) -> Table:
        columns = [_("Name"), _("Group"), str(self.x_label), str(self.y_label), _("Range"), _("Evidence")]
        rows = [
            [
                point.name,
                point.group or formatting.NO_VALUE,
                self.cell(point.x),
                self.cell(point.y),
                _range(self, point.low, point.high),
                f"{point.grade}: {GRADES[point.grade]}" if point.grade in GRADES else formatting.NO_VALUE,
            ]
            for point in self.points
        ]
        return Table(columns, rows)


@dataclass(frozen=True)
class Step:
    """A step of a waterfall: a change up or down, or (`total=True`) the level reached; `hatched`: not proven."""

    label: Text
    value: Numeric
    total: bool = False
    hatched: bool = False


@dataclass(frozen=True, kw_only=True)
class WaterfallChart(Chart):
    """How one amount becomes another, step by step."""

    steps: Sequence[Step]

    shape = "waterfall"

    def drawing(self) -> dict[str, Any]:
        return {
            "steps": [
                {"label": str(s.label), "value": _plain(s.value), "total": s.total, "hatched": s.hatched}
                for s in self.steps
            ]
        }

    def table(self) -> Table:
        rows = [
            [
                str(step.label),
                self.cell(step.value),
                _("level") if step.total else _("not proven") if step.hatched else _("change"),
            ]
            for step in self.steps
        ]
        return Table([str(self.x_label) or _("Step"), str(self.y_label) or _("Amount"), _("Meaning")], rows)


@dataclass(frozen=True, kw_only=True)
class CumulativeChart(Chart):
    """Cumulative cash: cost below, return with its band, net, and the payback point."""

    x: Sequence[str]
    cost: Sequence[Numeric]
    returned: Sequence[Numeric | None]
    low: Sequence[Numeric | None] = field(default_factory=tuple)
    high: Sequence[Numeric | None] = field(default_factory=tuple)
    payback: str = ""

    shape = "cumulative"

    def drawing(self) -> dict[str, Any]:
        return {
            "x": list(self.x),
            "cost": _plains(self.cost),
            "returned": _plains(self.returned),
            "low": _plains(self.low),
            "high": _plains(self.high),
            "payback": self.payback,
        }

    def table(self) -> Table:
        columns = [str(self.x_label) or _("Month"), _("Cost up to then"), _("Returned up to then")]
        if self.low:
            columns.append(_("Range"))
        rows = []
        for index, x in enumerate(self.x):
            row = [x, self.cell(self.cost[index]), self.cell(self.returned[index])]
            if self.low:
                row.append(_range(self, self.low[index], self.high[index]))
            rows.append(row)
        return Table(columns, rows)


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": str(line.name),
        "values": _plains(line.values),
        "low": _plains(line.low),
        "high": _plains(line.high),
        "tone": line.tone,
        "dashed": line.dashed,
        "step": line.step,
    }


def _plain(value: Numeric | None) -> float | None:
    return None if value is None else float(value)


def _plains(values: Sequence[Numeric | None]) -> list[float | None]:
    return [_plain(value) for value in values]


def _range(chart: Chart, low: Numeric | None, high: Numeric | None) -> str:
    if low is None or high is None:
        return formatting.NO_VALUE
    return formatting.interval(chart.cell(low), chart.cell(high))


def _words() -> dict[str, str]:
    return {
        "range": _("range"),
        "grade": _("evidence grade"),
        "cost": _("Cost up to then"),
        "returned": _("Returned up to then"),
        "payback": _("Payback"),
        "target": _("Target"),
        "up": _("Increase"),
        "down": _("Decrease"),
        "total": _("Level"),
        "unproven": _("Not proven"),
        "k": _("k"),
        "M": _("M"),
        "bn": _("bn"),
    }
