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
from apps.kpis.statistics import Combined
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


def linked_charts(found: list[tuple[Kpi, dict[dt.date, Combined]]]) -> list[LineChart]:
    """Several KPIs under each other on one time axis, so that movements can be read downwards (R 4.10)."""
    months = sorted({month for _kpi, results in found for month in results})
    made = []
    for tone, (kpi, results) in zip(TONES, found, strict=False):
        if not results:
            continue
        kind, measure, factor = kind_of(kpi)
        first, last = min(results), max(results)
        words = {
            "kpi": kpi.name,
            "from": formatting.number(results[first].value, 2),
            "to": formatting.number(results[last].value, 2),
            "start": label("month", first),
            "end": label("month", last),
        }
        made.append(
            LineChart(
                id=f"kpi-{kpi.key}",
                title=f"{str(kpi.get_kind_display()).partition(':')[0]}: {kpi.name}",
                summary=_("%(kpi)s went from %(from)s (%(start)s) to %(to)s (%(end)s).") % words,
                x=[label("month", month) for month in months],
                lines=[
                    Line(
                        kpi.name,
                        [results[m].value / factor if m in results else None for m in months],
                        low=[_scaled(results[m].low if m in results else None, factor) for m in months],
                        high=[_scaled(results[m].high if m in results else None, factor) for m in months],
                        tone=tone,
                    )
                ],
                kind=kind,
                unit=measure,
                x_label=_("Month"),
                y_label=str(kpi.get_statistic_display()),
                height="small",
            )
        )
    return made
