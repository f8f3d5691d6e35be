"""The API: same verbs, same rights, decimal strings, ETags."""

from __future__ import annotations

from typing import Any

from apps.initiatives.models import CostLine, Initiative

URL = "/api/v1/initiatives/"


def body(cast: Any, **more: Any) -> dict[str, Any]:
    return {
        "key": "bills", "name": "Bills", "unit": "north", "owner": str(cast.cx_manager.uid), "investment_class": "analysis",
        "budget": "1000.10", **more,
    }  # fmt: skip


def test_an_initiative_is_created_once_read_and_edited_under_its_etag(cast: Any) -> None:
    api = cast.api("cx_manager")
    made = api.post(URL, body(cast), headers={"Idempotency-Key": "k1"})
    again = api.post(URL, body(cast), headers={"Idempotency-Key": "k1"})
    assert (made.status_code, again.status_code) == (201, 201), made.content
    assert Initiative.objects.count() == 1
    one = f"{URL}{made.json()['uid']}/"
    shown = api.get(one)
    assert (shown.json()["budget"], shown["ETag"]) == ("1000.10", '"1"')
    assert api.patch(one, {"name": "Bills 2"}, headers={"If-Match": '"1"'})["ETag"] == '"2"'
    stale = api.patch(one, {"name": "Bills 3"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")


def test_unknown_fields_foreign_units_and_bad_money_are_refused_by_field(cast: Any) -> None:
    api = cast.api("cx_manager")
    for change, field in [
        ({"stage": "done"}, "stage"), ({"unit": "south"}, "unit"), ({"budget": "1.001"}, "budget"), ({"budget": "NaN"}, "budget"),
        ({"owner": "x"}, "owner"), ({"key": "a b"}, "key"), ({"name": "x" * 161}, "name"), ({"name": "a\x00b"}, "name"),
    ]:  # fmt: skip
        answer = api.post(URL, body(cast, **change))
        assert answer.status_code == 422, (change, answer.content)
        assert field in answer.json()["fields"]


def test_parts_by_api(cast: Any, callbacks: Initiative, kpi: Any) -> None:
    api, base = cast.api("cx_manager"), f"{URL}{callbacks.uid}/"
    line = {"label": "Agency", "amount": "10.00", "starts_on": "2026-01-01", "external_id": "I-1"}
    assert [api.post(f"{base}costs/", line).status_code for _ in range(2)] == [201, 200]
    uid = api.get(f"{base}costs/").json()["results"][0]["uid"]
    assert api.patch(f"{base}costs/{uid}/", {"amount": "11.50"}).json()["amount"] == "11.50"
    assert api.patch(f"{base}costs/{uid}/", {"amount": "12"}, headers={"If-Match": '"1"'}).status_code == 409
    assert api.delete(f"{base}costs/{uid}/").status_code == 204
    assert not CostLine.objects.exists()
    for noun, data, change in [
        ("treatments", {"unit": "store-01", "starts_on": "2026-01-01"}, {"ends_on": "2026-02-01"}),
        ("links", {"kpi": "repurchase"}, {"lag_periods": 2}),
    ]:
        made = api.post(f"{base}{noun}/", data)
        assert made.status_code == 201, made.content
        assert api.patch(f"{base}{noun}/{made.json()['uid']}/", change).status_code == 200
        assert (
            api.get(f"{base}{noun}/").json()["results"][0] | change
            == api.get(f"{base}{noun}/").json()["results"][0]
        )
        assert api.delete(f"{base}{noun}/{made.json()['uid']}/").status_code == 204
    assert api.post(f"{base}journal/", {"text": "Begun"}).status_code == 201
    assert api.post(f"{base}decisions/", {"to_stage": "case", "reason": "Worth it"}).status_code == 201
    refused = api.post(f"{base}decisions/", {"to_stage": "stopped", "reason": " "})
    assert refused.status_code == 422


def test_rights_are_those_of_the_pages(cast: Any, callbacks: Initiative) -> None:
    one = f"{URL}{callbacks.uid}/"
    for who, read, write in [
        ("cx_manager", 200, 200), ("analyst", 200, 403), ("finance", 200, 403), ("executive", 200, 403), ("team_lead", 403, 403),
        ("frontline", 403, 403), ("administrator", 403, 403), ("other_unit", 404, 404),
    ]:  # fmt: skip
        api = cast.api(who)
        assert api.get(one).status_code == read, who
        assert api.patch(one, {"name": "Mine"}).status_code == write, who
        assert api.get(f"{one}costs/").status_code == read, who
    reader = cast.api("cx_manager", scopes=["read"])
    assert reader.patch(one, {"name": "Mine"}).status_code == 403


def test_filters_are_those_of_the_page(cast: Any, callbacks: Initiative) -> None:
    api = cast.api("cx_manager")
    assert len(api.get(URL, {"stage": "idea", "unit": "north"}).json()["results"]) == 1
    assert api.get(URL, {"stage": "live"}).json()["results"] == []
