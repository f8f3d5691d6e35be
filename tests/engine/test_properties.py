"""What must hold for any input: order, scale, shift, closing books, digests."""

import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.engine.attribution import attribute
from apps.engine.digest import digest_of
from apps.engine.finance import evaluate, rate_roots
from apps.engine.initiatives import InitiativeTable
from apps.engine.panel import Panel
from apps.engine.returns import CostFlow, compute_return
from tests.engine.test_joint_attribution import books_close
from tests.engine.test_returns import inputs, month, stream
from tests.engine.worlds import World

quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Small panels with gaps and up to three initiatives of any shape, ends and plans among them."""
    units, periods = draw(st.integers(1, 10)), draw(st.integers(2, 16))
    world = World.draw(draw(st.integers(0, 10_000)), units=units, periods=periods)
    for name in "abc"[: draw(st.integers(1, 3))]:
        treated = sorted(draw(st.sets(st.integers(0, units - 1), min_size=1)))
        starts = [draw(st.integers(0, periods)) for _ in treated]
        columns: dict[str, object] = {"lag": draw(st.integers(0, 2))}
        if draw(st.booleans()):
            columns |= {"expected_effect": draw(st.floats(-5, 5))}
        end = draw(st.one_of(st.none(), st.integers(max(starts) + 1, periods + 2)))
        world.add(name, treated, starts, draw(st.floats(-3, 3)), end=end, **columns)
    gaps = np.random.default_rng(draw(st.integers(0, 100))).random(world.value.shape) < draw(
        st.floats(0, 0.3)
    )
    if not gaps.all(axis=1).any():
        world.value[gaps] = np.nan
    return world


@quick
@given(worlds(), st.sampled_from(["auto", "imputation", "its", "holdout"]))
def test_any_design_is_answered_in_finite_json_with_closed_books(world, method):
    result = world.answer(method)
    json.dumps(result.to_json(), allow_nan=False)
    for kpi in result.kpis:
        if kpi.joint.total is not None and method != "holdout":
            assert books_close(kpi)
        for each in kpi.initiatives:
            numbers = (each.effect, each.se, each.ci_low, each.ci_high, each.total)
            assert len({number is None for number in numbers}) == 1
            if each.effect is not None:
                assert each.ci_low <= each.effect <= each.ci_high
            else:
                assert each.verdict in ("no_comparison", "not_separable", "too_early")


@quick
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_bit(world, random):
    rows = [row for row in world.panel_rows() if not math.isnan(row[3])]
    treated = list(world.rows)
    known = {row[1] for row in rows}
    treated = [row for row in treated if row["unit"] in known]
    if not treated:
        return
    first = attribute(Panel.from_rows(rows), InitiativeTable.from_rows(treated)).to_json()
    random.shuffle(rows)
    random.shuffle(treated)
    second = attribute(Panel.from_rows(rows), InitiativeTable.from_rows(treated)).to_json()
    assert first["digest"] == second["digest"]
    by_name = [
        {each["initiative"]: each for each in one["kpis"][0].pop("initiatives")} for one in (first, second)
    ]
    assert by_name[0] == by_name[1]
    for one in (first, second):
        one["kpis"][0]["joint"]["initiatives"].sort()
        one["kpis"][0]["warnings"].sort()
    assert first == second


@quick
@given(worlds(), st.sampled_from([0.25, 1024.0]), st.floats(-100, 100))
def test_a_scaled_kpi_scales_and_a_shifted_one_leaves_the_effects(world, scale, shift):
    """Scaling by a power of two is exact up to the few last bits; verdicts stay."""
    for row in world.rows:
        row.pop("expected_effect", None)
    plain = world.attribute()
    moved = World(world.value * scale + shift * scale, world.rows).attribute()
    assert [each.verdict for each in plain.initiatives] == [each.verdict for each in moved.initiatives]
    for before, after in zip(plain.initiatives, moved.initiatives, strict=True):
        if before.effect is not None:
            size = max(abs(before.effect), before.se, 1e-3)
            assert after.effect == pytest.approx(before.effect * scale, rel=1e-6, abs=1e-6 * size * scale)


def test_times_a_hundred_is_times_a_hundred():
    world = World.draw(1).add("one", range(8), 20, 1.5).add("two", range(6, 12), 26, -1.0)
    one, two = world.attribute(), World(world.value * 100, world.rows).attribute()
    for before, after in zip(one.initiatives, two.initiatives, strict=True):
        for name in ("effect", "se", "ci_low", "ci_high", "total"):
            assert getattr(after, name) == pytest.approx(100 * getattr(before, name), rel=1e-11)


@quick
@given(st.floats(0, 1e6), st.integers(0, 11))
def test_adding_a_cost_never_raises_the_return_on_investment(amount, at):
    before = compute_return(inputs(stream(sd=0.2)))
    costs = [CostFlow(month(0), 3000), CostFlow(month(at), amount)]
    after = compute_return(inputs(stream(sd=0.2), costs=costs, spending_stops=month(0)))
    assert after.roi.mid <= before.roi.mid + 1e-12
    assert after.npv.mid <= before.npv.mid + 1e-9


@quick
@given(
    st.lists(st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-3), min_size=1, max_size=8),
    st.floats(-0.5, 2),
)
def test_a_rate_of_return_makes_the_flows_worth_nothing(flows, rate):
    result = evaluate(flows, range(len(flows)), rate)
    json.dumps(result.to_json(), allow_nan=False)
    if result.irr is not None:
        worth = sum(flow / (1 + result.irr) ** step for step, flow in enumerate(flows))
        size = sum(abs(flow) / (1 + result.irr) ** step for step, flow in enumerate(flows))
        assert abs(worth) <= 1e-6 * size
        assert len(rate_roots(np.array(flows), np.arange(len(flows), dtype=float))) == 1


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@quick
@given(plain, plain)
def test_digests_agree_exactly_where_values_do(one, two):
    assert digest_of(one) == digest_of(json.loads(json.dumps(one))) or "\\ud" in json.dumps(one)
    same = json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    if not same and one != two:
        assert digest_of(one) != digest_of(two)


def test_a_digest_tells_the_last_bit_and_ignores_the_order_of_keys():
    assert digest_of({"a": 1.0, "b": 2.0}) == digest_of({"b": 2.0, "a": 1.0})
    assert digest_of(0.1 + 0.2) != digest_of(0.3)
    assert digest_of(-0.0) == digest_of(0.0)
    assert digest_of([1, 2]) != digest_of([2, 1])
    with pytest.raises(TypeError):
        digest_of(object())
