"""Before and after on own history: honest under drift, with trend, season and controls; and hold-outs."""

import datetime as dt

import numpy as np
import pytest

from apps.engine.attribution import attribute
from apps.engine.initiatives import InitiativeTable
from apps.engine.panel import Panel
from tests.engine.worlds import World


def series(values: np.ndarray, start: int, effect: float) -> World:
    return World(values[None, :].copy()).add("one", [0], start, effect)


@pytest.mark.parametrize(("drift", "least"), [(0.0, 36), (0.05, 36), (0.2, 34)])
def test_intervals_cover_as_the_level_drifts(drift, least):
    """Of 40 series; without drift and with it (the last is beyond what a trend from the start would survive)."""
    hits = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        values = 10 + 0.02 * np.arange(60) + np.cumsum(random.normal(0, drift, 60)) + random.normal(size=60)
        effect = series(values, 40, 2.0).attribute().initiative("one")
        assert (effect.method, effect.grade) == ("its", "D")
        hits += effect.ci_low <= 2.0 <= effect.ci_high
    assert hits >= least


def test_a_trend_is_not_taken_for_an_effect():
    """A simple comparison claims the whole slope; the series does not."""
    random = np.random.default_rng(1)
    effect = series(10 + 0.3 * np.arange(60) + random.normal(size=60), 40, 0.0).attribute().initiative("one")
    assert effect.diagnostics["naive"]["effect"] > 5
    assert effect.verdict == "none_found"


def monthly(values: np.ndarray, **controls: np.ndarray) -> Panel:
    months = [dt.date(2018 + each // 12, each % 12 + 1, 1) for each in range(len(values))]
    rows = [
        {
            "kpi": "sales",
            "unit": "shop",
            "period": day,
            "value": value,
            **{name: table[at] for name, table in controls.items()},
        }
        for at, (day, value) in enumerate(zip(months, values, strict=True))
    ]
    return Panel.from_rows(rows)


def test_a_season_is_not_taken_for_an_effect():
    random = np.random.default_rng(2)
    values = 100 + 20 * np.sin(2 * np.pi * np.arange(54) / 12) + random.normal(size=54)
    table = InitiativeTable.from_rows([("one", "shop", dt.date(2022, 1, 1))])
    effect = attribute(monthly(values), table).kpis[0].initiative("one")
    assert effect.verdict == "none_found"
    assert effect.ci_high - effect.ci_low < 10


def test_a_control_series_carries_a_common_shock_and_lifts_the_grade():
    random = np.random.default_rng(3)
    shock = np.cumsum(random.normal(0, 2, 48))
    shock[36:] += 15
    values = 50 + shock + random.normal(size=48)
    table = InitiativeTable.from_rows([("one", "shop", dt.date(2021, 1, 1))])
    alone = attribute(monthly(values), table).kpis[0].initiative("one")
    helped = attribute(monthly(values, control_market=shock), table).kpis[0].initiative("one")
    assert (alone.grade, helped.grade) == ("D", "C")
    assert helped.ci_low <= 0 <= helped.ci_high
    assert helped.ci_high - helped.ci_low < 0.5 * (alone.ci_high - alone.ci_low)


def test_two_initiatives_one_after_the_other_on_one_series():
    random = np.random.default_rng(4)
    world = World(20 + 0.5 * random.normal(size=(1, 60))).add("one", [0], 30, 3.0).add("two", [0], 45, -2.0)
    result = world.attribute()
    for name in ("one", "two"):
        effect = result.initiative(name)
        assert effect.ci_low <= world.truth[name] <= effect.ci_high
    covariance = result.period_covariance("one", "two")
    assert covariance is not None
    assert covariance.shape == (30, 15)


def test_too_short_a_history_gives_no_number():
    effect = series(np.arange(8.0), 2, 0.0).attribute().initiative("one")
    assert effect.verdict == "no_comparison"
    assert effect.effect is None


def test_a_flat_series_survives():
    effect = series(np.full(30, 5.0), 20, 0.0).attribute().initiative("one")
    assert effect.verdict == "none_found"
    assert effect.effect == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("effect", [0.0, 1.5])
def test_a_hold_out_covers_and_starts_at_a(effect):
    hits = 0
    for seed in range(40):
        lot = sorted(np.random.default_rng(seed).choice(24, 12, replace=False).tolist())
        world = World.draw(seed).add("one", lot, 20, effect, assignment="random")
        found = world.attribute().initiative("one")
        assert (found.method, found.grade) == ("holdout", "A")
        hits += found.ci_low <= effect <= found.ci_high
    assert hits >= 34


def test_a_forced_hold_out_without_a_lot_says_so():
    world = World.draw(1).add("one", range(12), 20, 1.0)
    result = world.attribute("holdout")
    assert result.initiative("one").grade == "B"
    assert any("randomisation" in text for text in result.warnings)


def test_a_lot_among_other_initiatives_keeps_its_grade_in_the_joint_estimation():
    world = (
        World.draw(1)
        .add("one", range(0, 24, 2), 20, 1.0, assignment="random")
        .add("two", range(1, 9), 24, 1.0)
    )
    result = world.attribute()
    assert [(each.method, each.diagnostics["grade_start"]) for each in result.initiatives] == [
        ("imputation", "A"),
        ("imputation", "B"),
    ]
