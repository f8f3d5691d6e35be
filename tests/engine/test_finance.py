"""Published examples to their printed digits, and a reason wherever there is no figure."""

import datetime as dt

import numpy as np
import pytest

from apps.engine.errors import OptionError
from apps.engine.finance import evaluate

DATED = [-10_000, 2_750, 4_250, 3_250, 2_750]
DAYS = [
    dt.date(2008, 1, 1),
    dt.date(2008, 3, 1),
    dt.date(2008, 10, 30),
    dt.date(2009, 2, 15),
    dt.date(2009, 4, 1),
]
YEARLY = [-70_000, 12_000, 15_000, 18_000, 21_000, 26_000]
LOAN = [-120_000, 39_000, 30_000, 21_000, 37_000, 46_000]


def test_microsoft_xirr_and_xnpv():
    result = evaluate(DATED, DAYS, 0.09)
    assert result.xirr == pytest.approx(0.373362535, abs=5e-9)  # the spreadsheet stops at 1e-8
    assert result.xnpv == pytest.approx(2_086.647602, abs=5e-7)


@pytest.mark.parametrize(("rows", "rate"), [(6, 0.0866), (5, -0.0212), (3, -0.4435)])
def test_microsoft_irr(rows, rate):
    assert evaluate(YEARLY[:rows], range(rows), 0.1).irr == pytest.approx(rate, abs=5e-5)


def test_microsoft_npv_in_both_conventions():
    assert evaluate([-10_000, 3_000, 4_200, 6_800], range(4), 0.1, first_flow=1).npv == pytest.approx(
        1_188.44, abs=5e-3
    )
    shop = [-40_000, 8_000, 9_200, 10_000, 12_000, 14_500]
    assert evaluate(shop, range(6), 0.08).npv == pytest.approx(1_922.06, abs=5e-3)
    assert evaluate([*shop, -9_000], range(7), 0.08).npv == pytest.approx(-3_749.47, abs=5e-3)


@pytest.mark.parametrize(
    ("rows", "reinvest", "rate"), [(6, 0.12, 0.1261), (4, 0.12, -0.0480), (6, 0.14, 0.1348)]
)
def test_microsoft_mirr(rows, reinvest, rate):
    result = evaluate(LOAN[:rows], range(rows), 0.1, finance_rate=0.10, reinvest_rate=reinvest)
    assert result.mirr == pytest.approx(rate, abs=5e-5)


def test_two_roots_are_no_rate_of_return():
    result = evaluate([-50, -100, 600, 300, -100], range(5), 0.1)
    assert result.irr is None
    assert any("not unique" in text and "-76.89 %" in text and "185.4 %" in text for text in result.warnings)
    assert result.mirr is not None
    assert result.npv is not None


def test_several_changes_of_sign_with_one_root_give_it():
    flows = [-100, 60, -5, 70]
    result = evaluate(flows, range(4), 0.1)
    assert np.polynomial.polynomial.polyval(1 / (1 + result.irr), flows) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("flows", [[1.0, 2.0], [-1.0, -2.0], [0.0, 0.0]])
def test_without_a_change_of_sign_there_is_no_rate(flows):
    result = evaluate(flows, range(2), 0.1)
    assert result.irr is None
    assert result.mirr is None
    assert any("never change sign" in text for text in result.warnings)


def test_no_cost_no_return_on_it():
    result = evaluate([10.0, 20.0], range(2), 0.1)
    assert result.roi is None
    assert result.payback_months == 0.0


def test_roi_is_net_present_value_over_the_present_value_of_costs():
    assert evaluate([-100.0, 60.0, 60.0], range(3), 0.1).roi == pytest.approx(
        (60 / 1.1 + 60 / 1.21 - 100) / 100
    )


def test_payback_is_undiscounted_and_straight_between_flows():
    assert evaluate([-100.0, 40.0, 40.0, 40.0], range(4), 0.5).payback_months == pytest.approx(2.5)
    assert evaluate([-100.0, 40.0], range(2), 0.0).payback_months is None
    months = [dt.date(2024, 1, 1), dt.date(2024, 7, 1), dt.date(2025, 1, 1)]
    assert evaluate([-100.0, 50.0, 100.0], months, 0.0).payback_months == pytest.approx(9.0)


def test_a_sum_that_falls_again_pays_back_with_a_warning():
    result = evaluate([-100.0, 150.0, -100.0, 200.0], range(4), 0.0)
    assert result.payback_months == pytest.approx(100 / 150)
    assert any("again" in text for text in result.warnings)


def test_very_high_and_very_low_rates_are_found():
    assert evaluate([-1.0, 1000.0], range(2), 0.1).irr == pytest.approx(999.0)
    assert evaluate([-1000.0, 1.0], range(2), 0.1).irr == pytest.approx(-0.999)


@pytest.mark.parametrize("rate", [-1.0, -2.0, float("nan"), float("inf")])
def test_impossible_rates_are_refused(rate):
    with pytest.raises(OptionError, match="rate"):
        evaluate([-1.0, 2.0], range(2), rate)
