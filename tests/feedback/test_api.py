"""Feedback over the API: reads by role, the screens' filters, sources with ETag."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.customers.models import Customer
from apps.feedback.models import Source
from tests.feedback.factories import make_response, make_source

pytestmark = pytest.mark.django_db
RESPONSES, SOURCES = "/api/v1/responses/", "/api/v1/sources/"


def test_responses_are_read_in_ones_own_units_with_the_screens_filters(cast):
    north, south = make_source(cast.store, "north"), make_source(cast.other_store, "south")
    make_response(north, "a", verbatim="Late delivery", score=1)
    make_response(north, "b", verbatim="", score=5)
    make_response(south, "c")
    api = cast.api("frontline", scopes=["read"])

    def ids(**query):
        return {item["external_id"] for item in api.get(RESPONSES, query).json()["results"]}

    assert ids() == {"a", "b"}
    assert ids(q="deliv") == {"a"}
    assert ids(score_min=4) == {"b"}
    assert ids(external_id="a") == {"a"}
    assert ids(with_words="false") == {"b"}
    assert {item["external_id"] for item in cast.api("analyst").get(RESPONSES).json()["results"]} == {
        "a",
        "b",
        "c",
    }


def test_an_unknown_filter_value_is_refused(cast):
    assert cast.api("analyst").get(RESPONSES, {"source": "nonsense"}).status_code == 422


def test_one_response_is_shown_whole_but_not_across_units(cast):
    person = Customer.objects.create(unit=cast.store, name="Ada")
    response = make_response(make_source(cast.store), customer=person, attributes={"order": "o-1"})
    url = reverse("api-responses-detail", args=[response.uid])
    shown = cast.api("frontline").get(url).json()
    assert (shown["score"], shown["score_norm"], shown["attributes"]) == ("4.00", 0.75, {"order": "o-1"})
    assert shown["customer"] == str(person.uid)
    assert "customer" not in cast.api("executive").get(url).json()
    assert cast.api("other_unit").get(url).status_code == 404


def test_a_source_is_added_once_and_changed_with_its_etag(cast):
    api = cast.api("analyst")
    body = {
        "key": "shop",
        "name": "Shop",
        "kind": "survey",
        "score_kind": "stars",
        "scale_min": "1",
        "scale_max": "5",
        "unit": "store-01",
    }
    made = api.post(SOURCES, body, format="json", headers={"Idempotency-Key": "k-1"})
    again = api.post(SOURCES, body, format="json", headers={"Idempotency-Key": "k-1"})
    assert (made.status_code, again.status_code, Source.objects.count()) == (201, 201, 1)
    url = reverse("api-sources-detail", args=[made.json()["uid"]])
    assert made["ETag"] == '"1"'
    changed = api.patch(url, {"name": "Shop floor"}, format="json", headers={"If-Match": '"1"'})
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')
    stale = api.patch(url, {"name": "Third"}, format="json", headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert Source.objects.get().name == "Shop floor"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"unit": "south"}, "unit"),
        ({"scale_max": "NaN"}, "scale_max"),
        ({"colour": "red"}, "colour"),
        ({"key": "a b"}, "key"),
    ],
)
def test_a_source_that_cannot_be_meant_is_refused(cast, change, field):
    body = {"key": "shop", "name": "Shop", "kind": "survey", "unit": "store-01", **change}
    answer = cast.api("cx_manager").post(SOURCES, body, format="json")
    assert answer.status_code == 422
    assert field in answer.json()["fields"]
    assert not Source.objects.exists()


def test_a_key_without_the_scope_changes_nothing(cast):
    body = {"key": "shop", "name": "Shop", "kind": "survey", "unit": "store-01"}
    answer = cast.api("cx_manager", scopes=["read"]).post(SOURCES, body, format="json")
    assert (answer.status_code, Source.objects.exists()) == (403, False)
