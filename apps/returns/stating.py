"""What a snapshot keeps of a computed return: columns in cents, what was read, every step, and the data of its pictures."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

from apps.returns.computing import Computed, Part, Plan, digest_for, series_name
from apps.returns.rules import NOT_BEGUN, strongest, verdict_of_range

if TYPE_CHECKING:
    from apps.engine.attribution import AttributionResult

CENT = Decimal("0.01")
Z95 = 1.959963984540054


def state_return(
    plan: Plan, effects: AttributionResult | None, part: Part, covariances: dict[str, dict[str, float]]
) -> Computed:
    """The snapshot of one initiative, ready to be stored. JSON numbers are finite or null."""
    row = part.row
    return Computed(
        initiative_id=row.id,
        digest=digest_for(plan, row),
        as_of=part.as_of,
        currency=row.currency,
        columns=_columns(part),
        inputs=_inputs(plan, part),
        result={
            "verdict": verdict_of(part),
            "links": part.links,
            "notes": part.notes,
            "joint": _joint(effects, part),
            "series": [_series(plan, effects, part, link) for link in part.links if "effect" in link],
            "so_far": part.so_far.to_json() if part.so_far else None,
            "horizon": part.horizon.to_json() if part.horizon else None,
            "costs": {
                code: [
                    {
                        "month": f"{m.month:%Y-%m}", "planned": str(m.planned), "actual": str(m.actual),
                        "counted": str(m.counted), "is_confirmed": m.is_confirmed, "is_future": m.is_future,
                    }
                    for m in found
                ]
                for code, found in part.months.items()
            },
            "present": _present(plan, part),
            "covariance": covariances,
        },
    )  # fmt: skip


def _present(plan: Plan, part: Part) -> dict[str, float | None]:
    """Present values so far, month 0 being the first: what was spent, and what came back where that is known."""
    if part.so_far is not None:
        return {"invested": part.so_far.pv_invested, "returned": part.so_far.pv_returned.mid}
    months = part.months.get(part.row.currency, [])
    rate = 1 + float(plan.inputs.discount_rate)
    spent = [float(m.counted) * rate ** (-index / 12) for index, m in enumerate(months) if not m.is_future]
    return {"invested": float(sum(spent)), "returned": None}


def _columns(part: Part) -> dict[str, Any]:
    so_far, horizon = part.so_far, part.horizon
    found: dict[str, Any] = {
        "invested": cents(part.invested),
        "grade": (so_far.grade if so_far else None) or "E",
        "verdict": verdict_of(part),
        "roi": None,
        "payback_months": None,
    }
    for name in ("returned_low", "returned_mid", "returned_high", "saved_mid", "made_mid", "cash_mid"):
        found[name] = None
    for name in ("npv_low", "npv_mid", "npv_high"):
        found[name] = None
    if so_far is None or horizon is None:
        return found
    found |= {
        "returned_low": cents(so_far.returned.low),
        "returned_mid": cents(so_far.returned.mid),
        "returned_high": cents(so_far.returned.high),
        "saved_mid": cents(so_far.by_ledger["save"].mid),
        "made_mid": cents(so_far.by_ledger["make"].mid),
        "cash_mid": cents(so_far.by_cash["cash"].mid),
    }
    if not part.has_other_costs:
        found |= {
            "roi": so_far.roi.mid if so_far.roi else None,
            "npv_low": cents(horizon.npv.low),
            "npv_mid": cents(horizon.npv.mid),
            "npv_high": cents(horizon.npv.high),
            "payback_months": horizon.payback_months,
        }
    return found


def _inputs(plan: Plan, part: Part) -> dict[str, Any]:
    """What was read, so that a reader can go and look: units, costs, values, versions."""
    row, inputs = part.row, plan.inputs
    measured = {
        inputs.kpis[kpi_id].key: {
            "rows": len(inputs.cells.get(kpi_id, [])),
            "treated": len(plan.treated.get((row.id, kpi_id), {})),
            "data_version": inputs.kpis[kpi_id].data_version,
        }
        for kpi_id in {link.kpi_id for link in row.links}
    }
    return {
        "seen": inputs.seen[row.id],
        "stage": row.stage,
        "treatments": [
            {
                "unit": inputs.names.get(t.unit_id, ""), "segment": t.segment, "starts_on": t.starts_on.isoformat(),
                "ends_on": t.ends_on.isoformat() if t.ends_on else None, "assignment": t.assignment,
            }
            for t in row.treatments
        ],
        "costs": [
            {
                "label": c.label, "plan": c.plan, "rhythm": c.rhythm, "amount": str(c.amount), "currency": c.currency,
                "starts_on": c.starts_on.isoformat(), "ends_on": c.ends_on.isoformat() if c.ends_on else None,
                "source": c.source,
            }
            for c in row.costs
        ],
        "kpis": measured,
        "computed_with": sorted(other.key for other in inputs.initiatives.values() if other.id != row.id),
        "discount_rate": str(inputs.discount_rate),
        "horizon_months": inputs.horizon_months,
        "share_left": list(row.stays),
    }  # fmt: skip


def _joint(effects: AttributionResult | None, part: Part) -> list[dict[str, Any]]:
    """Per KPI, what all initiatives together did, and what could not be allocated: the books close."""
    if effects is None:
        return []
    wanted = {link["panel"] for link in part.links if "effect" in link}
    return [
        {
            "kpi": found.kpi,
            "joint": found.joint.to_json(),
            "unallocated": found.unallocated,
            "naive_total": found.naive_total,
            "groups": [group.to_json() for group in found.groups if part.row.key in group.initiatives],
            "warnings": [*found.warnings],
        }
        for found in effects.kpis
        if found.kpi in wanted
    ]


def _series(
    plan: Plan, effects: AttributionResult | None, part: Part, link: dict[str, Any]
) -> dict[str, Any]:
    """The treated units' mean by period, what it would have been without this initiative (with its band), and the
    untreated units' mean. `without` = mean − effect × treated cells ÷ measured units of that period.
    """
    inputs, row = plan.inputs, part.row
    kpi_id = next(pk for pk, kpi in inputs.kpis.items() if kpi.key == link["kpi"])
    treated = {series_name(inputs, series) for series in plan.treated[row.id, kpi_id]}
    busy = {
        series_name(inputs, series)
        for (_pk, kpi), found in plan.treated.items()
        if kpi == kpi_id
        for series in found
    }
    sums: dict[str, list[float]] = {}
    for cell in inputs.cells.get(kpi_id, []):
        name = series_name(inputs, (cell.unit_id, cell.segment))
        total = sums.setdefault(cell.period.isoformat(), [0.0, 0, 0.0, 0])
        if name in treated:
            total[0] += cell.value
            total[1] += 1
        elif name not in busy:
            total[2] += cell.value
            total[3] += 1
    gap: dict[str, tuple[float, float, float]] = {}
    if effects is not None:
        found = effects.kpi(link["panel"])
        path = found.initiative(row.key).period_path
        covariance = found.period_covariance(row.key, row.key)
        if path is not None and covariance is not None:
            for index, label in enumerate(path.labels):
                reach = Z95 * math.sqrt(max(0.0, float(covariance[index, index])))
                day = label if len(label) == 10 else f"{label}-01"
                gap[day] = (float(path.effect[index]), reach, float(path.cells[index]))
    shown: dict[str, Any] = {
        "kpi": link["kpi"], "x": [], "actual": [], "without": [], "low": [], "high": [], "others": [],
        "start": min(t.starts_on for t in row.treatments).isoformat(),
    }  # fmt: skip
    for day, (total, count, other, others) in sorted(sums.items()):
        actual = total / count if count else None
        without = low = high = None
        if actual is not None and day in gap:
            effect, reach, cells = gap[day]
            share = cells / count
            without = actual - effect * share
            low, high = without - reach * share, without + reach * share
        for name, value in (
            ("x", day), ("actual", actual), ("without", without), ("low", low), ("high", high),
            ("others", other / others if others else None),
        ):  # fmt: skip
            shown[name].append(value)
    return shown


def covariances_of(
    plan: Plan, effects: AttributionResult | None, parts: dict[int, Part]
) -> dict[int, dict[str, dict[str, float]]]:
    """{initiative: {"so_far" | "present": {other initiative's id: covariance of the returned money}}}, own variance too.

    Initiatives of other clusters share neither KPI nor value, so theirs is zero.
    """
    from apps.engine.portfolio import money_covariance

    found: dict[int, dict[str, dict[str, float]]] = {}
    if effects is None:
        return found

    def cross(first: str, second: str, kpi: str) -> Any:
        return effects.kpi(kpi).period_covariance(first, second)

    with_money = [pk for pk in sorted(parts) if parts[pk].so_far is not None]
    for name, is_discounted in (("so_far", False), ("present", True)):
        results = [parts[pk].horizon if is_discounted else parts[pk].so_far for pk in with_money]
        matrix = money_covariance([r for r in results if r is not None], cross, discounted=is_discounted)
        for i, pk in enumerate(with_money):
            row = {str(other): float(matrix[i, j]) for j, other in enumerate(with_money)}
            found.setdefault(pk, {})[name] = row
    return found


def cents(value: float | Decimal | None) -> Decimal | None:
    """Money at the edge: whole cents, half to even."""
    if value is None:
        return None
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return exact.quantize(CENT, rounding=ROUND_HALF_EVEN)


def verdict_of(part: Part) -> str:
    """One word for the return of an initiative."""
    if any(link["pays"] and link["verdict"] == "not_separable" for link in part.links):
        return "not_separable"  # its numbers are the planned split, not a finding
    if part.so_far is not None:
        return verdict_of_range(part.so_far.returned.low, part.so_far.returned.high)
    if part.row.stage in NOT_BEGUN:
        return "not_begun"
    valued = [link["verdict"] for link in part.links if link["value"] is not None]
    if part.links and not valued:
        return "no_value"
    return strongest(valued)
