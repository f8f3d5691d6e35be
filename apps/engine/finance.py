"""Net present value, rates of return and payback of one series of cash flows, with a reason where there is none.

npv, irr and mirr take rows as equally spaced; xnpv and xirr use dates (actual days over 365, as spreadsheets do).
"""

import calendar
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyxirr
from scipy.optimize import brentq

from .arrays import Floats
from .errors import OptionError

LOWEST_RATE, HIGHEST_RATE = -0.9999, 1e6
_GRID = np.expm1(np.linspace(math.log1p(LOWEST_RATE), math.log1p(HIGHEST_RATE), 4001))


@dataclass(frozen=True)
class FinanceResult:
    """The figures of one series; None where undefined or not unique, with the reason in `warnings`."""

    npv: float | None
    xnpv: float | None
    irr: float | None
    xirr: float | None
    mirr: float | None
    roi: float | None
    payback_months: float | None
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The format of attribution.md section 7."""
        names = ("npv", "xnpv", "irr", "xirr", "mirr", "roi", "payback_months")
        return {**{name: getattr(self, name) for name in names}, "warnings": list(self.warnings)}


def evaluate(
    amounts: Sequence[float],
    when: Sequence[dt.date] | Sequence[int],
    rate: float,
    *,
    first_flow: int = 0,
    finance_rate: float | None = None,
    reinvest_rate: float | None = None,
) -> FinanceResult:
    """All figures of flows in order of time. `rate` is a year's for dates and a period's for equally spaced rows;
    `first_flow` 0 does not discount the first row, 1 discounts it by one period; integers of `when` count months for
    the payback. The two rates of MIRR default to `rate`. Raises OptionError for impossible rates."""
    for name, value in (("rate", rate), ("finance-rate", finance_rate), ("reinvest-rate", reinvest_rate)):
        if value is not None and not (math.isfinite(value) and value > -1):
            raise OptionError(f"{name} {value:g} is not above -1; write 0.1 for ten per cent")
    if first_flow not in (0, 1):
        raise OptionError("first-flow is 0 (today) or 1 (after one period)")
    flows = np.asarray(amounts, dtype=float)
    steps = np.arange(len(flows), dtype=float)
    discount = (1 + rate) ** -(steps + first_flow)
    warnings: list[str] = []
    dates = [each for each in when if isinstance(each, dt.date)]
    days: Floats | None = None
    if dates and len(dates) == len(flows):
        days = np.array([(day - dates[0]).days for day in dates], dtype=float)
    costs = -float(discount @ np.minimum(flows, 0))
    npv = float(discount @ flows)
    if costs <= 0:
        warnings.append("roi: there is no cost, so no return on it")
    if days is None:
        warnings.append("xnpv, xirr: they need dates")
    return FinanceResult(
        npv=npv,
        xnpv=float(flows @ (1 + rate) ** (-days / 365)) if days is not None else None,
        irr=rate_of_return(flows, steps, "irr", warnings),
        xirr=rate_of_return(flows, days / 365, "xirr", warnings) if days is not None else None,
        mirr=_mirr(
            flows,
            rate if finance_rate is None else finance_rate,
            rate if reinvest_rate is None else reinvest_rate,
            warnings,
        ),
        roi=npv / costs if costs > 0 else None,
        payback_months=payback(flows, months_since_first(when), warnings),
        warnings=tuple(warnings),
    )


def rate_of_return(flows: Floats, years: Floats, name: str, warnings: list[str]) -> float | None:
    """The one rate at which the flows at `years` are worth nothing, or None with a warning: no change of sign, no root,
    or several ("not unique")."""
    if not (flows > 0).any() or not (flows < 0).any():
        warnings.append(f"{name}: undefined, the flows never change sign")
        return None
    roots = rate_roots(flows, years)
    if len(roots) > 1:
        words = ", ".join(f"{100 * root:.4g} %" for root in roots[:4])
        warnings.append(f"{name}: not unique ({words}); use npv or mirr")
        return None
    if not roots:
        warnings.append(f"{name}: undefined, no rate makes the flows worth nothing")
        return None
    return roots[0]


def rate_roots(flows: Floats, years: Floats) -> list[float]:
    """All rates between LOWEST_RATE and HIGHEST_RATE at which the flows are worth nothing, ascending.

    With one change of sign there is exactly one (Descartes), and pyxirr finds it; else a fine grid is searched.
    """
    used = flows[flows != 0]
    if int((np.diff(np.sign(used)) != 0).sum()) == 1:
        root = _single_root(flows, years)
        return [root] if root is not None else []
    values = _present_values(flows, years, _GRID)
    roots = [float(_GRID[index]) for index in np.flatnonzero(values == 0)]
    for index in np.flatnonzero(values[:-1] * values[1:] < 0):
        roots.append(_refine(flows, years, float(_GRID[index]), float(_GRID[index + 1])))
    return sorted(roots)


def _single_root(flows: Floats, years: Floats) -> float | None:
    equally = bool(np.array_equal(years, np.arange(len(years))))
    root = pyxirr.irr(flows.tolist(), silent=True) if equally else None
    if root is not None and math.isfinite(root) and root > -1:
        return float(root)
    low, high = LOWEST_RATE, HIGHEST_RATE
    ends = _present_values(flows, years, np.array([low, high]))
    if ends[0] * ends[1] > 0:
        return None
    return _refine(flows, years, low, high)


def _refine(flows: Floats, years: Floats, low: float, high: float) -> float:
    def worth(log_rate: float) -> float:
        return float(flows @ np.exp(-log_rate * years))

    return math.expm1(
        float(brentq(worth, math.log1p(low), math.log1p(high), xtol=1e-15, rtol=1e-14, maxiter=500))
    )


def _present_values(flows: Floats, years: Floats, rates: Floats) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):
        values: Floats = np.exp(-np.log1p(rates)[:, None] * years[None, :]) @ flows
    return values


def _mirr(flows: Floats, finance_rate: float, reinvest_rate: float, warnings: list[str]) -> float | None:
    if not (flows > 0).any() or not (flows < 0).any():
        warnings.append("mirr: undefined, the flows never change sign")
        return None
    value = pyxirr.mirr(flows.tolist(), finance_rate, reinvest_rate, silent=True)
    return float(value) if value is not None and math.isfinite(value) else None


def payback(flows: Floats, months: Floats, warnings: list[str]) -> float | None:
    """Months from the first flow until the undiscounted sum first reaches 0, straight between two flows; None if never.

    0 if the sum is never below 0. A later fall below 0 is a warning.
    """
    total = np.cumsum(flows)
    slack = -1e-9 * max(1e-300, float(np.abs(flows).max(initial=0.0)))
    under = np.flatnonzero(total < slack)
    if not under.size:
        return 0.0
    later = np.flatnonzero(total[under[0] :] >= slack)
    if not later.size:
        warnings.append("payback: the flows never pay back")
        return None
    at = int(under[0] + later[0])
    if (total[at:] < slack).any():
        warnings.append("payback: the sum falls below 0 again later")
    share = -total[at - 1] / (total[at] - total[at - 1])
    return float(months[at - 1] + share * (months[at] - months[at - 1]))


def months_since_first(when: Sequence[dt.date] | Sequence[int]) -> Floats:
    """Months since the first entry: calendar months plus the share of the month for dates, the difference for integers."""

    def position(each: dt.date | int) -> float:
        if isinstance(each, int):
            return float(each)
        return each.year * 12 + each.month + (each.day - 1) / calendar.monthrange(each.year, each.month)[1]

    places = np.array([position(each) for each in when])
    moved: Floats = places - (places[0] if len(places) else 0.0)
    return moved
