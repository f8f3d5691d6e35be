"""Journeys over the API: the pages' verbs, versions, remembered answers."""

import pytest

from apps.journeys import services
from apps.journeys.models import Journey, Step
from tests.cast import NOW

URL = "/api/v1/"


@pytest.fixture
def journey(cast, system):
    row = services.journey_create(actor=system, now=NOW, name="Purchase")
    pay = services.step_add(actor=system, now=NOW, journey=row, name="Pay")
    services.step_add(actor=system, now=NOW, journey=row, name="Receive", is_moment_of_truth=True)
    services.touchpoint_add(actor=system, now=NOW, step=pay, channel="web", owner_unit=cast.store)
    return row


def test_building_a_journey(cast):
    api = cast.api("cx_manager")
    made = api.post(f"{URL}journeys/", {"name": "Moving house", "owner": str(cast.team_lead.uid)})
    assert made.status_code == 201
    assert made["ETag"] == '"1"'
    body = made.json()
    assert (body["key"], body["owner"], body["is_active"]) == ("moving-house", str(cast.team_lead.uid), True)
    steps = [
        api.post(f"{URL}steps/", {"journey": body["uid"], "name": name}).json()
        for name in ("Call", "Confirm")
    ]
    assert [step["position"] for step in steps] == [1, 2]
    moved = api.post(f"{URL}steps/{steps[1]['uid']}/move/", {"by": -1})
    assert (moved.status_code, moved.json()["position"]) == (200, 1)
    place = {"step": steps[0]["uid"], "channel": "phone", "owner_unit": str(cast.store.uid)}
    assert api.post(f"{URL}touchpoints/", place).json()["key"] == "moving-house-call-phone"
    assert api.post(f"{URL}touchpoints/", place).status_code == 409
    assert api.post(f"{URL}touchpoints/", {**place, "channel": "smoke"}).status_code == 422
    foreign = api.post(
        f"{URL}touchpoints/", {**place, "channel": "web", "owner_unit": str(cast.other_store.uid)}
    )
    assert foreign.json()["fields"].keys() == {"owner_unit"}


def test_edits_carry_versions(cast, journey):
    api = cast.api("cx_manager")
    step, place = journey.steps.first(), journey.steps.first().touchpoints.first()
    for address, body in [
        (f"{URL}journeys/{journey.uid}/", {"summary": "Why"}),
        (f"{URL}steps/{step.uid}/", {"expected": "Fast"}),
        (f"{URL}touchpoints/{place.uid}/", {"is_active": False}),
    ]:
        seen = api.get(address)["ETag"]
        changed = api.patch(address, body, headers={"If-Match": seen})
        assert (changed.status_code, changed["ETag"]) == (200, '"2"'), address
        assert changed.json().items() >= body.items()
        stale = api.patch(address, body, headers={"If-Match": seen})
        assert (stale.status_code, stale.json()["code"]) == (409, "stale"), address
        assert api.patch(address, {"unknown": 1}).status_code == 422
        assert api.patch(address, {}).status_code == 200


def test_a_repeated_post_with_the_same_key_adds_once(cast):
    api = cast.api("cx_manager")
    answers = [
        api.post(f"{URL}journeys/", {"name": "Once"}, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Journey.objects.count() == 1


def test_lists_page_and_filter(cast, journey, system):
    api = cast.api("frontline")
    second = services.journey_create(actor=system, now=NOW, name="Other", is_active=False)
    assert [row["name"] for row in api.get(f"{URL}journeys/", {"is_active": "false"}).json()["results"]] == [
        "Other"
    ]
    assert [row["name"] for row in api.get(f"{URL}journeys/", {"channel": "web"}).json()["results"]] == [
        "Purchase"
    ]
    assert [row["name"] for row in api.get(f"{URL}journeys/", {"q": "other"}).json()["results"]] == ["Other"]
    assert len(api.get(f"{URL}steps/", {"journey": str(journey.uid)}).json()["results"]) == 2
    assert api.get(f"{URL}steps/", {"journey": str(second.uid)}).json()["results"] == []
    truths = api.get(f"{URL}steps/", {"is_moment_of_truth": "true"}).json()["results"]
    assert [row["key"] for row in truths] == ["receive"]
    assert (
        len(api.get(f"{URL}touchpoints/", {"journey": str(journey.uid), "channel": "web"}).json()["results"])
        == 1
    )
    page = api.get(f"{URL}journeys/", {"page_size": 1}).json()
    rest = api.get(page["next"]).json()
    assert [row["name"] for row in page["results"] + rest["results"]] == ["Other", "Purchase"]


def test_deleting(cast, journey):
    api, step = cast.api("cx_manager"), journey.steps.first()
    assert api.delete(f"{URL}touchpoints/{step.touchpoints.get().uid}/").status_code == 204
    assert api.delete(f"{URL}steps/{step.uid}/").status_code == 204
    assert Step.objects.count() == 1


@pytest.mark.parametrize(
    "who", ["frontline", "team_lead", "analyst", "finance", "executive", "administrator"]
)
def test_only_cx_managers_build(cast, journey, who):
    api, step, place = cast.api(who), journey.steps.first(), journey.steps.first().touchpoints.first()
    seen = 403 if who == "administrator" else 200
    for address in (f"journeys/{journey.uid}/", f"steps/{step.uid}/", f"touchpoints/{place.uid}/"):
        assert api.get(URL + address).status_code == seen
        assert api.patch(URL + address, {}).status_code == 403
    for name in ("journeys", "steps", "touchpoints"):
        assert api.get(f"{URL}{name}/").status_code == seen
    assert api.post(f"{URL}journeys/", {"name": "X"}).status_code == 403
    assert api.post(f"{URL}steps/", {"name": "X", "journey": str(journey.uid)}).status_code == 403
    assert api.post(f"{URL}touchpoints/", {"step": str(step.uid), "channel": "app"}).status_code == 403
    assert api.post(f"{URL}steps/{step.uid}/move/", {"by": 1}).status_code == 403
    assert api.delete(f"{URL}steps/{step.uid}/").status_code == 403
    assert api.delete(f"{URL}touchpoints/{place.uid}/").status_code == 403


def test_a_key_without_the_scope_may_only_read(cast, journey):
    reading = cast.api("cx_manager", scopes=["read"])
    assert reading.get(f"{URL}journeys/{journey.uid}/").status_code == 200
    assert reading.patch(f"{URL}journeys/{journey.uid}/", {"name": "X"}).status_code == 403
    sending = cast.api("cx_manager", scopes=["intake"])
    assert sending.get(f"{URL}journeys/").status_code == 403
