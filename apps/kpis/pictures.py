"""The picture of a KPI and the words around its numbers."""

from __future__ import annotations

import datetime as dt

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import formatting
from apps.core.charts import Line, LineChart, Tones
from apps.kpis.models import Kpi, Statistic
from apps.kpis.periods import label
from apps.kpis.selectors import kind_of
from apps.kpis.types import Series

TONES: tuple[Tones, ...] = ("accent", "second", "third", "fourth", "attention", "muted")
REMARKS: dict[str, str | Promise] = {
    "weighted": gettext_lazy("Some values came without their sums: units are weighted by their answers."),
    "plain": gettext_lazy("Some values came without answers: this is the plain mean over units and periods."),
}


def written(kpi: Kpi, period: dt.date) -> str:
    """A period as words on the page."""
    return label(kpi.grain, period)


def exactly(kpi: Kpi, value: float | None) -> str:
    """The value with all decimals that matter, where the tile shows a rounded one."""
    if value is None or kpi.statistic not in (Statistic.MEAN, Statistic.SHARE, Statistic.NPS, Statistic.RATE):
        return ""
    unit = " %" if kpi.statistic == Statistic.SHARE else ""
    return _("exactly %(value)s") % {"value": f"{formatting.number(value, 4)}{unit}"}


def series_chart(kpi: Kpi, shown: list[Series], *, unit: str) -> LineChart:
    """The series by period with their 95 % bands; at most six lines, the unsplit one first."""
    kind, measure, factor = kind_of(kpi)
    lines = shown[: len(TONES)]
    periods = sorted({point.period for item in lines for point in item.points})
    made = []
    for tone, item in zip(TONES, lines, strict=False):
        results = {point.period: point.result for point in item.points}
        values = [results[period].value / factor if period in results else None for period in periods]
        lows = [_scaled(results[p].low if p in results else None, factor) for p in periods]
        highs = [_scaled(results[p].high if p in results else None, factor) for p in periods]
        has_band = any(low is not None for low in lows) and len(lines) <= 3
        made.append(
            Line(
                item.segment or _("All together"),
                values,
                low=lows if has_band else (),
                high=highs if has_band else (),
                tone=tone,
            )
        )
    return LineChart(
        id="kpi-series",
        title=kpi.name,
        summary=_summary(kpi, lines, unit),
        x=[label(kpi.grain, period) for period in periods],
        lines=made,
        kind=kind,
        unit=measure,
        x_label=_("Period"),
        y_label=str(kpi.get_statistic_display()),
        target=None if kpi.target is None else kpi.target / factor,
        height="large",
        note=_("Bands are 95 % intervals of the measurement; fewer answers make them wider."),
    )


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value / factor


def _summary(kpi: Kpi, lines: list[Series], unit: str) -> str:
    first = lines[0]
    words = {
        "kpi": kpi.name,
        "unit": unit,
        "start": label(kpi.grain, first.points[0].period),
        "end": label(kpi.grain, first.points[-1].period),
        "from": formatting.number(first.points[0].result.value, 2),
        "to": formatting.number(first.points[-1].result.value, 2),
    }
    return _("%(kpi)s in %(unit)s went from %(from)s (%(start)s) to %(to)s (%(end)s).") % words
