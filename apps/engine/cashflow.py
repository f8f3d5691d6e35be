"""Months of money: which month each measured effect pays in, how the return runs on, and what each month cost."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Bools, Floats
from .money import MoneyStream
from .return_inputs import CostFlow, KpiStream, ReturnInputs

LEVEL_WINDOW_DAYS = 91
"""The last measured stretch whose mean money a month is carried forward."""
DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True, eq=False)
class Timeline:
    """The months of the horizon: first days (M,), discount factors, and which are realised (up to as-of)."""

    months: tuple[dt.date, ...]
    discount: Floats
    as_of: int

    def index(self, day: dt.date, shift: int = 0) -> int:
        """The position of the day's month, `shift` months later; outside 0..M-1 where it is beyond the horizon."""
        return _month_number(day) + shift - _month_number(self.months[0])


@dataclass(frozen=True, eq=False)
class StreamFlow:
    """One stream by month: `measured` and `projected` (M, T) turn effects into KPI units × exposure."""

    stream: KpiStream
    measured: Floats
    projected: Floats
    level: Floats
    shares: Floats

    def money(self, part: Floats) -> MoneyStream:
        """The stream's money for one of the two matrices, or their sum."""
        value, effect = self.stream.value, np.asarray(self.stream.effect, dtype=float)
        key = value.key or self.stream.kpi
        covariance = np.asarray(self.stream.covariance, dtype=float)
        return MoneyStream(part @ effect, part, covariance, float(value.mean), float(value.sd), key)


def timeline(inputs: ReturnInputs) -> Timeline:
    """The months from the first cost or the start, whichever is earlier, to the end of the horizon."""
    first = min([inputs.start, *(cost.date for cost in inputs.costs)])
    base = _month_number(first)
    months = tuple(_first_day(base + offset) for offset in range(inputs.horizon_months))
    discount = (1 + float(inputs.annual_discount_rate)) ** (-np.arange(len(months)) / 12)
    return Timeline(months, discount, _month_number(inputs.as_of) - base)


def cost_by_month(costs: Sequence[CostFlow], line: Timeline) -> tuple[Floats, Bools, list[str]]:
    """(money spent (M,), months that rest on plan only, warnings). An actual amount of a line replaces its plan of that
    month; what lies beyond the horizon is left out with a warning."""
    actual = {(cost.line, line.index(cost.date)) for cost in costs if cost.status == "actual"}
    spent = np.zeros(len(line.months))
    planned = np.zeros(len(line.months), dtype=bool)
    beyond = stale = 0.0
    for cost in costs:
        month = line.index(cost.date)
        if cost.status == "planned" and (cost.line, month) in actual:
            continue
        if month >= len(line.months):
            beyond += float(cost.amount)
            continue
        spent[month] += float(cost.amount)
        if cost.status == "planned":
            planned[month] = True
            stale += float(cost.amount) if month < line.as_of else 0.0
    warnings = []
    if beyond:
        warnings.append(f"costs of {beyond:.2f} fall after the horizon and are left out")
    if stale:
        warnings.append(
            f"planned costs of {stale:.2f} in past months have no actual amount; the plan is used"
        )
    return spent, planned, warnings


def stream_flow(
    stream: KpiStream, inputs: ReturnInputs, line: Timeline, stops: dt.date
) -> tuple[StreamFlow, list[str]]:
    """The stream's months: measured ones up to as-of; then the level of the last measured stretch times the share left."""
    count, size = len(line.months), len(stream.dates)
    exposure = np.asarray(stream.exposure, dtype=float)
    measured, projected = np.zeros((count, size)), np.zeros((count, size))
    shares, level = np.zeros(count), np.zeros(size)
    past = [index for index, day in enumerate(stream.dates) if day <= inputs.as_of]
    warnings = []
    late = 0
    for index in past:
        month = line.index(stream.dates[index], stream.lag_months)
        if 0 <= month < count:
            measured[month, index] += exposure[index]
        else:
            late += 1
    if late:
        warnings.append(f"{stream.kpi}: {late} measured periods lie outside the horizon and are left out")
    if past:
        last = max(stream.dates[index] for index in past)
        level = _monthly_level(stream, past, exposure)
        ahead = range(max(0, line.index(last, stream.lag_months) + 1), count)
        for month in ahead:
            day = _first_day(_month_number(line.months[month]) - stream.lag_months)
            shares[month] = share_left(
                inputs.share_left, _month_number(day) - _month_number(max(stops, last))
            )
            projected[month] = shares[month] * level
        if not inputs.share_left and len(ahead):
            warnings.append(
                f"{stream.kpi}: no share left after spending stops is stated; nothing is counted after it"
            )
    return StreamFlow(stream, measured, projected, level, shares), warnings


def share_left(shares: Mapping[int, float], months: int) -> float:
    """The share of the monthly return left `months` after spending stopped: 1 before, straight lines between the stated
    points, and after the last one the decay of the last stretch; 0 where nothing is stated."""
    if months <= 0:
        return 1.0
    if not shares:
        return 0.0
    points = [(0, 1.0), *sorted(shares.items())]
    if months <= points[-1][0]:
        return float(np.interp(months, [x for x, _ in points], [y for _, y in points]))
    (before, high), (last, low) = points[-2], points[-1]
    if high <= 0 or low <= 0:
        return 0.0
    return float(low * min(1.0, low / high) ** ((months - last) / (last - before)))


def _monthly_level(stream: KpiStream, past: Sequence[int], exposure: Floats) -> Floats:
    """(T,): mean KPI units × exposure a month over the last measured stretch."""
    days = np.array([stream.dates[index].toordinal() for index in past])
    gaps = np.diff(np.sort(days))
    step = float(np.median(gaps)) if len(gaps) else DAYS_A_MONTH
    step = DAYS_A_MONTH if 28 <= step <= 31 else step
    window = [
        index
        for index, day in zip(past, days, strict=True)
        if day > days.max() - max(LEVEL_WINDOW_DAYS, step)
    ]
    level = np.zeros(len(stream.dates))
    level[window] = exposure[window] / len(window) * (DAYS_A_MONTH / step)
    return level


def _month_number(day: dt.date) -> int:
    return day.year * 12 + day.month - 1


def _first_day(number: int) -> dt.date:
    return dt.date(number // 12, number % 12 + 1, 1)
