"""Cases over the API: the same verbs, filters and refusals as on the pages."""

import uuid

import pytest
from django.urls import reverse

from apps.cases.models import Case
from tests.cases.conftest import World

pytestmark = pytest.mark.django_db
LIST = "/api/v1/cases/"


def one(case: Case, verb: str = "") -> str:
    return f"{LIST}{case.uid}/" + (f"{verb}/" if verb else "")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("frontline", 200), ("team_lead", 200), ("cx_manager", 200), ("analyst", 200), ("executive", 200),
        ("finance", 403), ("administrator", 403), ("other_unit", 200),
    ],
)  # fmt: skip
def test_list_and_detail_agree_by_role(world: World, cast, who: str, status: int):
    case = world.case()
    api = cast.api(who)
    answer = api.get(LIST)
    assert answer.status_code == status
    if status == 200:
        listed = {row["uid"] for row in answer.json()["results"]}
        assert (str(case.uid) in listed) is (who != "other_unit")
    assert api.get(one(case)).status_code == {200: 404 if who == "other_unit" else 200, 403: 403}[status]


def test_the_whole_way_with_etags(world: World, cast):
    case = world.case()
    api = cast.api("frontline")
    etag = api.get(one(case))["ETag"]

    def move(verb: str, body: dict, expect: int = 200):
        nonlocal etag
        answer = api.post(one(case, verb), body, headers={"If-Match": etag})
        assert answer.status_code == expect, answer.json()
        etag = answer.headers.get("ETag", etag)
        return answer.json()

    assert move("take", {})["state"] == "assigned"
    assert (
        move("contact", {"channel": "phone", "is_reached": True, "minutes": "7.5", "goodwill": "3"})[
            "minutes"
        ]
        == "7.50"
    )
    assert move("note", {"text": "hello"})["state"] == "contacted"
    assert move("resolve", {"cause": "x", "resolution": "y"})["state"] == "resolved"
    assert move("close", {"outcome": "confirmed", "score_after": "5"})["outcome"] == "confirmed"
    problem = move("resolve", {"cause": "x", "resolution": "y"}, expect=409)
    assert (problem["code"], problem["allowed"]) == ("illegal_transition", ["reopen", "note"])
    assert move("reopen", {"reason": "again"})["reopened_count"] == 1
    assert move("hand-over", {"to": str(cast.team_lead.uid)})["owner"] == str(cast.team_lead.uid)
    kinds = [event["kind"] for event in api.get(one(case, "events")).json()["results"]]
    assert kinds[-1] == "opened"
    assert set(kinds) >= {"contact", "note", "resolved", "closed", "reopened"}


def test_a_stale_etag_is_409_and_writes_nothing(world: World, cast):
    case = world.case()
    answer = cast.api("frontline").post(one(case, "take"), {}, headers={"If-Match": '"9"'})
    assert (answer.status_code, answer.json()["code"]) == (409, "stale")
    assert Case.objects.get().owner is None


def test_the_same_request_again_is_answered_from_memory(world: World, cast):
    case = world.worked(world.case(), "assigned")
    api = cast.api("frontline")
    body = {"channel": "phone", "is_reached": True, "minutes": 4}
    answers = [api.post(one(case, "contact"), body, headers={"Idempotency-Key": "k1"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    case.refresh_from_db()
    assert case.minutes == 4


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("contact", {"channel": "pigeon", "is_reached": True}, "channel"),
        ("contact", {"channel": "phone", "is_reached": True, "minutes": "-1"}, "minutes"),
        ("contact", {"channel": "phone", "is_reached": True, "text": "x" * 10_001}, "text"),
        ("resolve", {"cause": "x"}, "resolution"),
        ("assign", {"to": str(uuid.uuid4())}, "to"),
        ("assign", {"to": 7}, "to"),
        ("note", {"text": "x", "owner": "me"}, "owner"),
        ("close", {"outcome": "saved"}, "outcome"),
    ],
)
def test_bad_bodies_name_the_field(world: World, cast, verb: str, body: dict, field: str):
    case = world.worked(world.case(), "contacted", by="team_lead")
    answer = cast.api("team_lead").post(one(case, verb), body)
    assert answer.status_code == 422
    assert field in answer.json()["fields"]


def test_roles_and_scopes_are_asked(world: World, cast):
    case = world.case()
    assert cast.api("analyst").post(one(case, "take"), {}).status_code == 403
    assert cast.api("frontline", scopes=["read"]).post(one(case, "take"), {}).status_code == 403
    assert cast.api("other_unit").post(one(case, "take"), {}).status_code == 404
    assert cast.api("frontline").post(one(case, "assign"), {"to": str(cast.frontline.uid)}).status_code == 403


def test_money_is_left_out_for_who_may_not_see_it(world: World, cast):
    case = world.worked(world.case(), "contacted", by="team_lead")
    assert cast.api("team_lead").get(one(case)).json()["goodwill"] == "5.00"
    assert "goodwill" not in cast.api("frontline").get(one(case)).json()
    events = cast.api("frontline").get(one(case, "events")).json()["results"]
    assert all("goodwill" not in event for event in events if event["kind"] == "contact")


def test_filters_are_those_of_the_screen(world: World, cast):
    mine = world.worked(world.case(title="Blue cable"), "assigned")
    world.case(title="Red cable")
    api = cast.api("frontline")

    def numbers(**query) -> list[int]:
        answer = api.get(LIST, query)
        assert answer.status_code == 200, answer.json()
        return [row["number"] for row in answer.json()["results"]]

    assert numbers(owner="me") == numbers(state="assigned") == numbers(q="blue") == [mine.number]
    assert len(numbers(q="cable", state="open", unit="store-01", source="survey")) == 2
    assert api.get(LIST, {"state": "nonsense"}).status_code == 422
    assert numbers(q="'; drop table cases_case; --") == []


def test_open_by_hand_and_bulk(world: World, cast):
    api = cast.api("team_lead")
    made = api.post(LIST, {"unit": "store-01", "subject": "By phone"})
    assert made.status_code == 201
    foreign = api.post(LIST, {"unit": "store-51", "subject": "x"})
    assert (foreign.status_code, "unit" in foreign.json()["fields"]) == (422, True)
    other = world.case()
    body = {"ids": [made.json()["uid"], str(other.uid)], "to": str(cast.frontline.uid)}
    assert api.post(f"{LIST}bulk-assign/", body).json() == {"assigned": 2, "refused": {}}
    assert cast.api("frontline").post(f"{LIST}bulk-assign/", body).status_code == 403


def test_rules(world: World, cast):
    api = cast.api("cx_manager")
    made = api.post(
        "/api/v1/case-rules/", {"name": "Late", "unit": "north", "words": ["late"], "sources": ["survey"]}
    )
    assert made.status_code == 201, made.json()
    address = f"/api/v1/case-rules/{made.json()['uid']}/"
    assert made.json()["sources"] == ["survey"]
    assert api.patch(address, {"priority": 1}, headers={"If-Match": '"4"'}).status_code == 409
    assert api.patch(address, {"priority": 1}, headers={"If-Match": '"1"'}).json()["priority"] == 1
    assert cast.api("team_lead").patch(address, {"priority": 2}).status_code == 403
    assert cast.api("frontline").get("/api/v1/case-rules/").status_code == 403
    assert api.patch(address, {"resolution_hours": "0.1"}).status_code == 422
    assert api.delete(address).status_code == 204


def test_the_names_of_the_addresses():
    uid = uuid.uuid4()
    for verb in ("take", "assign", "hand-over", "contact", "note", "resolve", "close", "reopen", "events"):
        assert reverse(f"api-cases-{verb}", args=[uid]) == f"{LIST}{uid}/{verb}/"
    assert reverse("api-cases-bulk-assign") == f"{LIST}bulk-assign/"
