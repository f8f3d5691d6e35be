"""A figure carries what a reader needs; a chart's picture, table and summary say the same."""

import json

import pytest

from apps.core import styleguide
from apps.core.charts import BarChart, Bars, Line, LineChart, Point, ScatterChart
from apps.core.figures import GRADES, HONEST_STATES, Figure, Trend
from tests.core_ui.test_formatting import read

CHARTS = {chart.id: chart for chart in styleguide.sample_charts()}


def test_a_figure_writes_value_and_range_with_one_unit():
    figure = Figure("Returned", 1_480_000, kind="money", unit="EUR", low=910_000, high=2_110_000, grade="B")
    assert read(figure.full) == "1,480,000.00 EUR"
    assert read(figure.range_short) == "910 k–2.11 M EUR"
    assert figure.short_parts == ("1.48", "M EUR")


def test_a_figure_without_both_ends_has_no_range():
    assert Figure("x", 1, low=0).range_full == ""


def test_an_honest_state_has_a_label_a_meaning_and_a_next_step():
    for code in HONEST_STATES:
        state = Figure("x", state=code).honest
        assert all(str(text) for text in (state.label, state.meaning, state.next_step))


@pytest.mark.parametrize(
    ("change", "good", "verdict"),
    [(1, "up", True), (-1, "up", False), (1, "down", False), (0, "up", None), (1, "", None)],
)
def test_a_trend_is_welcome_or_not_or_neither(change, good, verdict):
    assert Trend(change, "last month", good=good).is_good is verdict


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_every_chart_is_plain_json_and_its_table_is_rectangular(chart):
    assert json.loads(json.dumps(chart.config(), allow_nan=False))["shape"] == chart.shape
    table = chart.table()
    assert table.rows
    assert {len(row) for row in table.rows} == {len(table.columns)}


def test_the_table_twin_holds_the_band():
    chart = LineChart(
        id="c",
        title="t",
        summary="s",
        x=["Jan", "Feb"],
        lines=[Line("A", [1, 2], low=[0, 1], high=[2, 3]), Line("B", [None, 4])],
    )
    table = chart.table()
    assert table.columns == ["Period", "A", "A, range", "B"]
    assert [read(cell) for cell in table.rows[0]] == ["Jan", "1", "0–2", "—"]


def test_the_table_twin_of_bars_holds_the_overlaid_line():
    chart = BarChart(
        id="c", title="t", summary="s", categories=["x"], bars=[Bars("n", [3])], line=Line("share", [0.5])
    )
    assert [read(cell) for cell in chart.table().rows[0]] == ["x", "3", "50.0 %"]


def test_the_table_twin_of_points_explains_the_grade():
    chart = ScatterChart(id="c", title="t", summary="s", points=[Point("p", 1, 2, grade="A")])
    assert chart.table().rows[0][-1] == f"A: {GRADES['A']}"
