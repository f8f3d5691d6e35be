"""Sums over initiatives: the interval of a sum is not the sum of intervals, and proven money is shown beside the rest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from .arrays import Floats
from .errors import OptionError
from .money import distributions
from .returns import Range, ReturnResult

PROVEN = ("A", "B", "C")
CrossCovariance = Callable[[str, str, str], Floats | None]
"""(first key, second key, kpi) -> covariance (T1, T2) between the two effect paths, or None where they are independent."""


@dataclass(frozen=True)
class PortfolioTotal:
    """Totals in one currency. `share_proven` is the part of the expected return on grades A to C; None when the total is
    not positive. `proven` and `unproven` hold (returned, initiatives)."""

    currency: str
    initiatives: int
    invested: float
    returned: Range
    roi: Range | None
    npv: Range
    payback_months: float | None
    share_proven: float | None
    proven: Range
    unproven: Range
    by_ledger: dict[str, float]
    by_cash: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Keys as named."""
        return {
            "currency": self.currency,
            "initiatives": self.initiatives,
            "invested": self.invested,
            "returned": self.returned.to_json(),
            "roi": self.roi.to_json() if self.roi else None,
            "npv": self.npv.to_json(),
            "payback_months": self.payback_months,
            "share_proven": self.share_proven,
            "proven": self.proven.to_json(),
            "unproven": self.unproven.to_json(),
            "by_ledger": self.by_ledger,
            "by_cash": self.by_cash,
        }


def total(
    results: Sequence[ReturnResult], covariance: CrossCovariance | None = None, *, level: float = 0.95
) -> PortfolioTotal:
    """The sum over initiatives. `covariance` gives the covariance of effect paths between initiatives estimated together
    (`KpiResult.period_covariance`); without it they count as independent. A portfolio of one gives that one's interval.

    Values per unit with one key move together across initiatives. Sums of several are Gaussian with exact first two
    moments. Raises OptionError when currencies differ.
    """
    currencies = sorted({each.currency for each in results})
    if len(currencies) > 1:
        raise OptionError(f"amounts in {', '.join(currencies)} cannot be added; convert them first")
    ordered = sorted(results, key=lambda each: each.key)
    proven = [each for each in ordered if each.grade in PROVEN]
    unproven = [each for each in ordered if each.grade not in PROVEN]
    returned = _sum(ordered, covariance, level, discounted=False)
    present = _sum(ordered, covariance, level, discounted=True)
    invested = sum(each.invested for each in ordered)
    pv_invested = sum(each.pv_invested for each in ordered)
    npv = _shifted(present, -pv_invested)
    roi = (
        Range(npv.low / pv_invested, npv.mid / pv_invested, npv.high / pv_invested)
        if pv_invested > 0
        else None
    )
    good = sum(max(0.0, each.returned.mid) for each in proven)
    everything = good + sum(max(0.0, each.returned.mid) for each in unproven)
    return PortfolioTotal(
        currency=currencies[0] if currencies else "",
        initiatives=len(ordered),
        invested=invested,
        returned=returned,
        roi=roi,
        npv=npv,
        payback_months=_payback(ordered),
        share_proven=good / everything if everything > 0 else None,
        proven=_sum(proven, covariance, level, discounted=False),
        unproven=_sum(unproven, covariance, level, discounted=False),
        by_ledger={name: sum(each.by_ledger[name].mid for each in ordered) for name in ("save", "make")},
        by_cash={name: sum(each.by_cash[name].mid for each in ordered) for name in ("cash", "non_cash")},
    )


def money_covariance(
    results: Sequence[ReturnResult], covariance: CrossCovariance | None, *, discounted: bool
) -> Floats:
    """(n, n): the covariance of the returned money between initiatives, from effects estimated together and from values
    that several of them share."""
    matrix = np.zeros((len(results), len(results)))
    for i, first in enumerate(results):
        weights = _weights(first, discounted)
        matrix[i, i] = float(distributions(first.money, weights[None, :], np.zeros(1)).variance[0])
        for j, second in enumerate(results[:i]):
            matrix[i, j] = matrix[j, i] = _between(first, second, covariance, discounted)
    return matrix


def _between(
    first: ReturnResult, second: ReturnResult, covariance: CrossCovariance | None, discounted: bool
) -> float:
    total = 0.0
    one, two = _weights(first, discounted), _weights(second, discounted)
    for a, kpi_a in zip(first.money, first.kpis, strict=True):
        for b, kpi_b in zip(second.money, second.kpis, strict=True):
            shared = a.key == b.key and a.value_sd > 0 and b.value_sd > 0
            joint_value = a.value_mean * b.value_mean + (a.value_sd * b.value_sd if shared else 0.0)
            if shared:
                total += a.value_sd * b.value_sd * float(one @ a.per_value) * float(two @ b.per_value)
            cross = covariance(first.key, second.key, kpi_a) if covariance and kpi_a == kpi_b else None
            if cross is not None:
                total += joint_value * float((one @ a.factor) @ cross @ (two @ b.factor))
    return total


def _sum(
    results: Sequence[ReturnResult], covariance: CrossCovariance | None, level: float, *, discounted: bool
) -> Range:
    if len(results) == 1 and level == results[0].level:
        return results[0].pv_returned if discounted else results[0].returned
    mid = float(sum((each.pv_returned if discounted else each.returned).mid for each in results))
    variance = float(money_covariance(results, covariance, discounted=discounted).sum()) if results else 0.0
    reach = float(ndtri((1 + level) / 2)) * float(np.sqrt(max(0.0, variance)))
    return Range(mid - reach, mid, mid + reach)


def _weights(result: ReturnResult, discounted: bool) -> Floats:
    return result.discount if discounted else np.ones(len(result.discount))


def _shifted(each: Range, by: float) -> Range:
    return Range(each.low + by, each.mid + by, each.high + by)


def _payback(results: Sequence[ReturnResult]) -> float | None:
    """Months from the first month of all until the sum of all flows reaches 0; None if never or nothing was spent."""
    flows: dict[str, float] = {}
    for result in results:
        for row in result.months:
            flows[row.date] = flows.get(row.date, 0.0) + row.returned.mid - row.cost
    running = before = 0.0
    under = False
    for index, month in enumerate(sorted(flows)):
        before, running = running, running + flows[month]
        if under and running >= 0:
            return index + (-before / (running - before))
        under = under or running < 0
    return None
