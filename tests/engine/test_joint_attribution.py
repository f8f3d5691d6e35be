"""Several initiatives in flight: known truth comes back, the books close, the useless one gets nothing."""

import numpy as np
import pytest

from apps.engine.results import KpiResult
from tests.engine.worlds import World

SEEDS = range(40)


def books_close(result: KpiResult) -> bool:
    """Shares + groups + unallocated = joint total."""
    grouped = {name for group in result.groups for name in group.initiatives}
    shares = [
        each.total
        for each in result.initiatives
        if each.initiative in result.joint.initiatives and each.initiative not in grouped
    ]
    total = sum(filter(None, shares)) + sum(group.total for group in result.groups) + result.unallocated
    return abs(total - result.joint.total) <= 1e-9 * max(1.0, abs(result.joint.total))


def clean(world: World) -> World:
    return world.add("one", range(8), 20, 1.5)


def staggered(world: World) -> World:
    return world.add("one", range(10), [15 + unit for unit in range(10)], 1.5)


def ramping(world: World) -> World:
    return world.add("one", range(8), 18, 1.5, ramp=6)


def ending(world: World) -> World:
    return world.add("one", range(8), 14, 1.5, end=28)


def few_units(world: World) -> World:
    return world.add("one", range(2), 20, 1.5)


def gaps(world: World) -> World:
    world.add("one", range(8), 20, 1.5)
    world.value[np.random.default_rng(5).random(world.value.shape) < 0.1] = np.nan
    return world


def overlapping(world: World) -> World:
    world.add("one", range(10), [15 + unit % 4 for unit in range(10)], 1.5)
    world.add("null", range(5, 14), [19 + unit % 5 for unit in range(9)], 0.0)
    return world.add("harmful", range(8, 16), [24 + unit % 3 for unit in range(8)], -1.5)


@pytest.mark.parametrize("scenario", [clean, staggered, ramping, ending, few_units, gaps, overlapping])
def test_intervals_cover_the_truth_and_the_mean_is_unbiased(scenario):
    """95 % intervals: the count lies within the exact 99 % binomial interval of 40 (or 120) draws."""
    hits = count = 0
    errors: dict[str, list[float]] = {}
    for seed in SEEDS:
        world = scenario(World.draw(seed))
        result = world.attribute()
        assert result.method == "imputation"
        assert books_close(result)
        for each in result.initiatives:
            truth = world.truth[each.initiative]
            hits += each.ci_low <= truth <= each.ci_high
            count += 1
            errors.setdefault(each.initiative, []).append(each.effect - truth)
    assert hits >= {40: 34, 120: 107}[count]
    for values in errors.values():
        assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values)) + 0.02


def test_a_useless_initiative_is_not_paid_and_a_harmful_one_is_named():
    verdicts: dict[str, list[str]] = {}
    claimed = []
    for seed in SEEDS:
        world = overlapping(World.draw(seed))
        for each in world.attribute().initiatives:
            verdicts.setdefault(each.initiative, []).append(each.verdict)
            if each.initiative == "null":
                claimed.append(each.effect)
    assert verdicts["null"].count("none_found") >= 35
    assert verdicts["harmful"].count("negative") >= 37
    assert verdicts["one"].count("positive") >= 37
    assert abs(np.mean(claimed)) < 0.15


def test_the_joint_effect_is_claimed_once():
    """One comparison per initiative would claim far more than there is; the joint total stays at the truth."""
    ratios = []
    for seed in range(20):
        world = World.draw(seed, noise=0.3)
        world.add("one", range(10), 18, 1.0).add("two", range(10), 22, 1.0).add(
            "three", range(2, 12), 26, 1.0
        )
        result = world.attribute()
        truth = sum(world.truth[each.initiative] * each.cells for each in result.initiatives)
        ratios.append(result.joint.total / truth)
        assert books_close(result)
    assert abs(np.mean(ratios) - 1) < 0.02


def test_without_noise_the_truth_comes_back_exactly():
    world = World.draw(3, noise=0.0).add("one", range(6), 20, 2.0).add("two", range(4, 9), 25, -1.0)
    result = world.attribute()
    assert result.initiative("one").effect == pytest.approx(2.0, abs=1e-9)
    assert result.initiative("two").effect == pytest.approx(-1.0, abs=1e-9)
    assert [each.verdict for each in result.initiatives] == ["positive", "negative"]


def test_a_single_effect_is_the_mean_of_the_difference_to_the_imputed():
    """Balanced and at once: the imputed difference is the plain difference in differences of the means."""
    world = World.draw(1).add("one", range(8), 20, 1.5)
    value = world.value
    plain = (value[:8, 20:].mean() - value[:8, :20].mean()) - (value[8:, 20:].mean() - value[8:, :20].mean())
    result = world.attribute()
    assert result.initiative("one").effect == pytest.approx(plain, rel=1e-10)
    assert result.initiative("one").total == pytest.approx(plain * 8 * 20, rel=1e-10)
    naive = (value[:8, 20:] - value[:8, :20].mean(axis=1, keepdims=True)).sum()
    assert result.naive_total == pytest.approx(naive, rel=1e-10)


def test_lag_end_and_wash_out_do_not_count_as_treated_cells():
    world = World.draw(1).add("one", range(6), 20, 1.0, end=30, lag=3)
    effect = world.attribute().initiative("one")
    assert effect.cells == 6 * 7
    assert [point.event_time for point in effect.path] == [3, 4, 5, 6, 7, 8, 9]


def test_decay_after_the_end_does_not_leak_into_the_comparison():
    """With the decay in the wash-out, the units' level before and after stays theirs."""
    estimates = []
    for seed in range(30):
        world = World.draw(seed, noise=0.3).add("one", range(8), 12, 2.0, end=24)
        world.value[:8, 24:28] += [1.5, 1.0, 0.5, 0.25]
        estimates.append(world.attribute().initiative("one").effect)
    assert abs(np.mean(estimates) - 2.0) < 0.05


def test_exposure_scales_totals_and_weight_does_not():
    world = World.draw(2).add("one", range(8), 20, 1.5)
    plain = world.attribute().initiative("one")
    exposed = world.attribute(exposure=np.full(world.value.shape, 10.0)).initiative("one")
    assert exposed.effect == pytest.approx(plain.effect)
    assert exposed.total == pytest.approx(10 * plain.total)
    weight = np.random.default_rng(1).uniform(0.5, 2, world.value.shape)
    weighted = world.attribute(weight=weight).initiative("one")
    assert weighted.effect != pytest.approx(plain.effect, abs=1e-6)
    assert weighted.total == pytest.approx(weighted.effect * weighted.cells)


def test_weighting_by_answers_makes_the_estimate_more_precise():
    """Half of the cells rest on 2 answers, half on 200: weighting must beat the plain fit."""
    plain, weighted = [], []
    for seed in range(30):
        random = np.random.default_rng(seed)
        world = World.draw(seed, noise=0.1).add("one", range(8), 20, 1.5)
        answers = np.where(random.random(world.value.shape) < 0.5, 2.0, 200.0)
        world.value += random.normal(size=world.value.shape) * 10 / np.sqrt(answers)
        plain.append(world.attribute().initiative("one").effect - 1.5)
        weighted.append(world.attribute(n=answers).initiative("one").effect - 1.5)
    assert np.std(weighted) < 0.9 * np.std(plain)


def test_a_known_measurement_error_is_the_least_the_interval_may_claim():
    world = World.draw(2, units=12, noise=0.001).add("one", range(4), 20, 1.5)
    free = world.attribute().initiative("one")
    measured = world.attribute(se=np.full(world.value.shape, 1.0)).initiative("one")
    assert measured.se > 20 * free.se


def test_the_covariance_between_initiatives_makes_the_sum_right():
    """The joint standard error equals that of the sum of all shares where nothing is left unallocated."""
    world = World.draw(4).add("one", range(8), 16, 1.0).add("two", range(8, 14), 16, 1.0)
    result = world.attribute()
    assert result.unallocated == pytest.approx(0.0, abs=1e-9)
    variance = 0.0
    for a in ("one", "two"):
        for b in ("one", "two"):
            weights = result.initiative(a).period_path.exposure, result.initiative(b).period_path.exposure
            variance += weights[0] @ result.period_covariance(a, b) @ weights[1]
    assert np.sqrt(variance) == pytest.approx(result.joint.se, rel=1e-6)
    assert abs(result.period_covariance("one", "two")).max() > 0


def test_the_period_path_adds_up_to_the_total():
    world = overlapping(World.draw(7))
    result = world.attribute()
    for each in result.initiatives:
        path = each.period_path
        assert path.effect @ path.exposure == pytest.approx(each.total, rel=1e-9, abs=1e-9)
        assert path.cells.sum() == each.cells


def test_a_ramp_shows_in_the_path():
    world = World.draw(5, units=40, noise=0.2).add(
        "one",
        range(16),
        20,
        2.0,
        ramp=5,
    )
    path = world.attribute().initiative("one").path
    assert path[0].effect < 0.8 < 1.7 < path[-1].effect
