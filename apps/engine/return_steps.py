"""The arithmetic of a return as an ordered list of steps that a person can repeat by hand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .cashflow import LEVEL_WINDOW_DAYS, StreamFlow
from .return_inputs import ReturnInputs


@dataclass(frozen=True)
class Step:
    """One intermediate value: what it is, the formula in words, the numbers that went in, the value and its unit."""

    label: str
    formula: str
    inputs: Mapping[str, float | str | None]
    value: float | None
    unit: str
    stream: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Keys as named."""
        return {
            "label": self.label,
            "formula": self.formula,
            "inputs": dict(self.inputs),
            "value": self.value,
            "unit": self.unit,
            "stream": self.stream,
        }


def steps_of(
    inputs: ReturnInputs, flows: Sequence[StreamFlow], figures: Mapping[str, float | None]
) -> Iterator[Step]:
    """The steps of each stream, then those of the whole; `figures` are the expected values already computed."""
    realised = projected = 0.0
    for flow in flows:
        for step, money in _stream_steps(inputs, flow):
            realised += money[0]
            projected += money[1]
            yield step
    currency = inputs.currency
    yield Step("Realised return", "sum of the streams' realised money", {}, realised, currency)
    yield Step("Projected return", "sum of the streams' projected money", {}, projected, currency)
    parts: dict[str, float | str | None] = {"realised": realised, "projected": projected}
    yield Step("Returned", "realised + projected", parts, figures["returned"], currency)
    yield Step("Invested", "sum of the months' costs within the horizon", {}, figures["invested"], currency)
    rate = float(inputs.annual_discount_rate)
    formula = "sum over months of money × (1 + rate)^(−month / 12), month 0 first"
    discounting: dict[str, float | str | None] = {"rate": rate, "months": float(inputs.horizon_months)}
    yield Step("Present value of returns", formula, discounting, figures["pv_returned"], currency)
    yield Step("Present value of costs", formula, discounting, figures["pv_invested"], currency)
    both = {"returns": figures["pv_returned"], "costs": figures["pv_invested"]}
    yield Step("Net present value", "returns − costs", both, figures["npv"], currency)
    ratio = {"npv": figures["npv"], "costs": figures["pv_invested"]}
    yield Step(
        "Return on investment", "net present value ÷ present value of costs", ratio, figures["roi"], "ratio"
    )
    yield Step(
        "Payback", "months until the running sum of return − cost reaches 0, straight within the month", {},
        figures["payback"], "months",
    )  # fmt: skip


def _stream_steps(inputs: ReturnInputs, flow: StreamFlow) -> Iterator[tuple[Step, tuple[float, float]]]:
    """The steps of one stream, each with the (realised, projected) money it adds to the totals."""
    stream, value = flow.stream, float(flow.stream.value.mean)
    effect, exposure = np.asarray(stream.effect, dtype=float), np.asarray(stream.exposure, dtype=float)
    nothing = (0.0, 0.0)
    used = flow.measured.any(axis=0)
    count, reach = int(used.sum()), float(exposure[used].sum())
    units = float(flow.measured.sum(axis=0) @ effect)
    mean = units / reach if reach else None
    name = stream.kpi
    yield (
        Step("Measured periods", "periods up to as-of within the horizon", {}, float(count), "periods", name),
        nothing,
    )
    yield (
        Step("Exposure", "sum of exposure over these periods", {}, reach, "exposed × periods", name),
        nothing,
    )
    yield (
        Step(
            "Mean effect",
            "sum of effect × exposure ÷ sum of exposure",
            {"exposure": reach},
            mean,
            "KPI units",
            name,
        ),
        nothing,
    )
    factors: dict[str, float | str | None] = {"mean effect": mean, "exposure": reach}
    yield Step("KPI units gained", "mean effect × exposure", factors, units, "KPI units", name), nothing
    yield (
        Step(
            "Value per KPI unit", "from the value model", {"standard error": float(stream.value.sd), "ledger": stream.value.ledger},
            value, inputs.currency, name,
        ),
        nothing,
    )  # fmt: skip
    gained: dict[str, float | str | None] = {"KPI units gained": units, "value": value}
    yield (
        Step(
            "Realised money",
            "KPI units gained × value per unit",
            gained,
            units * value,
            inputs.currency,
            name,
        ),
        (units * value, 0.0),
    )
    a_month = float(flow.level @ effect)
    formula = f"mean KPI units × exposure a month over the last {LEVEL_WINDOW_DAYS} measured days"
    yield Step("Last level", formula, {}, a_month, "KPI units a month", name), nothing
    months = float(flow.shares.sum())
    stated: dict[str, float | str | None] = {
        f"left after {m} months": s for m, s in sorted(inputs.share_left.items())
    }
    formula = "sum over the months ahead of the share of the return left"
    yield Step("Months ahead, weighted", formula, stated, months, "months", name), nothing
    ahead = a_month * months * value
    projection: dict[str, float | str | None] = {
        "last level": a_month,
        "weighted months": months,
        "value": value,
    }
    yield (
        Step(
            "Projected money",
            "last level × weighted months × value per unit",
            projection,
            ahead,
            inputs.currency,
            name,
        ),
        (0.0, ahead),
    )
