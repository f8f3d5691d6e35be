"""KPIs with eighteen months of values, value models, and the twelve initiatives with costs, places and links."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

from apps.accounts.actors import actor_for
from apps.core.actor import Actor
from apps.demo.plan import INITIATIVES, KPIS, VALUES, WEEKS, InitiativePlan, store_keys
from apps.demo.series import all_panels, true_effects
from apps.demo.world import World
from apps.initiatives import services as initiatives
from apps.initiatives.models import Initiative, InvestmentType
from apps.kpis import services as kpis
from apps.kpis.models import Kpi, ValueModel
from apps.kpis.types import ObservationRow


def first_monday(today: dt.date) -> dt.date:
    """The Monday on which the demo's week 0 begins: its last week is the last one that is over."""
    this_monday = today - dt.timedelta(days=today.weekday())
    return this_monday - dt.timedelta(weeks=WEEKS)


def build_kpis(*, actor: Actor, now: dt.datetime, world: World, seed: int) -> dict[str, Kpi]:
    """The five fed KPIs with a value per store and week, owned by the CX manager."""
    start = first_monday(now.date())
    keys = store_keys()
    stores = world.stores
    panels = all_panels(seed)
    made: dict[str, Kpi] = {}
    for plan in KPIS:
        kpi = kpis.kpi_create(
            actor=actor, now=now, key=plan.key, name=plan.name, kind=plan.kind, statistic=plan.statistic,
            direction=plan.direction, grain="week", unit_label=plan.unit_label, definition=plan.definition,
            formula=plan.formula, how_to_read=plan.how_to_read, target=plan.target, owner=world.people["cx_manager"],
        )  # fmt: skip
        values = panels[plan.key]
        rows = [
            ObservationRow(
                unit=stores[key],
                period=start + dt.timedelta(weeks=week),
                value=float(values[index, week]),
                n=plan.answers,
                se=round(1.05 / plan.answers**0.5, 4) if plan.answers else None,
            )
            for index, key in enumerate(keys)
            for week in range(WEEKS)
        ]
        kpis.observations_record(actor=actor, now=now, kpi=kpi, rows=rows, source="demo")
        made[plan.key] = kpi
    return made


def build_values(
    *, actor: Actor, signer: Actor, now: dt.datetime, made: dict[str, Kpi]
) -> dict[str, ValueModel]:
    """What a KPI unit is worth, signed by finance where it is agreed."""
    values: dict[str, ValueModel] = {}
    for plan in VALUES:
        model = kpis.value_model_create(
            actor=actor, now=now, kpi=made[plan.kpi], name=plan.name, stream=plan.stream, amount=Decimal(str(plan.amount)),
            amount_sd=Decimal(str(plan.sd)), currency="EUR", side=plan.side, is_cash=plan.is_cash, basis=plan.basis,
            evidence=plan.evidence,
        )  # fmt: skip
        if plan.is_signed:
            model = kpis.value_model_sign(actor=signer, now=now, value_model=model)
        values[plan.key] = model
    return values


def build_initiatives(
    *, actor: Actor, now: dt.datetime, world: World, made: dict[str, Kpi], values: dict[str, ValueModel]
) -> list[Initiative]:
    """The twelve, as somebody recorded them who took them over from a spreadsheet."""
    initiatives.investment_types_ship(actor=actor, now=now)
    types = {row.key: row for row in InvestmentType.objects.visible_to(actor)}
    return [
        _initiative(plan, actor=actor, now=now, world=world, made=made, values=values, types=types)
        for plan in INITIATIVES
    ]


def _initiative(
    plan: InitiativePlan, *, actor: Actor, now: dt.datetime, world: World, made: dict[str, Kpi],
    values: dict[str, ValueModel], types: dict[str, InvestmentType],
) -> Initiative:  # fmt: skip
    start = first_monday(now.date())

    manager, executive = actor_for(world.people["cx_manager"]), actor_for(world.people["executive"])

    def day(week: int) -> dt.date:
        return start + dt.timedelta(weeks=week)

    transformation = plan.extra.get("transformation", "")
    row = initiatives.initiative_create(
        actor=actor, now=now, key=plan.key, name=plan.name, summary=plan.summary, unit=world.units["company"],
        owner=world.people["cx_manager"], sponsor=world.people["executive"], investment_class=plan.investment_class,
        investment_type=types[plan.investment_type], objective=plan.objective, nature=plan.nature,
        return_types=list(plan.return_types), is_quick_win=plan.quick_win, budget=Decimal(str(plan.budget)), currency="EUR",
        stays_6m=plan.stays[0], stays_12m=plan.stays[1], stays_24m=plan.stays[2], cost_per_1000=Decimal("450"),
        customer_gain=plan.customer_gain, company_gain=plan.company_gain, trust_risk=plan.trust_risk,
        is_comfortable_public=plan.trust_risk != "high", advocate="Elena Executive", operational_owner="Head of stores",
        revenue_owner="Head of sales", expected_months_to_effect=plan.months_to_effect,
        **(
            {"transformation": transformation, "transformation_owner": "Head of service",
             "transformation_due_on": now.date() + dt.timedelta(days=200)}
            if transformation
            else {}
        ),
    )  # fmt: skip
    for store, week in plan.stores.items():
        initiatives.treatment_add(
            actor=actor,
            now=now,
            initiative=row,
            unit=world.units[store],
            starts_on=day(week),
            assignment=plan.assignment,
        )
    for cost in plan.costs:
        initiatives.cost_add(
            actor=actor, now=now, initiative=row, label=cost.label, amount=Decimal(str(cost.amount)), starts_on=day(cost.start),
            plan=cost.plan, rhythm=cost.rhythm, is_capex=cost.is_capex, source="Finance, cost centre 4711",
        )  # fmt: skip
    for effect in plan.effects:
        initiatives.link_add(
            actor=actor, now=now, initiative=row, kpi=made[effect.kpi],
            value_model=values[effect.value_model] if effect.value_model else None,
            expected_effect=effect.expected, expected_sd=effect.expected_sd,
        )  # fmt: skip
    began = min(plan.stores.values(), default=min(cost.start for cost in plan.costs))
    initiatives.stage_record(
        actor=executive, now=now, initiative=row, stage="approved", reason="Business case agreed with finance.",
        decided_at=_at(day(max(began - 6, 0))),
    )  # fmt: skip
    initiatives.stage_record(
        actor=executive,
        now=now,
        initiative=row,
        stage=plan.stage,
        reason="Taken over as it stands.",
        decided_at=_at(day(began + 1)),
    )
    initiatives.journal_add(
        actor=manager,
        now=now,
        initiative=row,
        text="Costs and places checked against the finance system.",
        written_at=_at(day(began + 2)),
    )
    return row


def _at(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(9), tzinfo=dt.UTC)


def write_truth(path: Path, *, seed: int) -> None:
    """Write what really happened, to compare with what the arithmetic pages say: a list of effects per initiative and KPI."""
    truths = [asdict(truth) for plan in KPIS for truth in true_effects(plan.key)[1]]
    path.write_text(
        json.dumps({"seed": seed, "weeks": WEEKS, "effects": truths}, indent=1, ensure_ascii=False)
    )
