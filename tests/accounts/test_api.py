"""The accounts API: keys act with their owner's rights narrowed by scopes; edits carry versions."""

import datetime as dt

from django.utils import timezone

from apps.accounts.models import ApiKey, Unit, User


def test_a_key_signs_in_and_its_use_is_remembered(cast):
    client = cast.api("analyst")
    answer = client.get("/api/v1/me/")
    assert answer.status_code == 200
    assert answer.json()["email"] == "analyst@example.org"
    assert ApiKey.objects.get().last_used_at is not None


def test_without_a_key_the_answer_is_401_with_problem_details(cast):
    answer = cast.client(None).get("/api/v1/units/")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_revoked_or_expired_key_no_longer_signs_in(cast):
    client = cast.api("analyst")
    ApiKey.objects.update(revoked_at=timezone.now())
    assert client.get("/api/v1/me/").status_code == 401
    ApiKey.objects.update(revoked_at=None, expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert client.get("/api/v1/me/").status_code == 401


def test_the_secret_is_shown_once_and_never_stored(cast):
    answer = cast.api("analyst").post("/api/v1/api-keys/", {"name": "survey tool", "scopes": ["intake"]})
    assert answer.status_code == 201
    secret = answer.json()["secret"]
    key = ApiKey.objects.get(name="survey tool")
    assert secret.startswith(f"cx_{key.prefix}_")
    assert secret not in {str(value) for value in ApiKey.objects.values().get(pk=key.pk).values()}
    assert "secret" not in cast.api("analyst").get("/api/v1/api-keys/").json()["results"][0]


def test_only_administrators_see_and_invite_people(cast):
    body = {"email": "new@example.org", "name": "New", "role": "frontline", "unit": str(cast.store.uid)}
    assert cast.api("cx_manager").get("/api/v1/people/").status_code == 403
    assert cast.api("cx_manager").post("/api/v1/people/", body).status_code == 403
    answer = cast.api("administrator").post("/api/v1/people/", body)
    assert answer.status_code == 201
    assert User.objects.get(email="new@example.org").memberships.get().unit == cast.store


def test_a_repeated_invitation_with_the_same_idempotency_key_gets_the_first_answer(cast):
    client = cast.api("administrator")
    body = {"email": "new@example.org", "name": "New", "role": "frontline", "unit": str(cast.store.uid)}
    first = client.post("/api/v1/people/", body, headers={"Idempotency-Key": "one"})
    again = client.post("/api/v1/people/", body, headers={"Idempotency-Key": "one"})
    other = client.post("/api/v1/people/", {**body, "name": "Other"}, headers={"Idempotency-Key": "one"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert first.json() == again.json()
    assert User.objects.filter(email="new@example.org").count() == 1


def test_an_unknown_field_and_a_unit_out_of_sight_are_named(cast):
    client = cast.api("administrator")
    answer = client.post(
        "/api/v1/units/", {"key": "x", "name": "X", "parent": str(cast.north.uid), "color": "red"}
    )
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["color"])
    answer = cast.api("team_lead").get(f"/api/v1/units/{cast.other_store.uid}/")
    assert answer.status_code == 404


def test_a_stale_edit_of_the_organisation_changes_nothing(cast):
    client = cast.api("administrator")
    tag = client.get("/api/v1/organisation/")["ETag"]
    assert client.patch("/api/v1/organisation/", {"name": "A"}, headers={"If-Match": tag}).status_code == 200
    answer = client.patch("/api/v1/organisation/", {"name": "B"}, headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["code"]) == (409, "stale")
    assert client.get("/api/v1/organisation/").json()["name"] == "A"


def test_a_unit_is_added_below_another(cast):
    client = cast.api("administrator")
    answer = client.post(
        "/api/v1/units/", {"key": "store-02", "name": "Store 2", "parent": str(cast.north.uid)}
    )
    assert answer.status_code == 201
    assert Unit.objects.get(key="store-02").is_descendant_of(Unit.objects.get(pk=cast.north.pk))


def test_the_audit_log_shows_names_of_fields_but_no_values(cast):
    client = cast.api("administrator")
    client.patch("/api/v1/organisation/", {"minute_rate": "0.99"})
    event = client.get("/api/v1/audit-events/").json()["results"][0]
    assert event["action"] == "accounts.organisation.edited"
    assert event["changed"] == ["minute_rate"]
    assert cast.api("cx_manager").get("/api/v1/audit-events/").status_code == 403
