"""Programs: one response, batches, files; each once however often it is sent."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.cases.models import Case, CaseRule
from apps.customers.models import Customer, Purchase
from apps.feedback.models import Response, Source
from apps.intake.models import ImportJob, State
from tests.intake.support import worked

pytestmark = pytest.mark.django_db

BODY = {
    "source": "survey",
    "external_id": "r1",
    "responded_at": "2026-03-01T10:00:00Z",
    "score": "2",
    "verbatim": " Bad\nservice ",
    "customer": {"system": "crm", "id": "C1", "email": "ana@example.org", "name": "Ana"},
    "attributes": {"product": "fibre"},
}


@pytest.fixture
def source(cast):
    CaseRule.objects.create(name="Low", unit=cast.company, score_at_most=Decimal(6))
    return Source.objects.create(
        key="survey", name="Survey", kind="survey", score_kind="nps", unit=cast.store
    )


@pytest.fixture
def api(cast):
    return cast.api("analyst")


def test_one_response_becomes_customer_response_and_case(api, source, cast):
    answer = api.post("/api/v1/feedback/", BODY)
    assert answer.status_code == 201, answer.content
    row = Response.objects.get()
    assert (row.verbatim, row.customer.name, row.unit, row.attributes) == (
        " Bad\nservice ",
        "Ana",
        cast.store,
        {"product": "fibre"},
    )
    case = Case.objects.get()
    assert answer.json() == {
        "uid": str(row.uid), "source": "survey", "external_id": "r1", "is_new": True, "case": str(case),
        "customer": str(row.customer.uid),
    }  # fmt: skip
    assert not case.is_historical


def test_the_second_delivery_gets_the_first_answer(api, source):
    first = api.post("/api/v1/feedback/", BODY).json()
    again = api.post("/api/v1/feedback/", BODY | {"score": "9", "verbatim": "other"})
    assert again.status_code == 200
    assert again.json() == first | {"is_new": False}
    assert (Response.objects.count(), Case.objects.count(), Customer.objects.count()) == (1, 1, 1)


def test_the_idempotency_key_answers_with_the_stored_answer(api, source):
    first = api.post("/api/v1/feedback/", BODY, headers={"Idempotency-Key": "k1"})
    again = api.post("/api/v1/feedback/", BODY, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (
        api.post("/api/v1/feedback/", BODY | {"score": "3"}, headers={"Idempotency-Key": "k1"}).status_code
        == 409
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": "nope"}, "source"),
        ({"score": "11"}, "score"),
        ({"score": "NaN"}, "score"),
        ({"unit": "store-99"}, "unit"),
        ({"touchpoint": "nope"}, "touchpoint"),
        ({"responded_at": "yesterday"}, "responded_at"),
        ({"verbatim": "x\x00y"}, "verbatim"),
        ({"verbatim": "x" * 100_001}, "verbatim"),
        ({"surprise": 1}, "surprise"),
        ({"customer": {"email": "not an address"}}, "customer.email"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_field(api, source, change, field):
    answer = api.post("/api/v1/feedback/", BODY | change)
    assert answer.status_code == 422, answer.content
    assert field in answer.json()["fields"]
    assert not (Response.objects.exists())
    assert not (Customer.objects.exists())


def test_a_key_without_the_scope_is_denied(cast, source):
    assert cast.api("analyst", scopes=["read"]).post("/api/v1/feedback/", BODY).status_code == 403


ROWS = [
    {
        "external_id": "a",
        "answered_at": "2026-03-01T10:00:00Z",
        "score": 2,
        "source": "survey",
        "customer_key": "C1",
        "revenue": 10.5,
    },
    {
        "external_id": "b",
        "answered_at": "2026-03-01T10:00:00Z",
        "score": 9,
        "source": "survey",
        "attributes": {"x": 1},
    },
    {"external_id": "c", "answered_at": "03/04/2026", "score": 12, "source": "survey"},
    {"external_id": "a", "answered_at": "2026-03-01T10:00:00Z", "score": 2, "source": "survey"},
    {"external_id": "d", "answered_at": "2026-03-01T10:00:00Z", "score": 2, "source": "unknown"},
    {"external_id": "e", "answered_at": "2026-03-01T10:00:00Z", "score": 2, "source": "survey", "nope": 1},
    {"external_id": "f", "answered_at": "2026-03-01T10:00:00Z", "verbatim": "no score", "source": "survey"},
]


def test_a_batch_answers_for_each_row(api, source):
    answer = api.post("/api/v1/feedback/batch/", {"rows": ROWS})
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert [row["outcome"] for row in body["rows"]] == [
        "added",
        "added",
        "rejected",
        "skipped",
        "rejected",
        "rejected",
        "added",
    ]
    assert {fault["field"] for fault in body["rows"][2]["faults"]} >= {"answered_at"}
    assert (body["added"], body["changed"], body["skipped"], body["rejected"]) == (3, 0, 1, 3)
    assert Purchase.objects.get().amount == Decimal("10.5")
    assert Response.objects.get(external_id="b").attributes == {"x": 1}
    assert Case.objects.count() == 1
    again = api.post("/api/v1/feedback/batch/", {"rows": ROWS}).json()
    assert (again["added"], again["changed"], again["skipped"]) == (0, 0, 4)


@pytest.mark.parametrize("rows", [[], [{}] * 1_001, "x", [1]])
def test_a_batch_has_one_to_a_thousand_rows(api, rows):
    assert api.post("/api/v1/customers/batch/", {"rows": rows}).status_code == 422


def test_customers_by_batch(api):
    rows = [
        {"customer_key": "C1", "name": "Ana", "unit": "store-01"},
        {"customer_key": "C2", "name": {"a": 1}},
    ]
    body = api.post("/api/v1/customers/batch/", {"rows": rows}).json()
    assert (body["added"], body["rejected"]) == (1, 1)


def test_only_a_manager_sends_costs(cast):
    rows = {"rows": [{"initiative": "x", "label": "y", "amount": "1", "starts_on": "2026-01-01"}]}
    assert cast.api("analyst").post("/api/v1/cost-lines/batch/", rows).status_code == 403
    assert cast.api("cx_manager").post("/api/v1/cost-lines/batch/", rows).json()["rejected"] == 1


def upload(api, text="source_id,responded_at,score\nr1,2026-03-01,3\nr2,never,3\n", name="f.csv", **more):
    data = {"file": SimpleUploadedFile(name, text.encode()), "kind": "feedback", **more}
    return api.post("/api/v1/imports/upload/", data, format="multipart")


def test_a_file_by_api_from_upload_to_undo(api, cast):
    analyst = cast.actor("analyst")
    answer = upload(api, mapping=json.dumps({"constants": {"source": "web"}}))
    assert answer.status_code == 201, answer.content
    uid = answer.json()["uid"]
    assert (answer.json()["state"], answer.json()["layout"]["delimiter"]) == ("uploaded", ",")
    assert api.post(f"/api/v1/imports/{uid}/confirm/").status_code == 409  # not checked yet
    assert api.post(f"/api/v1/imports/{uid}/preview/").status_code == 202
    job = worked(ImportJob.objects.get(uid=uid), analyst)
    assert job.state == State.PREVIEWED
    assert api.post(f"/api/v1/imports/{uid}/confirm/", {"notify": False}).status_code == 202
    worked(job, analyst)
    shown = api.get(f"/api/v1/imports/{uid}/").json()
    assert (shown["state"], shown["rows"], shown["added"], shown["rejected"]) == ("done", 2, 1, 1)
    rejects = api.get(f"/api/v1/imports/{uid}/rejects/").json()["results"]
    assert (rejects[0]["line"], rejects[0]["column"]) == (3, "responded_at")
    assert api.post(f"/api/v1/imports/{uid}/undo/").status_code == 202
    worked(job, analyst)
    assert not Response.objects.exists()
    assert [row["uid"] for row in api.get("/api/v1/imports/?state=undone").json()["results"]] == [uid]


def test_another_mapping_may_be_sent(api):
    uid = upload(
        api, "a,b,c\n1,2026-03-01,3\n", mapping='{"columns": {"a": "external_id", "b": "answered_at"}}'
    ).json()["uid"]
    wrong = api.post(f"/api/v1/imports/{uid}/map/", {"mapping": {"columns": {"a": "nope"}}})
    assert wrong.status_code == 422
    assert "no field nope" in wrong.json()["detail"]
    columns = {"a": "external_id", "b": "answered_at", "c": "score"}
    assert (
        api.post(f"/api/v1/imports/{uid}/map/", {"mapping": {"columns": columns}}).json()["mapping"][
            "columns"
        ]
        == columns
    )


@pytest.mark.parametrize(
    ("text", "words"), [("", "empty"), ("<html>", "web page"), ("a,a\n1,2\n", "named twice")]
)
def test_a_refused_upload_says_why(api, text, words):
    answer = upload(api, text)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert not ImportJob.objects.exists()


def test_mappings_are_saved_listed_and_deleted(api):
    body = {"name": "Stars", "kind": "feedback", "document": {"columns": {"a": "score"}}}
    uid = api.post("/api/v1/import-mappings/", body).json()["uid"]
    assert api.post("/api/v1/import-mappings/", body | {"name": "stars"}).json()["uid"] == uid
    assert api.get("/api/v1/import-mappings/").json()["results"][0]["name"] == "Stars"
    assert api.delete(f"/api/v1/import-mappings/{uid}/").status_code == 422
    assert api.delete(f"/api/v1/import-mappings/{uid}/", headers={"If-Match": '"1"'}).status_code == 409
    assert api.delete(f"/api/v1/import-mappings/{uid}/", headers={"If-Match": '"2"'}).status_code == 204
    assert api.get(f"/api/v1/import-mappings/{uid}/").status_code == 404


def test_imports_of_other_units_are_not_there(cast):
    uid = upload(cast.api("cx_manager")).json()["uid"]
    stranger = cast.api("other_unit")
    assert stranger.get(f"/api/v1/imports/{uid}/").status_code == 404
    assert stranger.post(f"/api/v1/imports/{uid}/preview/").status_code == 404
    assert cast.api("frontline").get("/api/v1/imports/").status_code == 403
