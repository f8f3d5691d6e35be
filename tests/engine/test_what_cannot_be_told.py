"""Honest states: everywhere at once, inseparable, too early, nothing to compare with."""

import numpy as np
import pytest

from apps.engine.attribution import attribute
from apps.engine.errors import MethodUnavailable, OptionError
from apps.engine.initiatives import InitiativeTable
from tests.engine.worlds import World

NUMBERS = ("effect", "se", "ci_low", "ci_high", "total", "total_ci_low", "total_ci_high")


def empty(effect) -> bool:
    answer = effect.to_json()
    return all(answer[name] is None for name in NUMBERS) and answer["path"] == []


def test_same_units_and_start_cannot_be_told_apart_and_the_sum_stands_in_groups():
    world = (
        World.draw(1)
        .add("one", range(8), 20, 1.0)
        .add("two", range(8), 20, 2.0)
        .add("three", range(9, 14), 22, 1.0)
    )
    result = world.attribute()
    for name, other in (("one", "two"), ("two", "one")):
        effect = result.initiative(name)
        assert effect.verdict == "not_separable"
        assert effect.not_separable_from == (other,)
        assert empty(effect)
    (group,) = result.groups
    assert group.initiatives == ("one", "two")
    assert group.ci_low <= 3.0 <= group.ci_high
    assert group.total == pytest.approx(group.effect * 8 * 20)
    third = result.initiative("three")
    assert third.verdict == "positive"
    assert group.total + third.total + result.unallocated == pytest.approx(result.joint.total, rel=1e-9)


def test_with_a_plan_the_split_follows_it_at_grade_e_and_the_sum_keeps_its_grade():
    world = World.draw(1).add("one", range(8), 20, 1.0, expected_effect=1.0, expected_sd=0.5)
    world.add("two", range(8), 20, 2.0, expected_effect=2.0, expected_sd=0.5)
    result = world.attribute()
    one, two = result.initiative("one"), result.initiative("two")
    assert (one.verdict, one.grade, two.grade) == ("not_separable", "E", "E")
    assert two.effect - one.effect == pytest.approx(1.0, abs=0.05)
    assert result.groups[0].grade in "BC"
    assert one.total + two.total + result.unallocated == pytest.approx(result.joint.total, rel=1e-9)


def test_six_weeks_apart_can_be_told():
    world = World.draw(1, noise=0.3).add("one", range(8), 16, 1.0).add("two", range(8), 22, 2.0)
    result = world.attribute()
    assert [each.verdict for each in result.initiatives] == ["positive", "positive"]


def test_everywhere_at_once_gets_no_number_and_spoils_no_other():
    world = World.draw(2).add("one", range(8), 20, 1.5)
    alone = world.attribute().initiative("one").effect
    world.add("everywhere", range(24), 28, 5.0)
    result = world.attribute()
    effect = result.initiative("everywhere")
    assert effect.verdict == "no_comparison"
    assert empty(effect)
    assert effect.diagnostics["series"]["grade"] == effect.series.grade == "D"
    assert result.period_covariance("everywhere", "everywhere") is None
    assert result.period_covariance("everywhere", "everywhere", series=True).shape == (12, 12)
    assert result.initiative("one").effect == pytest.approx(alone, rel=1e-9)
    assert result.joint.initiatives == ("one",)


def test_everywhere_at_once_by_force_is_a_series_with_numbers():
    world = World.draw(2).add("everywhere", range(24), 28, 5.0)
    effect = world.attribute("its").initiative("everywhere")
    assert effect.method == "its"
    assert effect.grade == "D"
    assert effect.ci_low < 5.0 < effect.ci_high


def test_fewer_than_two_measured_periods_is_too_early():
    world = (
        World.draw(2)
        .add("late", range(1), 39, 1.0)
        .add("future", range(2, 4), 60, 1.0)
        .add("one", range(8, 12), 20, 1.0)
    )
    result = world.attribute()
    for name in ("late", "future"):
        assert result.initiative(name).verdict == "too_early"
        assert empty(result.initiative(name))
    assert result.joint.initiatives == ("one",)


def test_a_roll_out_to_everyone_keeps_the_cells_that_have_a_counterpart():
    world = World.draw(3).add("one", range(24), [12 + unit for unit in range(24)], 1.5)
    result = world.attribute()
    effect = result.initiative("one")
    assert effect.method == "imputation"
    assert effect.grade == "C"
    assert effect.ci_low < 1.5 < effect.ci_high
    assert any("no counterpart" in text for text in result.warnings)


def test_two_halves_at_once_leave_nothing_to_compare_with():
    world = World.draw(3).add("one", range(12), 20, 1.0).add("two", range(12, 24), 20, 1.0)
    result = world.attribute()
    assert result.method == "its"
    assert {each.grade for each in result.initiatives} == {"D"}
    assert result.joint.total is None


def test_always_treated_units_have_no_comparison():
    world = World.draw(3).add("one", [0, 1], 0, 1.0).add("two", range(4, 12), 20, 1.0)
    result = world.attribute()
    assert result.initiative("one").verdict == "no_comparison"
    assert empty(result.initiative("one"))
    assert result.initiative("two").method == "imputation"


def test_a_forced_comparison_runs_with_two_units_and_one_period_before():
    """Four means: the difference in differences, at the price of the grade."""
    world = World(np.array([[20.0, 21.0], [23.0, 21.5]]))
    world.add("law", [0], 1, 0.0)
    result = world.attribute("imputation")
    effect = result.initiative("law")
    assert effect.effect == pytest.approx(2.5)
    assert effect.grade == "D"
    assert all(isinstance(getattr(effect, name), float) for name in ("se", "ci_low", "ci_high"))
    assert result.warnings


def test_units_chosen_for_poor_results_cost_a_letter_and_the_periods_of_the_choice():
    """The worst of 40 units by a noisy window 'recover' by themselves; without the window the bias is gone."""
    biased, honest = [], []
    for seed in range(20):
        world = World.draw(seed, units=40, periods=40, memory=0.0, noise=2.0)
        relative = (
            world.value
            - world.value.mean(axis=0)
            - (world.value - world.value.mean(axis=0)).mean(axis=1, keepdims=True)
        )
        worst = np.argsort(relative[:, 6:10].mean(axis=1))[:10]
        world.add("help", sorted(worst.tolist()), 24, 0.0)
        biased.append(world.attribute().initiative("help").effect)
        for row in world.rows:
            row.update(assignment="poor_results", chosen_until=9)
        effect = world.attribute().initiative("help")
        assert effect.grade in "CD"
        honest.append(effect.effect)
    assert np.mean(biased) > 0.3
    assert abs(np.mean(honest)) < 0.2


def test_options_that_cannot_be_met_are_refused():
    world = World.draw(1).add("one", range(8), 20, 1.0)
    with pytest.raises(MethodUnavailable, match="sdid"):
        world.attribute("sdid")
    with pytest.raises(OptionError, match="unknown"):
        world.attribute("magic")
    with pytest.raises(OptionError, match="level"):
        attribute(world.panel(), InitiativeTable.from_rows(world.rows), level=1.0)
