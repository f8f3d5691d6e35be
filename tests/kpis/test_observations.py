"""Recording observations: in bulk, by hand, taken back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import Conflict, Denied, Invalid, Stale
from apps.kpis.models import Kpi, Observation
from apps.kpis.services import (
    kpi_create,
    kpi_edit,
    kpis_ship_definitions,
    observations_forget,
    observations_record,
    observations_restore,
)
from apps.kpis.types import ObservationRow
from tests.kpis.factories import NOW, SYSTEM, make_kpi

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 2, 23)


def put(kpi, rows, actor=SYSTEM):
    return observations_record(actor=actor, now=NOW, kpi=kpi, rows=rows, source="test")


def version(kpi) -> int:
    return Kpi.objects.get(pk=kpi.pk).data_version


def test_a_value_is_kept_once_per_unit_segment_and_period(cast):
    kpi = make_kpi()
    row = ObservationRow(cast.store, MONDAY + dt.timedelta(days=3), value=7.5, n=40, se=0.2)
    assert len(put(kpi, [row]).added) == 1
    assert version(kpi) == 1
    again = put(kpi, [row])
    assert (again.added, again.changed, again.unchanged, version(kpi)) == ([], [], 1, 1)
    changed = put(kpi, [ObservationRow(cast.store, MONDAY, value=7.0, n=40)])
    assert changed.changed[0].before["value"] == 7.5
    stored = Observation.objects.get()
    assert (stored.period, stored.value, stored.source, version(kpi)) == (MONDAY, 7.0, "test", 2)


def test_sums_give_value_and_error(cast):
    kpi = make_kpi("nps", statistic="nps")
    put(kpi, [ObservationRow(cast.store, MONDAY, n=10, promoters=5, detractors=2)])
    stored = Observation.objects.get()
    assert stored.value == pytest.approx(30)
    assert stored.se == pytest.approx(24.698178)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "value"),
        ({"value": float("nan")}, "value"),
        ({"value": 1e20}, "value"),
        ({"value": 101}, "value"),
        ({"value": 5, "n": -1}, "n"),
        ({"value": 5, "se": -1}, "se"),
        ({"n": 5, "hits": 6}, "hits"),
        ({"n": 5, "hits": 5, "value": 20}, "value"),
        ({"value": 5, "segment": "x" * 81}, "segment"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_row_and_field(cast, fields, field):
    kpi = make_kpi(statistic="share")
    good = ObservationRow(cast.store, MONDAY, value=5)
    with pytest.raises(Invalid) as error:
        put(kpi, [good, ObservationRow(cast.store, MONDAY, **fields)])
    assert f"rows.1.{field}" in error.value.fields
    assert not Observation.objects.exists()


def test_sums_that_contradict_each_other_are_refused(cast):
    kpi = make_kpi()
    with pytest.raises(Invalid) as error:
        put(kpi, [ObservationRow(cast.store, MONDAY, n=10, total=80.0, total_sq=600.0)])
    assert list(error.value.fields) == ["rows.0.total_sq"]


def test_values_of_a_derived_kpi_cannot_be_set(cast):
    kpi = make_kpi(derived={"from": "feedback", "measure": "score"})
    with pytest.raises(Conflict):
        put(kpi, [ObservationRow(cast.store, MONDAY, value=5)])


def test_only_managers_and_analysts_record_and_only_for_their_units(cast):
    kpi = make_kpi()
    put(kpi, [ObservationRow(cast.store, MONDAY, value=5)], cast.actor("cx_manager"))
    for who, unit in [
        ("cx_manager", cast.other_store),
        ("executive", cast.store),
        ("other_unit", cast.store),
    ]:
        with pytest.raises(Denied):
            put(kpi, [ObservationRow(unit, MONDAY, value=6)], cast.actor(who))
    assert Observation.objects.get().value == 5


def test_the_number_of_queries_does_not_grow_with_the_batch(cast):
    kpi = make_kpi()
    counts = []
    for size in (25, 300):  # up to 20 values are told one by one in the audit log
        rows = [
            ObservationRow(cast.store, dt.date(2000, 1, 3) + dt.timedelta(weeks=i), value=i)
            for i in range(size)
        ]
        with CaptureQueriesContext(connection) as seen:
            put(kpi, rows)
        counts.append(len(seen))
        Observation.objects.all().delete()
    assert counts[0] == counts[1]


def test_an_import_can_be_undone(cast):
    kpi = make_kpi()
    put(kpi, [ObservationRow(cast.store, MONDAY, value=5, n=3)])
    outcome = put(
        kpi, [ObservationRow(cast.store, MONDAY, value=6), ObservationRow(cast.north, MONDAY, value=1)]
    )
    assert observations_forget(actor=SYSTEM, now=NOW, kpi=kpi, ids=outcome.added) == 1
    assert observations_restore(actor=SYSTEM, now=NOW, kpi=kpi, changes=outcome.changed) == 1
    stored = Observation.objects.get()
    assert (stored.unit, stored.value, stored.n) == (cast.store, 5, 3)


def test_two_people_editing_one_kpi(cast):
    kpi = make_kpi()
    first = kpi_edit(actor=cast.actor("cx_manager"), now=NOW, kpi=kpi, version=1, name="Trust us")
    assert first.version == 2
    with pytest.raises(Stale):
        kpi_edit(actor=cast.actor("analyst"), now=NOW, kpi=kpi, version=1, name="Confidence")
    assert Kpi.objects.get().name == "Trust us"


def test_how_it_is_measured_stays_once_values_were_recorded(cast):
    kpi = make_kpi()
    put(kpi, [ObservationRow(cast.store, MONDAY, value=5)])
    with pytest.raises(Conflict):
        kpi_edit(actor=SYSTEM, now=NOW, kpi=kpi, statistic="share")
    assert kpi_edit(actor=SYSTEM, now=NOW, kpi=kpi, target=8.0).target == 8.0


def test_keys_are_unique_and_rules_are_checked_on_saving(cast):
    make_kpi()
    with pytest.raises(Conflict):
        make_kpi()
    with pytest.raises(Invalid) as error:
        make_kpi("bad", derived={"from": "feedback", "measure": "score; DROP"})
    assert list(error.value.fields) == ["derived"]
    with pytest.raises(Denied):
        kpi_create(actor=cast.actor("executive"), now=NOW, key="x", name="x", kind="outcome", statistic="sum")


def test_shipped_definitions_come_once_and_none_is_compulsory(cast):
    added = kpis_ship_definitions(actor=cast.actor("cx_manager"), now=NOW)
    keys = {kpi.key for kpi in added}
    assert {
        "visit-frequency",
        "value-per-visit",
        "repurchase",
        "share-of-budget",
        "product-lines",
        "premium-mix",
    } <= keys
    assert {"referrals", "trust", "advocacy", "employee-engagement", "nps", "csat", "ces", "churn"} <= keys
    assert all(kpi.definition and kpi.formula and kpi.how_to_read for kpi in added)
    assert {kpi.kind for kpi in added} == {"perceptive", "operational", "outcome"}
    Kpi.objects.filter(key="nps").delete()
    Kpi.objects.filter(key="trust").update(name="Own name")
    assert {kpi.key for kpi in kpis_ship_definitions(actor=SYSTEM, now=NOW)} == {"nps"}
    assert Kpi.objects.get(key="trust").name == "Own name"
