"""From inputs to snapshots: right, once, stale at once, and honest where nothing can be said."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.actor import Actor
from apps.initiatives import services as initiatives
from apps.initiatives.models import CostLine, Initiative
from apps.kpis.models import Kpi, Observation
from apps.notifications.models import Outbox
from apps.returns import recompute, selectors, services
from apps.returns.loading import load
from apps.returns.models import ReturnState, Snapshot
from tests.returns.conftest import START, TRUTH, WEEKS, week

SYSTEM = Actor.system("test")


def work(row: Initiative, now: dt.datetime) -> int:
    group = next(g for g in selectors.clusters_now(actor=SYSTEM) if row.pk in g)
    return recompute.cluster_work(ids=group, now=now)


def current(row: Initiative) -> Snapshot:
    found = ReturnState.objects.get(initiative=row).current
    assert found is not None
    return found


def is_stale(row: Initiative) -> bool:
    row.refresh_from_db()
    return selectors.standings(actor=SYSTEM, initiatives=[row])[row.pk].is_stale


def test_a_known_effect_comes_out_as_money(shop: Any, coaching: Initiative, now: dt.datetime) -> None:
    """3 stores × 20 weeks × 10 visits × 5 EUR = 3,000 EUR, 1,000 EUR spent."""
    assert work(coaching, now) == 1
    found = current(coaching)
    truth = 3 * (WEEKS - START) * TRUTH * 5
    assert found.verdict == "positive"
    assert found.grade in "BC"
    assert found.returned_low < truth < found.returned_high
    assert abs(float(found.returned_mid) - truth) < 0.05 * truth
    assert (found.invested, found.made_mid, found.saved_mid) == (
        Decimal("1000.00"),
        found.returned_mid,
        Decimal("0.00"),
    )
    assert found.as_of == week(WEEKS) - dt.timedelta(days=1)
    assert found.result["so_far"]["projected"]["mid"] == 0
    steps = {step["label"]: step["value"] for step in found.result["so_far"]["steps"]}
    assert (
        abs(
            steps["Mean effect"] * steps["Exposure"] * steps["Value per KPI unit"] - float(found.returned_mid)
        )
        < 0.01
    )
    assert found.roi == pytest.approx(
        (found.result["present"]["returned"] - found.result["present"]["invested"])
        / found.result["present"]["invested"]
    )


def test_the_same_inputs_are_never_computed_twice(
    shop: Any, coaching: Initiative, now: dt.datetime, monkeypatch: Any
) -> None:
    work(coaching, now)
    first = current(coaching)
    from apps.returns import computing

    monkeypatch.setattr(computing, "compute", lambda plan: pytest.fail("the engine was asked again"))
    assert work(coaching, now + dt.timedelta(hours=3)) == 0
    assert current(coaching).pk == first.pk
    assert Snapshot.objects.count() == 1


def test_an_input_makes_it_stale_at_once_and_going_back_finds_the_old_snapshot(
    shop: Any, coaching: Initiative, now: dt.datetime
) -> None:
    work(coaching, now)
    old = current(coaching)
    assert not is_stale(coaching)
    cost = CostLine.objects.get()
    initiatives.cost_edit(actor=SYSTEM, now=now, cost=cost, amount=Decimal(2000))
    assert is_stale(coaching), "before any job has run"
    work(coaching, now)
    new = current(coaching)
    assert (new.invested, is_stale(coaching)) == (Decimal("2000.00"), False)
    old.refresh_from_db()
    assert old.invested == Decimal("1000.00"), "a snapshot is never changed"
    initiatives.cost_edit(actor=SYSTEM, now=now, cost=cost, amount=Decimal(1000))
    assert work(coaching, now) == 1
    assert current(coaching).pk == old.pk
    assert Snapshot.objects.count() == 2


def test_words_leave_it_fresh_but_data_values_and_settings_do_not(
    shop: Any, coaching: Initiative, now: dt.datetime
) -> None:
    from apps.accounts.models import Organisation
    from apps.kpis import services as kpis
    from apps.kpis.types import ObservationRow

    work(coaching, now)
    initiatives.initiative_edit(actor=SYSTEM, now=now, initiative=coaching, name="Other words")
    initiatives.journal_add(actor=SYSTEM, now=now, initiative=coaching, text="x")
    assert not is_stale(coaching)
    row = ObservationRow(unit=shop.stores[0], period=week(WEEKS - 1), value=111.0)
    kpis.observations_record(actor=SYSTEM, now=now, kpi=Kpi.objects.get(), rows=[row], source="test")
    assert is_stale(coaching)
    work(coaching, now)
    Organisation.objects.update(discount_rate=Decimal("0.05"), version=2)
    assert is_stale(coaching)


def test_the_number_of_queries_does_not_grow(shop: Any, coaching: Initiative, now: dt.datetime) -> None:
    def loads() -> int:
        ids = [pk for g in selectors.clusters_now(actor=SYSTEM) for pk in g]
        with CaptureQueriesContext(connection) as queries:
            load(ids=ids, now=now)
        return len(queries)

    few = loads()
    kpi = Kpi.objects.get()
    for n in range(5):
        shop.initiative(f"more-{n}", units=[shop.stores[5 + n]], kpi=kpi)
    assert loads() == few


def test_a_region_stands_for_the_stores_below_it(shop: Any, now: dt.datetime) -> None:
    kpi = shop.kpi(treated=range(12))
    inner = shop.cast.under(shop.cast.north, "east", "East")
    free = [shop.cast.under(inner, f"e-{n}", f"East {n}") for n in range(10)]
    Observation.objects.bulk_create([
        Observation(kpi=kpi, unit=store, period=week(w), value=100.0 + n + (w % 3) * 0.1) for n, store in enumerate(free) for w in range(WEEKS)
    ])  # fmt: skip
    row = shop.initiative(units=[shop.west], kpi=kpi, value=shop.value(kpi))
    work(row, now)
    found = current(row)
    assert found.inputs["kpis"]["visits"]["treated"] == 12
    assert found.verdict == "positive"


def test_everywhere_at_once_is_no_comparison_and_no_money(shop: Any, now: dt.datetime) -> None:
    kpi = shop.kpi(treated=range(12))
    row = shop.initiative(units=shop.stores, kpi=kpi, value=shop.value(kpi))
    work(row, now)
    found = current(row)
    assert (found.verdict, found.returned_mid, found.roi, found.invested) == (
        "no_comparison",
        None,
        None,
        Decimal("1000.00"),
    )


def test_a_useless_one_is_not_paid_for_what_the_other_did(shop: Any, now: dt.datetime) -> None:
    kpi = shop.kpi()
    value = shop.value(kpi)
    good = shop.initiative("good", kpi=kpi, value=value)
    useless = shop.initiative("useless", units=shop.stores[6:9], start=week(24), kpi=kpi, value=value)
    assert work(good, now) == 2
    assert current(good).verdict == "positive"
    assert current(useless).verdict == "none_found"
    assert str(useless.pk) in current(good).result["covariance"]["so_far"]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"stage": "case"}, "not_begun"),
        ({"kpi": None}, "no_kpi"),
        ({"value": None}, "no_value"),
        ({"start": week(WEEKS)}, "too_early"),
        ({"units": []}, "no_data"),
    ],
)
def test_what_cannot_be_said_has_its_own_word(
    shop: Any, now: dt.datetime, change: dict[str, Any], verdict: str
) -> None:
    kpi = shop.kpi()
    row = shop.initiative(**{"kpi": kpi, "value": shop.value(kpi), **change})
    work(row, now)
    assert (current(row).verdict, current(row).returned_mid) == (verdict, None)


def test_other_currencies_are_never_added(shop: Any, coaching: Initiative, now: dt.datetime) -> None:
    initiatives.cost_add(
        actor=SYSTEM,
        now=now,
        initiative=coaching,
        label="Trip",
        amount=Decimal(77),
        currency="USD",
        starts_on=week(21),
    )
    work(coaching, now)
    found = current(coaching)
    assert (found.invested, found.roi, found.npv_mid, found.payback_months) == (
        Decimal("1000.00"),
        None,
        None,
        None,
    )
    assert found.returned_mid is not None
    assert {"code": "other_costs", "detail": "USD"} in found.result["notes"]


def test_a_value_in_another_currency_pays_nothing_and_says_so(shop: Any, now: dt.datetime) -> None:
    kpi = shop.kpi()
    row = shop.initiative(kpi=kpi, value=shop.value(kpi, currency="USD"))
    work(row, now)
    assert (current(row).verdict, current(row).returned_mid) == ("other_currency", None)


def test_unsigned_and_revenue_values_count_but_are_marked(shop: Any, now: dt.datetime) -> None:
    kpi = shop.kpi()
    row = shop.initiative(kpi=kpi, value=shop.value(kpi, basis="revenue"))
    work(row, now)
    assert {note["code"] for note in current(row).result["notes"]} == {"unsigned", "revenue"}
    assert current(row).returned_mid is not None


def test_a_running_cost_counts_up_to_the_data_and_goes_on_in_the_horizon(
    shop: Any, coaching: Initiative, now: dt.datetime
) -> None:
    initiatives.cost_add(
        actor=SYSTEM,
        now=now,
        initiative=coaching,
        label="Licence",
        amount=Decimal(10),
        rhythm="monthly",
        starts_on=week(START),
    )
    work(coaching, now)
    found = current(coaching)
    months = (found.as_of.year - week(START).year) * 12 + found.as_of.month - week(START).month + 1
    assert found.invested == 1000 + 10 * months
    assert found.result["horizon"]["invested"] == 1000 + 10 * 36


def test_a_failure_is_shown_keeps_the_old_figures_and_stops_nobody_else(
    shop: Any, coaching: Initiative, now: dt.datetime, monkeypatch: Any
) -> None:
    work(coaching, now)
    old = current(coaching)
    other_kpi = shop.kpi("other")
    other = shop.initiative("other", kpi=other_kpi, value=shop.value(other_kpi))
    initiatives.cost_edit(
        actor=SYSTEM, now=now, cost=CostLine.objects.get(initiative=coaching), amount=Decimal(5)
    )
    from apps.returns import computing

    real = computing.compute

    def broken(plan: Any) -> Any:
        if coaching.pk in plan.inputs.initiatives:
            raise RuntimeError("the panel is upside down")
        return real(plan)

    monkeypatch.setattr(computing, "compute", broken)
    run = services.recompute_now(actor=SYSTEM, now=now)
    assert run.state == "failed"
    state = ReturnState.objects.get(initiative=coaching)
    assert "upside down" in state.error
    assert state.current_id == old.pk
    assert current(other).verdict == "positive"
    assert recompute.sweep(now=now) == 0, "the same inputs are not tried each minute"
    monkeypatch.undo()
    services.recompute_now(actor=SYSTEM, now=now)
    assert ReturnState.objects.get(initiative=coaching).error == ""
    assert current(coaching).invested == 5


def test_a_nudge_computes_once_however_often_it_comes(
    shop: Any, coaching: Initiative, now: dt.datetime
) -> None:
    for _ in range(3):
        recompute.nudge(key=str(coaching.pk), payload={}, now=now)
    assert Snapshot.objects.count() == 1
    recompute.nudge(key="999999", payload={}, now=now)  # a vanished row is a quiet return


def test_the_sweep_finds_what_a_nudge_missed(shop: Any, coaching: Initiative, now: dt.datetime) -> None:
    work(coaching, now)
    assert recompute.sweep(now=now) == 0
    Kpi.objects.update(data_version=99)
    assert recompute.sweep(now=now) == 1
    assert recompute.sweep(now=now) == 0, "it is being worked on"
    assert Outbox.objects.filter(topic="returns.item").count() == 1


def test_the_night_asks_for_all_that_has_begun(shop: Any, coaching: Initiative, now: dt.datetime) -> None:
    shop.initiative("thought", stage="idea")
    recompute.nightly(now=now)
    run = selectors.RecomputeRun.objects.get(scope="nightly")
    assert [item.initiative_ids for item in run.items.all()] == [[coaching.pk]]
