"""The return of one initiative: from measured effects and costs to ROI, NPV, payback and IRR, each with its range.

Money in and out is of one currency, in plain floats; nothing is rounded here, the caller rounds to cents at the edge.
ROI = (present value of returns − present value of costs) / present value of costs. Realised (measured up to as-of) and
projected are kept apart. `mid` is the expectation, so that mids add up; low and high are quantiles, which do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .arrays import Bools, Floats
from .cashflow import StreamFlow, Timeline, cost_by_month, stream_flow, timeline
from .finance import payback, rate_roots
from .money import MoneyStream, distributions
from .return_inputs import CostFlow, KpiStream, ReturnInputs, ValueModel, check_inputs
from .return_steps import Step, steps_of
from .version import ENGINE_VERSION

__all__ = [
    "CostFlow", "KpiStream", "Range", "ReturnInputs", "ReturnResult", "Step", "ValueModel", "compute_return",
]  # fmt: skip


@dataclass(frozen=True)
class Range:
    """A figure with its interval."""

    low: float
    mid: float
    high: float

    def to_json(self) -> dict[str, float]:
        """Keys as named."""
        return {"low": self.low, "mid": self.mid, "high": self.high}


@dataclass(frozen=True)
class MonthRow:
    """One month: cost (positive), the return's range, and the running sum of expected return less cost."""

    date: str
    cost: float
    planned: bool
    returned: Range
    projected: bool
    cumulative: float
    cumulative_low: float
    cumulative_high: float
    discount: float

    def to_json(self) -> dict[str, Any]:
        """Keys as the web app reads them."""
        return {
            "date": self.date,
            "cost": self.cost,
            "planned": self.planned,
            "return": self.returned.to_json(),
            "projected": self.projected,
            "cumulative": self.cumulative,
            "cumulative_low": self.cumulative_low,
            "cumulative_high": self.cumulative_high,
            "discount_factor": self.discount,
        }


@dataclass(frozen=True, eq=False)
class ReturnResult:
    """All figures of one initiative; see `compute_return`. Ratios are None where they are undefined."""

    key: str
    currency: str
    digest: str
    level: float
    invested: float
    invested_to_date: float
    returned: Range
    returned_to_date: Range
    projected: Range
    by_ledger: dict[str, Range]
    by_cash: dict[str, Range]
    pv_invested: float
    pv_returned: Range
    npv: Range
    roi: Range | None
    payback_months: float | None
    paid_back_by: tuple[float, ...]
    irr: float | None
    irr_low: float | None
    irr_high: float | None
    grade: str | None
    months: tuple[MonthRow, ...]
    steps: tuple[Step, ...]
    warnings: tuple[str, ...]
    money: tuple[MoneyStream, ...] = field(default=(), repr=False)
    kpis: tuple[str, ...] = ()
    discount: Floats = field(default_factory=lambda: np.zeros(0), repr=False)

    def to_json(self) -> dict[str, Any]:
        """Everything but the matrices; JSON numbers, strings and null only."""
        return {
            "engine_version": ENGINE_VERSION,
            "digest": self.digest,
            "key": self.key,
            "currency": self.currency,
            "level": self.level,
            "invested": self.invested,
            "invested_to_date": self.invested_to_date,
            "returned": self.returned.to_json(),
            "returned_to_date": self.returned_to_date.to_json(),
            "projected": self.projected.to_json(),
            "by_ledger": {name: each.to_json() for name, each in self.by_ledger.items()},
            "by_cash": {name: each.to_json() for name, each in self.by_cash.items()},
            "pv_invested": self.pv_invested,
            "pv_returned": self.pv_returned.to_json(),
            "npv": self.npv.to_json(),
            "roi": self.roi.to_json() if self.roi else None,
            "payback_months": self.payback_months,
            "paid_back_by": [{"month": month, "probability": p} for month, p in enumerate(self.paid_back_by)],
            "irr": {"low": self.irr_low, "mid": self.irr, "high": self.irr_high},
            "grade": self.grade,
            "months": [row.to_json() for row in self.months],
            "steps": [step.to_json() for step in self.steps],
            "warnings": list(self.warnings),
        }


def compute_return(inputs: ReturnInputs) -> ReturnResult:
    """The return of one initiative over its horizon, with ranges at `inputs.level` that carry the uncertainty of effects
    (their covariance over time) and of values per unit through every sum. Raises OptionError for impossible inputs.

    `paid_back_by[k]` is the probability that the undiscounted sum is at least 0 at the end of month k. IRR is a year's,
    from monthly flows: ((1 + monthly)^12 − 1); its range follows from P(IRR > r) = P(NPV(r) > 0).
    """
    check_inputs(inputs)
    line = timeline(inputs)
    cost, planned, warnings = cost_by_month(inputs.costs, line)
    stops = inputs.spending_stops or max([inputs.start, *(each.date for each in inputs.costs)])
    flows: list[StreamFlow] = []
    for stream in sorted(
        inputs.streams, key=lambda each: (each.kpi, each.value.ledger, each.value.cash, each.value.key)
    ):
        flow, notes = stream_flow(stream, inputs, line, stops)
        flows.append(flow)
        warnings += notes
    both = [flow.money(flow.measured + flow.projected) for flow in flows]
    level, ones = inputs.level, np.ones(len(line.months))
    realised = [flow.money(flow.measured) for flow in flows]
    ahead = [flow.money(flow.projected) for flow in flows]
    pv_invested = float(line.discount @ cost)
    pv_returned = _range(both, line.discount, level)
    npv = Range(*(each - pv_invested for each in (pv_returned.low, pv_returned.mid, pv_returned.high)))
    roi = Range(*(each / pv_invested for each in (npv.low, npv.mid, npv.high))) if pv_invested > 0 else None
    if roi is None:
        warnings.append("roi: there is no cost, so no return on it")
    mean = (
        np.sum([each.per_value * each.value_mean for each in both], axis=0) if both else np.zeros(len(cost))
    )
    paid, running = _running(both, cost, level)
    irr, irr_low, irr_high = _irr(both, mean, cost, level, warnings)
    returned = _range(both, ones, level)
    months = tuple(_rows(line, cost, planned, both, flows, running, level))
    to_date = _range(realised, ones, level)
    back = payback(mean - cost, np.arange(1, len(cost) + 1, dtype=float), warnings) if cost.any() else None
    figures = {
        "invested": float(cost.sum()),
        "returned": returned.mid,
        "pv_invested": pv_invested,
        "pv_returned": pv_returned.mid,
        "npv": npv.mid,
        "roi": roi.mid if roi else None,
        "payback": back,
    }
    grades = [each.grade for each in inputs.streams if each.grade]
    return ReturnResult(
        key=inputs.key,
        currency=inputs.currency,
        digest=inputs.digest(),
        level=level,
        invested=float(cost.sum()),
        invested_to_date=float(cost[: max(0, line.as_of + 1)].sum()),
        returned=returned,
        returned_to_date=to_date,
        projected=_range(ahead, ones, level),
        by_ledger={name: _split(flows, both, ones, level, ledger=name) for name in ("save", "make")},
        by_cash={
            name: _split(flows, both, ones, level, cash=name == "cash") for name in ("cash", "non_cash")
        },
        pv_invested=pv_invested,
        pv_returned=pv_returned,
        npv=npv,
        roi=roi,
        payback_months=back,
        paid_back_by=paid,
        irr=irr,
        irr_low=irr_low,
        irr_high=irr_high,
        grade=max(grades) if grades else None,
        months=months,
        steps=tuple(steps_of(inputs, flows, figures)),
        warnings=tuple(warnings),
        money=tuple(both),
        kpis=tuple(flow.stream.kpi for flow in flows),
        discount=line.discount,
    )


def _ranges(streams: Sequence[MoneyStream], weights: Floats, constants: Floats, level: float) -> list[Range]:
    """The range of each of the sums `weights` (r, M) × money + constants (r,)."""
    found = distributions(streams, weights, constants)
    low, high = found.intervals(level)
    return [Range(*each) for each in zip(low.tolist(), found.mean.tolist(), high.tolist(), strict=True)]


def _range(streams: Sequence[MoneyStream], weights: Floats, level: float) -> Range:
    return _ranges(streams, weights[None, :], np.zeros(1), level)[0]


def _split(
    flows: Sequence[StreamFlow], money: Sequence[MoneyStream], ones: Floats, level: float, *, ledger: str | None = None,
    cash: bool | None = None,
) -> Range:  # fmt: skip
    """The range of the streams of one ledger, or of those that are cash (or are not)."""
    chosen = [
        each
        for flow, each in zip(flows, money, strict=True)
        if (ledger is None or flow.stream.value.ledger == ledger)
        and (cash is None or flow.stream.value.cash == cash)
    ]
    return _range(chosen, ones, level)


def _running(
    money: Sequence[MoneyStream], cost: Floats, level: float
) -> tuple[tuple[float, ...], list[Range]]:
    """(probability that the running sum is at least 0, its range) at the end of each month."""
    until, spent = np.tri(len(cost)), np.cumsum(cost)
    found = distributions(money, until, -spent)
    nothing = (spent == 0) & (found.variance == 0)
    paid = np.where(nothing, 0.0, 1.0 - found.below(np.full(len(cost), -1e-9)))
    return tuple(paid.tolist()), _ranges(money, until, -spent, level)


def _rows(
    line: Timeline, cost: Floats, planned: Bools, money: Sequence[MoneyStream], flows: Sequence[StreamFlow],
    running: Sequence[Range], level: float,
) -> list[MonthRow]:  # fmt: skip
    rows = []
    single = _ranges(money, np.eye(len(cost)), np.zeros(len(cost)), level)
    for index, month in enumerate(line.months):
        projected = any(flow.projected[index].any() for flow in flows)
        total = running[index]
        rows.append(
            MonthRow(
                month.isoformat(), float(cost[index]), bool(planned[index]), single[index], projected,
                total.mid, total.low, total.high, float(line.discount[index]),
            )
        )  # fmt: skip
    return rows


def _irr(
    money: Sequence[MoneyStream], mean: Floats, cost: Floats, level: float, warnings: list[str]
) -> tuple[float | None, float | None, float | None]:
    """(irr, low, high), a year's; None where no or several rates make the flows worth nothing."""
    flows = mean - cost
    years = np.arange(len(cost)) / 12
    if not (flows > 0).any() or not (flows < 0).any():
        warnings.append("irr: undefined, the flows never change sign")
        return None, None, None
    roots = rate_roots(flows, years)
    if len(roots) != 1:
        warnings.append(
            "irr: not unique; use npv" if roots else "irr: undefined, no rate makes the flows worth nothing"
        )
        return None, None, None
    low, high = (_irr_quantile(money, cost, years, share) for share in ((1 - level) / 2, (1 + level) / 2))
    return roots[0], low, high


def _irr_quantile(money: Sequence[MoneyStream], cost: Floats, years: Floats, share: float) -> float | None:
    """The rate r with P(NPV(r) < 0) = share, searched from -95 % to 10,000 % a year; None outside."""

    def off(log_rates: Floats) -> Floats:
        weights = np.exp(-np.outer(log_rates, years))
        return distributions(money, weights, -(weights @ cost)).below(np.zeros(len(log_rates))) - share

    grid = np.linspace(np.log1p(-0.95), np.log1p(100.0), 33)
    for _ in range(10):
        values = off(grid)
        crossing = np.flatnonzero((values[:-1] <= 0) & (values[1:] > 0))
        if not crossing.size:
            return None
        grid = np.linspace(grid[crossing[0]], grid[crossing[0] + 1], 33)
    return float(np.expm1(grid[len(grid) // 2]))
