"""Verbs: versions, staleness, money in cents, the trace, and nobody else's initiatives."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from apps.audit.models import AuditEvent
from apps.core.errors import Conflict, Denied, Invalid, NotVisible, Stale
from apps.initiatives import selectors, services
from apps.initiatives.models import CostLine, Initiative, InvestmentType, KpiLink, Treatment
from apps.notifications.models import Outbox

DAY = dt.date(2026, 1, 1)


def nudges(row: Initiative) -> int:
    return Outbox.objects.filter(topic="returns.nudge", key=str(row.pk)).count()


def test_shipped_types_are_those_of_the_articles_and_ship_once(
    cast: Any, now: dt.datetime, system: Any
) -> None:
    """R 0.04 names ten, R 0.18 eleven."""
    assert services.investment_types_ship(actor=system, now=now) == 28
    assert services.investment_types_ship(actor=system, now=now) == 0
    of = InvestmentType.objects.filter
    assert of(investment_class="enticement").count() == 10
    assert of(investment_class="people_process").count() == 11


def test_a_key_is_taken_once(cast: Any, now: dt.datetime, callbacks: Initiative) -> None:
    with pytest.raises(Conflict):
        services.initiative_create(
            actor=cast.actor("cx_manager"), now=now, key="FASTER-callbacks", name="x", unit=cast.north, owner=cast.cx_manager,
            investment_class="analysis",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"budget": Decimal("1.001")}, "budget"),
        ({"budget": 1.5}, "budget"),
        ({"budget": Decimal("NaN")}, "budget"),
        ({"budget": Decimal(-1)}, "budget"),
        ({"stays_6m": 10, "stays_12m": 20}, "stays_12m"),
        ({"stays_6m": 101}, "stays_6m"),
        ({"currency": "EU"}, "currency"),
        ({"return_types": ["fame"]}, "return_types"),
        ({"objective": "famous"}, "objective"),
        ({"investment_class": "gifts"}, "investment_class"),
        ({"name": ""}, "name"),
        ({"stage": "done"}, "stage"),
        ({"input_version": 9}, "input_version"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    cast: Any, now: dt.datetime, callbacks: Initiative, fields: Any, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        services.initiative_edit(actor=cast.actor("cx_manager"), now=now, initiative=callbacks, **fields)
    assert field in refusal.value.fields
    before = Initiative.objects.get(pk=callbacks.pk)
    assert before.version == 1


def test_words_leave_a_return_fresh_and_its_inputs_make_it_stale(
    cast: Any, now: dt.datetime, callbacks: Initiative
) -> None:
    manager, later = cast.actor("cx_manager"), now + dt.timedelta(hours=1)
    row = services.initiative_edit(
        actor=manager, now=later, initiative=callbacks, name="Callbacks", version=1
    )
    assert (row.version, row.input_version, nudges(row)) == (2, 1, 0)
    row = services.initiative_edit(actor=manager, now=later, initiative=callbacks, stays_6m=50, version=2)
    assert (row.version, row.input_version, nudges(row)) == (3, 2, 1)
    assert row.inputs_changed_at == later
    row = services.initiative_edit(actor=manager, now=later, initiative=callbacks, stays_6m=50)
    assert row.version == 3, "nothing changed, nothing written"
    with pytest.raises(Stale):
        services.initiative_edit(actor=manager, now=later, initiative=callbacks, name="x", version=2)


def test_each_part_makes_the_return_stale_and_leaves_a_trace(
    cast: Any, now: dt.datetime, callbacks: Initiative, kpi: Any, value_model: Any
) -> None:
    manager = cast.actor("cx_manager")
    steps = [
        lambda: services.treatment_add(
            actor=manager, now=now, initiative=callbacks, unit=cast.store, starts_on=DAY
        ),
        lambda: services.treatment_edit(
            actor=manager, now=now, treatment=Treatment.objects.get(), assignment="random"
        ),
        lambda: services.cost_add(
            actor=manager, now=now, initiative=callbacks, label="Set-up", amount=Decimal(9), starts_on=DAY
        ),
        lambda: services.cost_edit(
            actor=manager, now=now, cost=CostLine.objects.get(), amount=Decimal("9.50")
        ),
        lambda: services.link_add(
            actor=manager, now=now, initiative=callbacks, kpi=kpi, value_model=value_model
        ),
        lambda: services.link_edit(
            actor=manager, now=now, link=KpiLink.objects.get(), expected_effect=1.5, expected_sd=0.5
        ),
        lambda: services.treatment_remove(actor=manager, now=now, treatment=Treatment.objects.get()),
        lambda: services.cost_remove(actor=manager, now=now, cost=CostLine.objects.get()),
        lambda: services.link_remove(actor=manager, now=now, link=KpiLink.objects.get()),
    ]
    for count, step in enumerate(steps, start=1):
        step()
        row = Initiative.objects.get(pk=callbacks.pk)
        assert (row.input_version, row.version, nudges(row)) == (1 + count, 1 + count, count)
        assert AuditEvent.objects.of_object(row).count() == 1 + count


def test_parts_that_cannot_be_meant_are_refused(
    cast: Any, now: dt.datetime, callbacks: Initiative, kpi: Any
) -> None:
    manager = cast.actor("cx_manager")
    treat = {"actor": manager, "now": now, "initiative": callbacks, "unit": cast.store, "starts_on": DAY}
    spend = {
        "actor": manager,
        "now": now,
        "initiative": callbacks,
        "label": "x",
        "amount": Decimal(1),
        "starts_on": DAY,
    }
    for verb, kwargs, field in [
        (services.treatment_add, {**treat, "ends_on": DAY}, "ends_on"),
        (services.treatment_add, {**treat, "assignment": "fate"}, "assignment"),
        (services.treatment_add, {**treat, "chosen_until": dt.date(2026, 2, 1)}, "chosen_until"),
        (services.cost_add, {**spend, "amount": Decimal(-1)}, "amount"),
        (services.cost_add, {**spend, "amount": 1.1}, "amount"),
        (services.cost_add, {**spend, "ends_on": DAY}, "ends_on"),
        (services.cost_add, {**spend, "rhythm": "monthly", "ends_on": dt.date(2025, 12, 31)}, "ends_on"),
        (services.cost_add, {**spend, "currency": "12€"}, "currency"),
        (services.link_add, {"actor": manager, "now": now, "initiative": callbacks, "kpi": kpi, "expected_sd": 1.0}, "expected_effect"),
        (services.link_add, {"actor": manager, "now": now, "initiative": callbacks, "kpi": kpi, "expected_effect": float("inf")}, "expected_effect"),
    ]:  # fmt: skip
        with pytest.raises(Invalid) as refusal:
            verb(**kwargs)
        assert field in refusal.value.fields
    services.treatment_add(**treat)
    with pytest.raises(Conflict):
        services.treatment_add(**treat)


def test_a_unit_outside_ones_own_cannot_be_treated(
    cast: Any, now: dt.datetime, callbacks: Initiative
) -> None:
    with pytest.raises(NotVisible):
        services.treatment_add(
            actor=cast.actor("cx_manager"),
            now=now,
            initiative=callbacks,
            unit=cast.other_store,
            starts_on=DAY,
        )


def test_who_may_change_what(cast: Any, now: dt.datetime, callbacks: Initiative) -> None:
    line = {"now": now, "initiative": callbacks, "label": "x", "amount": Decimal(1), "starts_on": DAY}
    services.cost_add(actor=cast.actor("finance"), **line)
    for who, error in [
        ("analyst", Denied), ("executive", Denied), ("team_lead", NotVisible), ("frontline", NotVisible),
        ("administrator", NotVisible), ("other_unit", NotVisible), ("nobody", NotVisible),
    ]:  # fmt: skip
        with pytest.raises(error):
            services.cost_add(actor=cast.actor(who), **line)
        with pytest.raises(error):
            services.initiative_edit(actor=cast.actor(who), now=now, initiative=callbacks, name="Mine")
    with pytest.raises(Denied):
        services.initiative_edit(actor=cast.actor("finance"), now=now, initiative=callbacks, name="Mine")
    with pytest.raises(Denied):
        services.initiative_edit(
            actor=cast.actor("cx_manager"), now=now, initiative=callbacks, unit=cast.south
        )
    assert CostLine.objects.count() == 1


def test_a_line_of_a_file_comes_in_once(cast: Any, now: dt.datetime, callbacks: Initiative) -> None:
    line = {"actor": cast.actor("cx_manager"), "now": now, "initiative": callbacks, "external_id": "INV-1", "label": "Agency", "starts_on": DAY}  # fmt: skip
    outcomes = [
        services.cost_record(**line, amount=Decimal(amount))[1] for amount in ("100", "100.00", "120")
    ]
    assert outcomes == ["added", "unchanged", "changed"]
    assert CostLine.objects.get().amount == 120


def test_inputs_of_many_come_in_four_queries(
    cast: Any, now: dt.datetime, callbacks: Initiative, kpi: Any, system: Any, django_assert_num_queries: Any
) -> None:
    manager = cast.actor("cx_manager")
    services.treatment_add(actor=manager, now=now, initiative=callbacks, unit=cast.store, starts_on=DAY)
    services.cost_add(
        actor=manager, now=now, initiative=callbacks, label="x", amount=Decimal(1), starts_on=DAY
    )
    services.link_add(actor=manager, now=now, initiative=callbacks, kpi=kpi, lag_periods=2)
    with django_assert_num_queries(4):
        found = selectors.return_inputs(actor=system, ids=[callbacks.pk])[callbacks.pk]
    assert found.treatments[0].unit_id == cast.store.pk
    assert found.costs[0].amount == 1
    assert found.links[0].lag_periods == 2
