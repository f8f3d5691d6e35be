"""KPIs, observations and value models over the API."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from apps.kpis.models import Kpi, Observation, ValueModel
from tests.kpis.factories import make_kpi, make_observation, make_value_model

pytestmark = pytest.mark.django_db
KPIS, WORTH = "/api/v1/kpis/", "/api/v1/value-models/"
BODY = {"key": "trust", "name": "Trust", "kind": "perceptive", "statistic": "mean"}


def test_a_kpi_is_added_read_and_changed_with_its_etag(cast):
    api = cast.api("analyst")
    made = api.post(KPIS, {**BODY, "derived": {"from": "feedback", "measure": "score"}}, format="json")
    assert (made.status_code, made["ETag"]) == (201, '"1"')
    url = reverse("api-kpis-detail", args=[made.json()["uid"]])
    changed = api.patch(
        url, {"target": 8.5, "owner": str(cast.cx_manager.uid)}, format="json", headers={"If-Match": '"1"'}
    )
    assert (changed.json()["target"], changed.json()["owner"]) == (8.5, str(cast.cx_manager.uid))
    stale = api.patch(url, {"target": 9}, format="json", headers={"If-Match": '"1"'})
    assert stale.status_code == 409
    assert [
        item["key"] for item in cast.api("executive").get(KPIS, {"fed": "derived"}).json()["results"]
    ] == ["trust"]
    assert cast.api("executive").get(KPIS, {"fed": "fed"}).json()["results"] == []


def test_a_faulty_rule_is_told_by_path(cast):
    answer = cast.api("analyst").post(
        KPIS, {**BODY, "derived": {"from": "feedback", "measure": "x"}}, format="json"
    )
    assert answer.status_code == 422
    assert answer.json()["fields"]["derived"][0].startswith("measure:")
    assert cast.api("executive").post(KPIS, BODY, format="json").status_code == 403


def test_values_are_sent_in_bulk_and_sending_again_changes_nothing(cast):
    kpi = make_kpi()
    url = reverse("api-kpi-observations", args=[kpi.uid])
    rows = [
        {"unit": "store-01", "period": f"2026-01-{day:02}", "n": 10, "total": 75.0, "total_sq": 580.0}
        for day in (5, 12, 19)
    ]
    api = cast.api("cx_manager", scopes=["intake", "read"])
    made = api.post(url, {"source": "survey", "rows": rows}, format="json")
    assert made.json() == {"added": 3, "changed": 0, "unchanged": 0, "repeated": 0}
    again = api.post(url, {"source": "survey", "rows": rows}, format="json")
    assert again.json() == {"added": 0, "changed": 0, "unchanged": 3, "repeated": 0}
    assert Kpi.objects.get().data_version == 1
    found = api.get(url, {"unit": "north", "period_after": "2026-01-12"}).json()["results"]
    assert {(item["period"], item["value"]) for item in found} == {("2026-01-12", 7.5), ("2026-01-19", 7.5)}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"unit": "store-51"}, "rows.0.unit"),
        ({"unit": "nowhere"}, "rows.0.unit"),
        ({"period": "soon"}, "rows.0.period"),
        ({"value": None}, "rows.0.value"),
    ],
)
def test_a_row_that_cannot_be_meant_stops_the_batch(cast, change, field):
    kpi = make_kpi()
    body = {"rows": [{"unit": "store-01", "period": "2026-01-05", "value": 5, **change}]}
    answer = cast.api("cx_manager").post(reverse("api-kpi-observations", args=[kpi.uid]), body, format="json")
    assert answer.status_code == 422
    assert field in answer.json()["fields"]
    assert not Observation.objects.exists()


def test_nan_and_infinity_are_refused(cast):
    kpi = make_kpi()
    url = reverse("api-kpi-observations", args=[kpi.uid])
    for number in ("NaN", "Infinity", "1e400"):
        body = f'{{"rows": [{{"unit": "store-01", "period": "2026-01-05", "value": {number}}}]}}'
        answer = cast.api("cx_manager").post(url, body, content_type="application/json")
        assert answer.status_code in {400, 422}
    assert not Observation.objects.exists()


def test_values_of_other_units_stay_unseen(cast):
    kpi = make_kpi()
    make_observation(kpi, cast.store, dt.date(2026, 1, 5), value=5.0)
    url = reverse("api-kpi-observations", args=[kpi.uid])
    assert len(cast.api("cx_manager").get(url).json()["results"]) == 1
    assert cast.api("other_unit").get(url).json()["results"] == []


def test_value_models_are_money(cast):
    make_kpi()
    body = {
        "kpi": "trust",
        "name": "Loyalty",
        "stream": "loyalty",
        "amount": "12.5000",
        "currency": "EUR",
        "side": "make",
    }
    made = cast.api("cx_manager").post(WORTH, body, format="json")
    assert (made.status_code, made.json()["amount"]) == (201, "12.5000")
    url = reverse("api-value-models-detail", args=[made.json()["uid"]])
    for who in ("team_lead", "frontline", "administrator"):
        assert cast.api(who).get(url).status_code == 403
        assert cast.api(who).get(WORTH).status_code == 403
    assert cast.api("executive").get(url).json()["currency"] == "EUR"


def test_a_new_version_and_a_signature_over_the_api(cast):
    row = make_value_model(make_kpi(), cast.cx_manager)
    url = reverse("api-value-models-detail", args=[row.uid])
    new = cast.api("finance").patch(url, {"amount": "20"}, format="json", headers={"If-Match": '"1"'})
    assert (new.status_code, new.json()["supersedes"]) == (200, str(row.uid))
    own = cast.api("finance").post(reverse("api-value-models-sign", args=[new.json()["uid"]]))
    assert own.status_code == 403
    assert "Four eyes" in own.json()["detail"]
    old = cast.api("finance").post(reverse("api-value-models-sign", args=[row.uid]))
    assert old.status_code == 409
    assert not ValueModel.objects.filter(signed_at__isnull=False).exists()
