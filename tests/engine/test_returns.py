"""Effects to money: by hand, against sampling, and where there is nothing to show."""

import dataclasses
import datetime as dt
import json
from decimal import Decimal

import numpy as np
import pytest

from apps.engine.errors import OptionError
from apps.engine.portfolio import total
from apps.engine.returns import CostFlow, KpiStream, ReturnInputs, ValueModel, compute_return


def month(number: int) -> dt.date:
    """The first of the month, counted from January 2025."""
    return dt.date(2025 + number // 12, number % 12 + 1, 1)


def stream(periods: int = 6, effect: float = 2.0, sd: float = 0.0, **changes: object) -> KpiStream:
    fields: dict[str, object] = {
        "kpi": "nps",
        "value": ValueModel(Decimal("5.00"), 0, "make", True),
        "dates": [month(each) for each in range(periods)],
        "effect": np.full(periods, effect),
        "covariance": np.full((periods, periods), sd**2),
        "exposure": np.full(periods, 100.0),
        "grade": "B",
    }
    return KpiStream(**{**fields, **changes})


def inputs(*streams: KpiStream, **changes: object) -> ReturnInputs:
    fields: dict[str, object] = {
        "key": "A",
        "currency": "EUR",
        "start": month(0),
        "as_of": dt.date(2025, 6, 30),
        "streams": streams,
        "costs": [CostFlow(month(0), 3000)],
        "horizon_months": 12,
        "annual_discount_rate": 0.12,
    }
    return ReturnInputs(**{**fields, **changes})


def test_the_whole_by_hand():
    """Six months of 2 points × 100 customers × 5 = 1,000 each, then months 7 to 12 with the shares between 1 and 0.5."""
    result = compute_return(inputs(stream(), share_left={6: 0.5}))
    shares = np.interp(range(1, 7), [0, 6], [1.0, 0.5])
    flows = np.r_[np.full(6, 1000.0), 1000.0 * shares]
    discount = 1.12 ** (-np.arange(12) / 12)
    assert result.returned_to_date.mid == pytest.approx(6000)
    assert result.projected.mid == pytest.approx(1000 * shares.sum())
    assert result.returned.mid == pytest.approx(flows.sum())
    assert result.npv.mid == pytest.approx(discount @ flows - 3000)
    assert result.roi.mid == pytest.approx((discount @ flows - 3000) / 3000)
    assert result.payback_months == pytest.approx(3.0)
    assert [row.returned.mid for row in result.months] == pytest.approx(flows.tolist())
    assert sum(row.cost for row in result.months[1:]) == (12 * 0.0)
    assert np.polynomial.polynomial.polyval(
        (1 + result.irr) ** (-1 / 12), flows - np.r_[3000, np.zeros(11)]
    ) == pytest.approx(0, abs=1e-6)


def test_the_steps_repeat_the_figures():
    result = compute_return(
        inputs(
            stream(),
            stream(kpi="churn", effect=-0.5, value=ValueModel(-8, 0, "save", False)),
            share_left={6: 0.5},
        )
    )
    steps = {(step.label, step.stream): step.value for step in result.steps}
    for kpi in ("nps", "churn"):
        gained = steps["Mean effect", kpi] * steps["Exposure", kpi]
        assert steps["KPI units gained", kpi] == pytest.approx(gained)
        assert steps["Realised money", kpi] == pytest.approx(gained * steps["Value per KPI unit", kpi])
        ahead = (
            steps["Last level", kpi] * steps["Months ahead, weighted", kpi] * steps["Value per KPI unit", kpi]
        )
        assert steps["Projected money", kpi] == pytest.approx(ahead)
    assert steps["Returned", None] == pytest.approx(
        steps["Realised return", None] + steps["Projected return", None]
    )
    assert steps["Returned", None] == pytest.approx(result.returned.mid)
    assert steps["Net present value", None] == pytest.approx(
        steps["Present value of returns", None] - steps["Present value of costs", None]
    )
    assert steps["Return on investment", None] == pytest.approx(result.roi.mid)
    assert result.by_ledger["make"].mid + result.by_ledger["save"].mid == pytest.approx(result.returned.mid)
    assert result.by_cash["cash"].mid == pytest.approx(result.by_ledger["make"].mid)


def test_ranges_agree_with_sampling():
    """Gauss-Hermite over the value and the exact Gaussian inside, against 200,000 draws of both."""
    random = np.random.default_rng(1)
    periods = 12
    mean = np.linspace(0.5, 2.0, periods)
    covariance = 0.04 * np.outer(mean, mean) + 0.05 * np.eye(periods)
    value = ValueModel(5.0, 1.0, "make", True)
    flow = stream(periods, effect=0.0, value=value)
    flow = dataclasses.replace(flow, effect=mean, covariance=covariance)
    given = inputs(flow, as_of=dt.date(2025, 12, 31))
    result = compute_return(given)
    effects = random.multivariate_normal(mean, covariance, 200_000)
    money = effects * 100 * random.normal(5.0, 1.0, (200_000, 1))
    discount = 1.12 ** (-np.arange(12) / 12)
    npv = money @ discount - 3000
    low, high = np.quantile(npv, [0.025, 0.975])
    assert result.npv.low == pytest.approx(low, abs=0.01 * (high - low))
    assert result.npv.high == pytest.approx(high, abs=0.01 * (high - low))
    assert result.npv.mid == pytest.approx(npv.mean(), abs=0.01 * (high - low))
    running = np.cumsum(money, axis=1) - 3000
    for at in (5, 8, 11):
        assert result.paid_back_by[at] == pytest.approx((running[:, at] >= 0).mean(), abs=0.005)
    share = (npv < 0).mean()
    assert 0.0 < share < 1.0
    at_low = 12 * np.log1p((1 + result.irr_low) ** (1 / 12) - 1)
    worth = money @ np.exp(-at_low * np.arange(12) / 12) - 3000
    assert (worth < 0).mean() == pytest.approx(0.025, abs=0.004)


def test_the_range_carries_the_covariance_over_time():
    """One common error gives a wider sum than independent errors of the same size."""
    common = compute_return(inputs(stream(sd=0.5)))
    apart = stream()
    apart = dataclasses.replace(apart, covariance=0.25 * np.eye(6))
    independent = compute_return(inputs(apart))
    width = common.returned.high - common.returned.low
    assert width == pytest.approx(
        np.sqrt(6) * (independent.returned.high - independent.returned.low), rel=1e-6
    )
    assert width == pytest.approx(2 * 1.959964 * 0.5 * 600 * 5, rel=1e-5)


def test_nothing_is_projected_without_a_stated_share_and_the_result_says_so():
    result = compute_return(inputs(stream()))
    assert result.projected.mid == 0.0
    assert any("no share left" in text for text in result.warnings)


def test_the_level_stays_while_spending_goes_on():
    costs = [CostFlow(month(each), 100, "actual", "running", "licence") for each in range(12)]
    result = compute_return(inputs(stream(), costs=costs))
    assert [row.returned.mid for row in result.months] == pytest.approx([1000.0] * 12)
    assert result.invested == pytest.approx(1200)
    assert result.invested_to_date == pytest.approx(600)


def test_an_actual_amount_replaces_the_plan_of_its_line_and_month():
    costs = [
        CostFlow(month(0), 500, "planned", "one_off", "setup"),
        CostFlow(month(0), 700, "actual", "one_off", "setup"),
        CostFlow(month(0), 50, "planned", "one_off", "travel"),
        CostFlow(month(8), 100, "planned", "running", "licence"),
    ]
    result = compute_return(
        inputs(stream(), costs=[*costs, CostFlow(month(40), 9, "planned")], as_of=dt.date(2025, 6, 30))
    )
    assert result.invested == pytest.approx(850)
    assert any("after the horizon" in text for text in result.warnings)


def test_money_follows_the_effect_by_its_lag():
    result = compute_return(inputs(stream(3, lag_months=2), as_of=dt.date(2025, 3, 31)))
    assert [row.returned.mid for row in result.months[:6]] == pytest.approx([0, 0, 1000, 1000, 1000, 0])


def test_weeks_add_up_to_months():
    weeks = [dt.date(2025, 1, 6) + dt.timedelta(weeks=each) for each in range(26)]
    flow = stream(26, dates=weeks, exposure=np.full(26, 10.0))
    result = compute_return(inputs(flow, share_left={6: 1.0, 12: 1.0}, as_of=dt.date(2025, 7, 6)))
    assert result.returned_to_date.mid == pytest.approx(26 * 2 * 10 * 5)
    assert result.months[8].returned.mid == pytest.approx(2 * 10 * 5 * 365.25 / 12 / 7)


def test_without_streams_or_costs_there_are_ratios_of_nothing():
    result = compute_return(inputs(costs=[]))
    assert result.roi is None
    assert result.irr is None
    assert result.payback_months is None
    assert set(result.paid_back_by) == {0.0}
    json.dumps(result.to_json(), allow_nan=False)


def test_results_do_not_depend_on_the_order_of_streams_and_costs():
    streams = [stream(sd=0.3), stream(kpi="churn", effect=-0.5, value=ValueModel(-8, 2, "save", False))]
    costs = [CostFlow(month(each), 100 + each, "actual", "running", "x") for each in range(6)]
    first = compute_return(inputs(*streams, costs=costs))
    second = compute_return(inputs(*streams[::-1], costs=costs[::-1]))
    assert first.digest == second.digest
    assert first.npv == second.npv
    assert compute_return(inputs(*streams, costs=costs, annual_discount_rate=0.1)).digest != first.digest


def test_a_portfolio_of_one_is_that_one():
    result = compute_return(inputs(stream(sd=0.5)))
    whole = total([result])
    assert whole.returned == result.returned
    assert whole.npv.low == pytest.approx(result.npv.low)
    assert whole.roi.mid == pytest.approx(result.roi.mid)
    assert whole.payback_months == pytest.approx(result.payback_months)
    assert whole.share_proven == 1.0


def test_the_interval_of_a_sum_is_not_the_sum_of_intervals():
    free = ValueModel(5.0, 0, "make", True)
    results = [compute_return(inputs(stream(sd=0.5, value=free), key=key)) for key in "AB"]
    alone = results[0].returned.high - results[0].returned.mid
    apart = total(results)
    assert apart.returned.high - apart.returned.mid == pytest.approx(np.sqrt(2) * alone, rel=1e-4)
    together = total(results, lambda a, b, kpi: np.full((6, 6), 0.25))
    assert together.returned.high - together.returned.mid == pytest.approx(2 * alone, rel=1e-4)
    against = total(results, lambda a, b, kpi: np.full((6, 6), -0.25))
    assert against.returned.high - against.returned.mid == pytest.approx(0.0, abs=1e-3)


def test_one_uncertain_value_moves_all_initiatives_together():
    shared = ValueModel(5.0, 1.0, "make", True, key="nps")
    results = [compute_return(inputs(stream(value=shared), key=key)) for key in "AB"]
    one = results[0].returned.high - results[0].returned.mid
    whole = total(results)
    assert whole.returned.high - whole.returned.mid == pytest.approx(2 * one, rel=1e-3)


def test_proven_money_stands_beside_the_rest_and_currencies_are_not_added():
    proven = compute_return(inputs(stream(), key="A"))
    belief = compute_return(inputs(stream(grade="D"), key="B"))
    whole = total([proven, belief])
    assert whole.share_proven == pytest.approx(0.5)
    assert whole.proven.mid == pytest.approx(whole.unproven.mid)
    assert total([]).share_proven is None
    with pytest.raises(OptionError, match="cannot be added"):
        total([proven, compute_return(inputs(stream(), currency="USD"))])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"annual_discount_rate": -1.5}, "discount rate"),
        ({"horizon_months": 0}, "horizon"),
        ({"share_left": {6: 1.5}}, "share left"),
        ({"costs": [CostFlow(month(0), -5)]}, "cost of"),
        ({"streams": [stream(effect=float("nan"))]}, "not finite"),
        ({"streams": [stream(exposure=[1.0])]}, "one entry per date"),
        ({"level": 1.0}, "level"),
    ],
)
def test_meaningless_inputs_are_refused(changes, words):
    given = dataclasses.replace(inputs(stream()), **changes)
    with pytest.raises(OptionError, match=words):
        compute_return(given)
