"""What one initiative's return is computed from: measured effects with their value in money, and what was spent."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

import numpy as np

from .arrays import Floats
from .digest import digest_of
from .errors import OptionError

Money = Decimal | float | int


@dataclass(frozen=True)
class ValueModel:
    """Money per KPI unit, per exposed customer (or contact, visit) and period of the panel. Signed: negative where a lower
    KPI is better, so that positive money is always good. `sd` is its standard error. Streams whose `key` agrees rest on one
    value (their errors move together)."""

    mean: Money
    sd: Money = 0
    ledger: Literal["save", "make"] = "save"
    cash: bool = True
    key: str = ""


@dataclass(frozen=True, eq=False)
class KpiStream:
    """One paying KPI: `effect` (T,) per exposed unit in the periods that begin on `dates`, with `covariance` (T, T), times
    `exposure` (T,), times the value. `lag_months`: how much later the money follows the KPI. `grade` A to E."""

    kpi: str
    value: ValueModel
    dates: Sequence[dt.date]
    effect: Sequence[float] | Floats
    covariance: Floats
    exposure: Sequence[float] | Floats
    lag_months: int = 0
    grade: str | None = None


@dataclass(frozen=True)
class CostFlow:
    """One amount spent (positive). Where a line has an actual amount in a month, its planned one is not counted."""

    date: dt.date
    amount: Money
    status: Literal["planned", "actual"] = "actual"
    nature: Literal["one_off", "running"] = "one_off"
    line: str = ""


@dataclass(frozen=True, eq=False)
class ReturnInputs:
    """One initiative in one currency.

    `start`: when it begins; `as_of`: the last day that counts as realised; the horizon is `horizon_months` from the first
    cost or the start, whichever is earlier. `share_left`: months after spending stops -> share of the monthly return left
    (0 to 1; usually 6, 12, 24). `spending_stops` defaults to the month of the last cost.
    """

    key: str
    currency: str
    start: dt.date
    as_of: dt.date
    streams: Sequence[KpiStream]
    costs: Sequence[CostFlow]
    horizon_months: int = 36
    annual_discount_rate: Money = 0.08
    share_left: Mapping[int, float] = field(default_factory=dict)
    spending_stops: dt.date | None = None
    level: float = 0.95

    def digest(self) -> str:
        """The sha-256 of everything above, independent of the order of streams and costs."""
        streams = frozenset(
            digest_of(
                s.kpi, s.value, list(s.dates), np.asarray(s.effect, float), np.asarray(s.covariance, float),
                np.asarray(s.exposure, float), s.lag_months, s.grade,
            )
            for s in self.streams
        )  # fmt: skip
        costs = sorted(digest_of(cost) for cost in self.costs)
        return digest_of(
            self.key, self.currency, self.start, self.as_of, sorted(streams), costs, self.horizon_months,
            float(self.annual_discount_rate), dict(self.share_left), self.spending_stops, self.level,
        )  # fmt: skip


def check_inputs(inputs: ReturnInputs) -> None:
    """Raise OptionError for inputs that have no meaning, in one sentence."""
    rate = float(inputs.annual_discount_rate)
    if not (math.isfinite(rate) and rate > -1):
        raise OptionError(f"the discount rate {rate:g} is not above -1; write 0.08 for eight per cent")
    if not 1 <= inputs.horizon_months <= 600:
        raise OptionError(f"the horizon of {inputs.horizon_months} months is not between 1 and 600")
    if not 0.5 <= inputs.level < 1:
        raise OptionError(f"the level {inputs.level:g} is not between 0.5 and 1")
    for months, share in inputs.share_left.items():
        if months <= 0 or not 0 <= share <= 1:
            raise OptionError(f"the share left after {months} months, {share:g}, is not between 0 and 1")
    for cost in inputs.costs:
        if not math.isfinite(float(cost.amount)) or float(cost.amount) < 0:
            raise OptionError(f"a cost of {cost.amount} on {cost.date} is not 0 or more")
    for stream in inputs.streams:
        size = len(stream.dates)
        shapes = {len(stream.effect), len(stream.exposure), *np.shape(stream.covariance)}
        if shapes != {size} or np.ndim(stream.covariance) != 2:
            raise OptionError(f"{stream.kpi}: effect, exposure and covariance do not have one entry per date")
        if size and not all(
            np.isfinite(np.asarray(each, float)).all()
            for each in (stream.effect, stream.exposure, stream.covariance)
        ):
            raise OptionError(
                f"{stream.kpi}: effect, exposure or covariance holds a value that is not finite"
            )
        if not math.isfinite(float(stream.value.mean)) or not 0 <= float(stream.value.sd) < math.inf:
            raise OptionError(f"{stream.kpi}: the value per unit or its standard error is not finite")
        if stream.lag_months < 0:
            raise OptionError(f"{stream.kpi}: the lag of {stream.lag_months} months is below 0")
