"""From a cluster's inputs to one computed return per initiative, by the engine. The only place that imports it, lazily:
the engine needs numpy and scipy, which web processes never load.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.initiatives.phasing import MonthCost, counted_until, month_after, month_of, phase
from apps.initiatives.selectors import LinkRow, ReturnInputs
from apps.returns.loading import Cell, ClusterInputs, Series, ValueRow, measured_series, treated_series
from apps.returns.rules import NOT_BEGUN, Claim, paying, share_left
from apps.returns.words import MONTHS_A_KPI_MAY_BE_OLD

if TYPE_CHECKING:
    from apps.engine.attribution import AttributionResult
    from apps.engine.initiatives import InitiativeTable
    from apps.engine.panel import Panel
    from apps.engine.returns import KpiStream, ReturnResult

LEVEL = 0.95
VERSION = 1  # of what this room adds to the engine's arithmetic: raise it when a number may change
# Statistics whose n is a number of answers: their error falls with it. Sums and counts are complete.
WITH_ERROR = frozenset({"mean", "share", "nps", "rate"})


@dataclass
class Plan:
    """What is asked of the engine for one cluster, before anything is computed."""

    inputs: ClusterInputs
    panel: Panel | None
    table: InitiativeTable | None
    treated: dict[tuple[int, int], dict[Series, Any]]
    treated_until: dict[int, dt.date]
    notes: dict[int, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def digest(self) -> str:
        from apps.engine.digest import digest_of

        parts = (self.panel.digest if self.panel else "", self.table.digest if self.table else "")
        values = frozenset(
            digest_of(v.id, v.amount, v.amount_sd, v.currency, v.exposure, v.exposure_fixed, v.is_active)
            for v in self.inputs.values.values()
        )
        return digest_of(*parts, LEVEL, sorted(values))


@dataclass(frozen=True)
class Computed:
    """One initiative's answer: `columns` of the snapshot in cents, what was read, and every intermediate step."""

    initiative_id: int
    digest: str
    as_of: dt.date
    currency: str
    columns: dict[str, Any]
    inputs: dict[str, Any]
    result: dict[str, Any]


def plan_of(inputs: ClusterInputs) -> Plan:
    """The engine's panel and table of initiatives for this cluster."""
    from apps.engine.initiatives import InitiativeTable
    from apps.engine.panel import Panel

    plan = Plan(inputs, None, None, {}, {})
    rows: list[dict[str, Any]] = []
    table: list[dict[str, Any]] = []
    for kpi_id in sorted(inputs.kpis):
        cells = inputs.cells.get(kpi_id, [])
        series = measured_series(cells, inputs.paths)
        for row in inputs.initiatives.values():
            for link in row.links:
                if link.kpi_id == kpi_id and row.stage not in NOT_BEGUN:
                    plan.treated[row.id, kpi_id] = treated_series(row.treatments, series, inputs.paths)
        if not any(plan.treated.get((pk, kpi_id)) for pk in inputs.initiatives):
            continue
        last = max(cell.period for cell in cells)
        for row in inputs.initiatives.values():
            if plan.treated.get((row.id, kpi_id)):
                plan.treated_until[row.id] = max(last, plan.treated_until.get(row.id, last))
        for mode in sorted(_modes(inputs, kpi_id)):
            name = panel_name(inputs, kpi_id, mode)
            rows += _panel_rows(inputs, kpi_id, name, cells, series, mode)
            table += _table_rows(inputs, plan, kpi_id, name)
    if rows:
        plan.panel, plan.table = Panel.from_rows(rows), InitiativeTable.from_rows(table)
    return plan


def panel_name(inputs: ClusterInputs, kpi_id: int, mode: str) -> str:
    """A KPI's name in the engine; weighted by answers it is a panel of its own."""
    key = inputs.kpis[kpi_id].key
    return f"{key} × answers" if mode == "answers" else key


def _mode(inputs: ClusterInputs, link: LinkRow) -> str:
    value = inputs.values.get(link.value_model_id or 0)
    return "answers" if value is not None and value.exposure == "answers" else "each"


def _modes(inputs: ClusterInputs, kpi_id: int) -> set[str]:
    links = (link for row in inputs.initiatives.values() for link in row.links)
    return {_mode(inputs, link) for link in links if link.kpi_id == kpi_id}


def series_name(inputs: ClusterInputs, series: Series) -> str:
    """A series in the engine: the unit's id and the segment (names may be the same in two regions)."""
    return f"{series[0]}·{series[1]}" if series[1] else str(series[0])


def _panel_rows(
    inputs: ClusterInputs, kpi_id: int, name: str, cells: list[Cell], series: frozenset[Series], mode: str
) -> list[dict[str, Any]]:
    kpi = inputs.kpis[kpi_id]
    used = [cell for cell in cells if (cell.unit_id, cell.segment) in series]
    with_n = kpi.statistic in WITH_ERROR and all(cell.n for cell in used)
    with_se = not with_n and all(cell.se for cell in used)
    return [
        {
            "kpi": name,
            "unit": series_name(inputs, (cell.unit_id, cell.segment)),
            "period": cell.period,
            "value": cell.value,
            **({"n": cell.n} if with_n else {}),
            **({"se": cell.se} if with_se else {}),
            **({"exposure": float(cell.n or 0)} if mode == "answers" else {}),
        }
        for cell in used
    ]


def _table_rows(inputs: ClusterInputs, plan: Plan, kpi_id: int, name: str) -> list[dict[str, Any]]:
    rows = []
    for row in inputs.initiatives.values():
        link = next((link for link in row.links if link.kpi_id == kpi_id), None)
        if link is None:
            continue
        for series, treatment in sorted(plan.treated.get((row.id, kpi_id), {}).items()):
            chosen = treatment.chosen_until
            rows.append(
                {
                    "initiative": row.key,
                    "unit": series_name(inputs, series),
                    "start": treatment.starts_on,
                    "end": treatment.ends_on,
                    "kpi": name,
                    "lag": link.lag_periods,
                    "expected_effect": link.expected_effect,
                    "expected_sd": link.expected_sd,
                    "assignment": treatment.assignment,
                    "chosen_until": chosen if chosen is not None and chosen < treatment.starts_on else None,
                }
            )
    return rows


def as_of_of(plan: Plan, row: ReturnInputs) -> dt.date:
    """The last day that counts as realised: the end of the last measured period, or without data this month's first."""
    inputs = plan.inputs
    last = plan.treated_until.get(row.id)
    if last is None or last < month_after(month_of(inputs.today), -MONTHS_A_KPI_MAY_BE_OLD):
        return month_of(inputs.today)
    grains = {inputs.kpis[link.kpi_id].grain for link in row.links}
    if grains == {"month"}:
        last = last.replace(day=calendar.monthrange(last.year, last.month)[1])
    elif "week" in grains:
        last += dt.timedelta(days=6)
    return min(last, inputs.today)


def money_of(row: ReturnInputs, plan: Plan) -> tuple[dt.date, dict[str, list[MonthCost]]]:
    """(as-of, {currency: its months}) of one initiative, through the end of the horizon."""
    as_of = as_of_of(plan, row)
    begins = [t.starts_on for t in row.treatments] + [c.starts_on for c in row.costs]
    first = month_of(min(begins, default=as_of))
    through = max(month_after(first, plan.inputs.horizon_months - 1), month_of(as_of))
    lines: dict[str, list[Any]] = defaultdict(list)
    for cost in row.costs:
        lines[cost.currency].append(cost.line)
    return as_of, {code: phase(found, as_of=as_of, through=through) for code, found in sorted(lines.items())}


def digest_for(plan: Plan, row: ReturnInputs) -> str:
    """What this initiative's answer depends on, as one sha-256; equal digests mean an equal answer."""
    from apps.engine.digest import digest_of

    as_of, months = money_of(row, plan)
    costs = {code: [(m.month, m.counted, m.is_confirmed) for m in found] for code, found in months.items()}
    links = sorted((k.kpi_id, k.value_model_id or 0, k.lag_periods) for k in row.links)
    inputs = plan.inputs
    return digest_of(
        VERSION, plan.digest, row.key, row.stage in NOT_BEGUN, row.currency, list(row.stays), links, costs, as_of,
        inputs.discount_rate, inputs.horizon_months,
    )  # fmt: skip


def attribution_of(plan: Plan) -> AttributionResult | None:
    """The effects of the cluster; None when there is nothing measured to ask about."""
    from apps.engine.attribution import attribute

    if plan.panel is None or plan.table is None:
        return None
    return attribute(plan.panel, plan.table, level=LEVEL)


def compute(plan: Plan) -> list[Computed]:
    """The return of every initiative of the cluster, with the covariances between them."""
    from apps.returns.stating import covariances_of, state_return

    effects = attribution_of(plan)
    parts = {pk: build(plan, effects, row) for pk, row in plan.inputs.initiatives.items()}
    covariances = covariances_of(plan, effects, parts)
    return [state_return(plan, effects, parts[pk], covariances.get(pk, {})) for pk in sorted(parts)]


@dataclass
class Part:
    """One initiative on its way: its links with verdicts, its streams, and the two computed returns."""

    row: ReturnInputs
    as_of: dt.date
    months: dict[str, list[MonthCost]]
    links: list[dict[str, Any]]
    notes: list[dict[str, str]]
    so_far: ReturnResult | None = None
    horizon: ReturnResult | None = None
    cross: dict[str, Any] = field(default_factory=dict)

    @property
    def has_other_costs(self) -> bool:
        return any(code != self.row.currency for code in self.months)

    @property
    def invested(self) -> Decimal:
        return counted_until(self.months.get(self.row.currency, []))


def build(plan: Plan, effects: AttributionResult | None, row: ReturnInputs) -> Part:
    """The links of one initiative with what the engine says of each, and the money of those that pay."""
    as_of, months = money_of(row, plan)
    part = Part(row, as_of, months, [], [])
    inputs = plan.inputs
    claims = [
        Claim(link.kpi_id, inputs.kpis[link.kpi_id].kind, value.stream)
        for link in row.links
        if (value := inputs.values.get(link.value_model_id or 0)) is not None and value.is_active
    ]
    payers, explaining = paying(claims)
    streams = []
    for link in row.links:
        entry, stream = _link(plan, effects, row, link, is_payer=link.kpi_id in payers)
        if link.kpi_id in explaining:
            entry["explained_by"] = inputs.kpis[explaining[link.kpi_id]].name
        part.links.append(entry)
        if stream is not None:
            streams.append(stream)
    part.notes = _notes(part)
    if streams:
        _money(plan, part, streams)
    return part


def _link(
    plan: Plan, effects: AttributionResult | None, row: ReturnInputs, link: LinkRow, *, is_payer: bool
) -> tuple[dict[str, Any], KpiStream | None]:
    from apps.engine.periods import parse_period
    from apps.engine.returns import KpiStream, ValueModel

    inputs = plan.inputs
    kpi, value = inputs.kpis[link.kpi_id], inputs.values.get(link.value_model_id or 0)
    entry: dict[str, Any] = {
        "kpi": kpi.key, "kpi_uid": kpi.uid, "name": kpi.name, "unit": kpi.unit_label, "grain": kpi.grain,
        "direction": kpi.direction, "value": _value_json(value), "pays": False, "verdict": "no_data",
        "panel": panel_name(inputs, link.kpi_id, _mode(inputs, link)),
    }  # fmt: skip
    if row.stage in NOT_BEGUN:
        return {**entry, "verdict": "not_begun"}, None
    if effects is None or not plan.treated.get((row.id, link.kpi_id)):
        return entry, None
    found = effects.kpi(entry["panel"])
    effect = found.initiative(row.key)
    entry |= {"verdict": effect.verdict, "effect": effect.to_json(), "method": effect.method}
    path = effect.period_path
    if path is None or value is None or not is_payer:
        return entry, None
    if value.currency != row.currency:
        return {**entry, "verdict": "other_currency"}, None
    covariance = found.period_covariance(row.key, row.key)
    fixed = float(value.exposure_fixed or 1) if value.exposure == "fixed" else 1.0
    stream = KpiStream(
        kpi=entry["panel"],
        value=ValueModel(
            mean=float(value.amount), sd=float(value.amount_sd), ledger=value.side, cash=value.is_cash,  # type: ignore[arg-type]
            key=str(value.id),
        ),
        dates=[parse_period(label).first_day or row.treatments[0].starts_on for label in path.labels],
        effect=path.effect,
        covariance=covariance,  # type: ignore[arg-type]
        exposure=path.exposure * fixed,
        grade=effect.grade,
    )  # fmt: skip
    return {**entry, "pays": True}, stream


def _value_json(value: ValueRow | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return {
        "uid": value.uid, "name": value.name, "stream": value.stream, "amount": str(value.amount),
        "amount_sd": str(value.amount_sd), "currency": value.currency, "side": value.side, "is_cash": value.is_cash,
        "basis": value.basis, "exposure": value.exposure,
        "exposure_fixed": None if value.exposure_fixed is None else str(value.exposure_fixed),
        "is_signed": value.is_signed, "is_active": value.is_active, "evidence": value.evidence,
    }  # fmt: skip


def _notes(part: Part) -> list[dict[str, str]]:
    """What a reader must know before trusting the figures, as codes with their details."""
    found = []
    if part.has_other_costs:
        others = ", ".join(code for code in part.months if code != part.row.currency)
        found.append({"code": "other_costs", "detail": others})
    own = part.months.get(part.row.currency, [])
    if any(not m.is_confirmed and not m.is_future and m.counted for m in own):
        found.append({"code": "plan_stands_in", "detail": ""})
    for link in part.links:
        value = link["value"]
        if value is None:
            continue
        if link["verdict"] == "other_currency":
            found.append({"code": "other_value", "detail": f"{value['name']} ({value['currency']})"})
        if not value["is_active"]:
            found.append({"code": "retired", "detail": value["name"]})
        elif not value["is_signed"]:
            found.append({"code": "unsigned", "detail": value["name"]})
        if value["basis"] == "revenue":
            found.append({"code": "revenue", "detail": value["name"]})
        sign = Decimal(value["amount"])
        if (link["direction"] == "down" and sign > 0) or (link["direction"] == "up" and sign < 0):
            found.append({"code": "sign", "detail": value["name"]})
    return found


def _money(plan: Plan, part: Part, streams: list[KpiStream]) -> None:
    """Both returns: up to as-of, and over the whole horizon."""
    from apps.engine.returns import CostFlow, ReturnInputs, compute_return

    row, inputs = part.row, plan.inputs
    own = part.months.get(row.currency, [])
    costs = [
        CostFlow(m.month, m.counted, "actual" if m.is_confirmed else "planned", line=f"{m.month:%Y-%m}")
        for m in own
        if m.counted
    ]
    starts = [t.starts_on for t in row.treatments]
    first = month_of(min([*starts, *(c.date for c in costs)]))
    elapsed = (part.as_of.year - first.year) * 12 + part.as_of.month - first.month + 1
    asked = {
        "key": row.key, "currency": row.currency, "start": min(starts), "as_of": part.as_of, "streams": streams,
        "annual_discount_rate": inputs.discount_rate, "level": LEVEL,
    }  # fmt: skip
    horizon = min(600, max(1, elapsed, inputs.horizon_months))
    part.horizon = compute_return(
        ReturnInputs(**asked, costs=costs, horizon_months=horizon, share_left=share_left(row.stays))
    )
    # So far: nothing is left of the return once the measured periods end, so that nothing is projected.
    past = [cost for cost in costs if cost.date <= part.as_of]
    part.so_far = compute_return(
        ReturnInputs(
            **asked, costs=past, horizon_months=min(600, max(1, elapsed)), spending_stops=min(starts)
        )
    )
