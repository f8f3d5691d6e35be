"""The pages of KPIs: the dictionary, one KPI by unit and split, the rule builder, values, and what they are worth."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.customers.models import Customer, Purchase
from apps.feedback.services import responses_bulk_record
from apps.kpis.models import Kpi, Observation, ValueModel
from apps.kpis.services import kpis_ship_definitions, observations_record, rollup_mark, rollup_work
from apps.kpis.types import ObservationRow
from tests.feedback.factories import make_source, row
from tests.kpis.factories import NOW, SYSTEM, make_kpi, make_observation, make_value_model

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 2, 23)
LATE = {"field": "attributes.days_late", "op": ">", "value": 0}


def shown(cast, who, url):
    answer = cast.client(who).get(url)
    assert answer.status_code == 200
    return answer


def test_the_dictionary_shows_the_latest_complete_period_of_ones_own_units(cast):
    kpi = make_kpi("trust", statistic="share", target=60.0)
    for unit, hits in [(cast.store, 30), (cast.other_store, 90)]:
        make_observation(kpi, unit, MONDAY, n=100, hits=hits)
        make_observation(kpi, unit, MONDAY - dt.timedelta(weeks=1), n=100, hits=50)
    for who, value in [("analyst", "60"), ("cx_manager", "30"), ("other_unit", "90")]:
        assert f">{value}\xa0%<" in shown(cast, who, "/kpis/").content.decode(), who
    assert "−20.0" in shown(cast, "cx_manager", "/kpis/").content.decode()


def test_the_number_of_queries_does_not_grow_with_the_rows(cast):
    counts = {"/kpis/": [], "values": [], "/kpis/value-models/": []}
    for size in (2, 20):
        for number in range(size):
            key = f"k-{number}"
            kpi = Kpi.objects.filter(key=key).first() or make_kpi(key, owner=cast.cx_manager)
            make_observation(kpi, cast.store, MONDAY - dt.timedelta(weeks=number), value=5.0, n=30)
            make_value_model(kpi, cast.cx_manager, name=f"{size} {number}")
        first = Kpi.objects.get(key="k-0")
        for week in range(size):
            make_observation(first, cast.store, MONDAY - dt.timedelta(weeks=week), value=5.0, n=30)
        client = cast.client("analyst")
        for name, found in counts.items():
            url = reverse("kpis:values", args=[first.uid]) if name == "values" else name
            with CaptureQueriesContext(connection) as seen:
                assert client.get(url).status_code == 200
            found.append(len(seen))
    assert all(first == second for first, second in counts.values()), counts


def test_one_screen_shows_the_whole_and_its_split(cast):
    source = make_source(cast.store, "olist")
    where = [{"field": "source", "value": "olist"}]
    kpi = make_kpi(
        "score",
        grain="month",
        derived={
            "from": "feedback",
            "where": where,
            "measure": "score",
            "split": {**LATE, "labels": ["late", "on time"]},
        },
    )
    rows = [
        row(
            source,
            f"{n}",
            score=score,
            responded_at=NOW - dt.timedelta(days=30 * n),
            attributes={"days_late": late},
        )
        for n, (score, late) in enumerate([(1, 5), (2, 1), (5, 0), (4, -3), (4, -1)])
    ]
    rollup_mark(origin="feedback", keys=responses_bulk_record(actor=SYSTEM, now=NOW, rows=rows).touched)
    rollup_work(now=NOW)
    answer = shown(cast, "cx_manager", kpi.get_absolute_url())
    told = {part["name"]: (part["value"], part["n"]) for part in answer.context["parts"]}
    assert told == {"All together": ("3.2000", 5), "late": ("1.5000", 2), "on time": ("4.3333", 3)}
    assert len(answer.context["chart"].lines) == 3
    only = shown(cast, "cx_manager", kpi.get_absolute_url() + "?segment=late")
    assert [line.name for line in only.context["chart"].lines] == ["late"]
    none = shown(cast, "other_unit", kpi.get_absolute_url())
    assert none.context["parts"] == []


def test_a_unit_is_pooled_with_all_below_it_and_a_time_narrows(cast):
    kpi = make_kpi("trust")
    make_observation(kpi, cast.north, MONDAY, n=10, total=50.0, total_sq=260.0)
    make_observation(kpi, cast.store, MONDAY, n=30, total=90.0, total_sq=300.0)
    make_observation(kpi, cast.other_store, MONDAY, n=60, total=60.0, total_sq=80.0)
    make_observation(kpi, cast.store, MONDAY - dt.timedelta(weeks=9), n=10, total=100.0, total_sq=1000.0)
    url = kpi.get_absolute_url()

    def whole(who, query):
        return shown(cast, who, url + query).context["stats"][0].value

    assert whole("analyst", "?since=2026-02-01") == pytest.approx(2.0)
    assert whole("analyst", "?since=2026-02-01&unit=north") == pytest.approx(3.5)
    assert whole("analyst", "?since=2026-02-01&unit=store-01") == pytest.approx(3.0)
    assert whole("cx_manager", "?since=2026-02-01") == pytest.approx(3.5)
    assert whole("cx_manager", "?since=2026-02-01&unit=south") == pytest.approx(3.5)  # not theirs to choose
    assert whole("analyst", "?until=2026-02-01") == pytest.approx(10.0)


def test_what_customers_spend_is_hidden_from_those_without_a_right_to_money(cast):
    kpis_ship_definitions(actor=SYSTEM, now=NOW)
    person = Customer.objects.create(unit=cast.store)
    Purchase.objects.create(
        customer=person, unit=cast.store, system="till", external_id="1", amount=77, currency="EUR",
        happened_at=NOW, local_date=NOW.date(),
    )  # fmt: skip
    rollup_mark(origin="purchases", keys=[(cast.store.pk, NOW.date())])
    rollup_work(now=NOW)
    kpi = Kpi.objects.get(key="value-per-visit")
    assert Observation.objects.filter(kpi=kpi, value=77).exists()
    assert "Value per visit" in shown(cast, "cx_manager", "/kpis/").content.decode()
    body = shown(cast, "team_lead", "/kpis/").content.decode()
    assert "Value per visit" not in body
    assert "Visit frequency" in body
    assert cast.client("team_lead").get(kpi.get_absolute_url()).status_code == 404
    assert cast.client("team_lead").get(reverse("kpis:values", args=[kpi.uid])).status_code == 404


FORM = {
    "name": "Late deliveries",
    "kind": "operational",
    "statistic": "share",
    "direction": "down",
    "grain": "month",
    "is_active": "on",
}


def condition(name: str, *parts: str) -> dict[str, str]:
    return {f"{name}_{position}": part for position, part in enumerate(parts)}


def test_a_derived_kpi_is_built_without_writing_json(cast):
    client = cast.client("cx_manager")
    rule = {
        "origin": "feedback",
        **condition("where_0", "source", "in", "olist, shop"),
        **condition("where_1", "has_words", "=", "yes"),
        **condition("hit", "attributes.days_late", ">", "0"),
        **condition("split", "language", "=", ""),
    }
    assert client.post(reverse("kpis:new"), {**FORM, **rule}).status_code == 303
    kpi = Kpi.objects.get(key="late-deliveries")
    assert kpi.derived == {
        "from": "feedback",
        "where": [
            {"field": "source", "op": "in", "value": ["olist", "shop"]},
            {"field": "has_words", "op": "=", "value": True},
        ],
        "hit": {"field": "attributes.days_late", "op": ">", "value": 0},
        "split": {"field": "language"},
    }
    edit = client.get(reverse("kpis:edit", args=[kpi.uid]))
    form = edit.context["form"]
    assert form["where_0"].value() == ("source", "in", "olist, shop")
    assert "olist, shop" in edit.content.decode()


def test_a_rule_that_cannot_be_meant_keeps_all_that_was_typed(cast):
    rule = {
        "origin": "feedback",
        **condition("where_0", "password", "=", "x"),
        **condition("hit", "score", ">", "many"),
    }
    answer = cast.client("cx_manager").post(reverse("kpis:new"), {**FORM, **rule})
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "“password” is not known there" in body
    assert 'value="many"' in body
    assert not Kpi.objects.exists()


def test_the_rule_as_json_wins_and_nonsense_is_told(cast):
    client = cast.client("analyst")
    bad = client.post(reverse("kpis:new"), {**FORM, "advanced": "{nonsense"})
    assert bad.status_code == 422
    good = client.post(
        reverse("kpis:new"),
        {**FORM, "statistic": "mean", "advanced": '{"from": "feedback", "measure": "score"}'},
    )
    assert good.status_code == 303
    assert Kpi.objects.get().derived == {"from": "feedback", "measure": "score"}


def test_two_people_editing_one_kpi_lose_nothing(cast):
    kpi = make_kpi("trust")
    url = reverse("kpis:edit", args=[kpi.uid])
    form = {
        "name": "First",
        "kind": "perceptive",
        "statistic": "mean",
        "direction": "up",
        "grain": "week",
        "key": "trust",
        "is_active": "on",
        "version": "1",
    }
    assert cast.client("cx_manager").post(url, form).status_code == 303
    stale = cast.client("analyst").post(url, {**form, "name": "Second"})
    body = stale.content.decode()
    assert stale.status_code == 409
    assert 'value="Second"' in body
    assert "Stored now: First" in body
    assert Kpi.objects.get().name == "First"


def test_a_value_is_added_corrected_and_removed_by_hand(cast):
    kpi = make_kpi("trust")
    client = cast.client("cx_manager")
    form = {"unit": cast.store.pk, "period": "2026-02-25", "value": "7.5", "n": "40"}
    assert client.post(reverse("kpis:value_add", args=[kpi.uid]), form).status_code == 303
    stored = Observation.objects.get()
    assert (stored.period, stored.value) == (MONDAY, 7.5)
    url = reverse("kpis:value_edit", args=[kpi.uid, stored.pk])
    bad = client.post(url, {**form, "value": ""})
    assert bad.status_code == 422
    assert "Give a value, or the sums" in bad.content.decode()
    assert client.post(url, {**form, "value": "8"}).status_code == 303
    assert Observation.objects.get().value == 8
    assert client.post(reverse("kpis:value_remove", args=[kpi.uid, stored.pk])).status_code == 303
    assert not Observation.objects.exists()


def test_the_history_of_a_kpi_tells_no_values_of_other_units(cast):
    kpi = make_kpi("trust")
    make_observation(kpi, cast.store, MONDAY, value=7.125, n=40)
    make_observation(kpi, cast.store, MONDAY, value=8.375, n=40)
    history = kpi.get_absolute_url() + "?tab=history"
    assert "7.125" not in shown(cast, "other_unit", history).content.decode()
    page = shown(cast, "cx_manager", reverse("kpis:value_edit", args=[kpi.uid, Observation.objects.get().pk]))
    assert "7.125" in page.content.decode()


def test_values_are_exported_as_filtered(cast):
    kpi = make_kpi("trust")
    make_observation(kpi, cast.store, MONDAY, value=7.25, n=40)
    make_observation(kpi, cast.other_store, MONDAY, value=9.0, n=40)
    answer = cast.client("analyst").get(
        reverse("kpis:values", args=[kpi.uid]), {"export": "csv", "unit": "north"}
    )
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "7.25" in text
    assert "Store 51" not in text


def test_shipped_definitions_are_offered_and_added_by_a_button(cast):
    assert "Start with the shipped definitions" in shown(cast, "cx_manager", "/kpis/").content.decode()
    assert "Start with the shipped definitions" not in shown(cast, "executive", "/kpis/").content.decode()
    assert cast.client("cx_manager").post(reverse("kpis:ship")).status_code == 303
    assert Kpi.objects.count() >= 15


def test_the_product_is_complete_with_no_nps_defined(cast):
    """R 4.29: nothing needs NPS; other metrics are listed, shown, fed and valued without it."""
    kpis_ship_definitions(actor=SYSTEM, now=NOW)
    Kpi.objects.filter(statistic="nps").delete()
    kpi = Kpi.objects.get(key="churn")
    observations_record(
        actor=SYSTEM, now=NOW, kpi=kpi, rows=[ObservationRow(cast.store, dt.date(2026, 1, 5), n=400, hits=8)]
    )
    make_value_model(kpi, cast.cx_manager)
    client = cast.client("executive")
    for url in [
        "/kpis/",
        kpi.get_absolute_url(),
        kpi.get_absolute_url() + "?tab=worth",
        "/kpis/value-models/",
    ]:
        answer = client.get(url)
        assert answer.status_code == 200
        assert ">Net promoter score</a>" not in answer.content.decode()
    assert "2.0\xa0%" in client.get("/kpis/").content.decode()


def test_finance_signs_on_screen_and_money_stays_hidden_from_others(cast):
    row_ = make_value_model(make_kpi("trust"), cast.cx_manager)
    url = row_.get_absolute_url()
    sign = reverse("kpis:value_model_sign", args=[row_.uid])
    assert "12.50" in cast.client("finance").get(sign).content.decode()
    assert cast.client("finance").post(sign, {"version": "1"}).status_code == 303
    assert ValueModel.objects.get().signed_by == cast.finance
    assert "Signed by finance" in shown(cast, "executive", url).content.decode()
    page = shown(cast, "team_lead", row_.kpi.get_absolute_url() + "?tab=history").content.decode()
    assert "12.5" not in page
    assert "What it is worth" not in page
    assert cast.client("team_lead").get(url).status_code == 403


def test_a_new_version_is_made_on_screen(cast):
    row_ = make_value_model(make_kpi("trust"), cast.cx_manager)
    form = {
        "name": row_.name, "amount": "14", "amount_sd": "1", "currency": "eur", "side": "make", "basis": "margin",
        "exposure": "none", "stream": "loyalty", "is_cash": "on", "version": "1",
    }  # fmt: skip
    url = reverse("kpis:value_model_edit", args=[row_.uid])
    assert cast.client("finance").post(url, form).status_code == 303
    new = ValueModel.objects.get(supersedes=row_)
    assert (new.amount, new.currency, new.author) == (14, "EUR", cast.finance)
    again = cast.client("cx_manager").post(url, form)
    assert again.status_code == 409


def test_the_three_kinds_stand_under_each_other_on_one_time_axis(cast):
    """R 4.10: perceptive, operational and outcome, whatever their own periods."""
    felt = make_kpi("trust")
    happened = make_kpi("late", kind="operational", statistic="share", grain="month")
    earned = make_kpi("spend", kind="outcome", statistic="sum", grain="day")
    for day in (dt.date(2026, 1, 5), dt.date(2026, 1, 12), dt.date(2026, 2, 2)):
        make_observation(felt, cast.store, day, n=10, total=70.0, total_sq=500.0)
        make_observation(earned, cast.store, day, value=100.0)
    make_observation(happened, cast.store, dt.date(2026, 2, 1), n=50, hits=5)
    answer = shown(cast, "cx_manager", reverse("kpis:compare"))
    charts = {chart.id: chart for chart in answer.context["charts"]}
    assert list(charts) == ["kpi-trust", "kpi-late", "kpi-spend"]
    assert {tuple(chart.x) for chart in charts.values()} == {("2026-01", "2026-02")}
    assert charts["kpi-spend"].lines[0].values == [200.0, 100.0]
    assert charts["kpi-late"].lines[0].values == [None, 0.1]
    assert shown(cast, "other_unit", reverse("kpis:compare")).context["charts"] == []
    only = shown(cast, "cx_manager", reverse("kpis:compare") + "?outcome=spend&unit=store-01")
    assert [chart.id for chart in only.context["charts"]] == ["kpi-spend"]
