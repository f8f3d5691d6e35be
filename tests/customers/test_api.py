"""Customers over the API: the pages' verbs, rights, versions, remembered answers, amounts only for some."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.customers import services
from apps.customers.models import Customer, Identity, Interaction, Purchase
from tests.cast import NOW
from tests.customers.rows import customer, interaction, purchase

URL = "/api/v1/"
LISTS = ["customers", "identities", "interactions", "purchases", "key-dates", "consents"]


@pytest.fixture
def ada(cast, system):
    row = customer(cast, "Ada Lovelace", email="ada@x.org", segment="family", identities=[("crm", "17")])
    services.interactions_bulk_record(
        actor=system, now=NOW, rows=[interaction(cast.store.pk, customer_id=row.pk)]
    )
    services.purchases_bulk_record(
        actor=system, now=NOW,
        rows=[purchase(cast.store.pk, customer_id=row.pk, amount=Decimal("1234.56"), margin=Decimal("234.56"))],
    )  # fmt: skip
    services.key_date_add(actor=system, now=NOW, customer=row, kind="renewal", on=dt.date(2026, 6, 30))
    services.consent_record(
        actor=system, now=NOW, customer=row, purpose="survey", is_given=True, source="web"
    )
    services.customer_values_refresh(actor=system, now=NOW)
    row.refresh_from_db()
    return row


def results(api, name, **query):
    answer = api.get(f"{URL}{name}/", query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


@pytest.mark.parametrize("name", LISTS)
def test_who_may_read(cast, ada, name):
    for who in ("frontline", "team_lead", "cx_manager", "analyst"):
        assert len(results(cast.api(who), name)) == 1, who
    assert results(cast.api("other_unit"), name) == []
    for who in ("finance", "executive", "administrator"):
        assert cast.api(who).get(f"{URL}{name}/").status_code == 403, who
    uid = results(cast.api("analyst"), name)[0]["uid"]
    assert cast.api("frontline").get(f"{URL}{name}/{uid}/").status_code == 200
    assert cast.api("other_unit").get(f"{URL}{name}/{uid}/").status_code == 404
    assert cast.client(None).get(f"{URL}{name}/").status_code == 401
    assert cast.api("analyst", scopes=["cases"]).get(f"{URL}{name}/").status_code == 403


@pytest.mark.parametrize("who", ["frontline", "team_lead", "cx_manager", "analyst"])
def test_amounts_are_absent_for_those_who_may_not_see_them(cast, ada, who):
    api, sees = cast.api(who), who in {"cx_manager", "analyst"}
    person, paid = results(api, "customers")[0], results(api, "purchases")[0]
    assert ("value_12m" in person) == ("amount" in paid) == ("margin" in paid) == sees
    assert person["value_band"] == ""  # one buyer alone is in no third
    if sees:
        assert (person["value_12m"], paid["amount"], paid["currency"]) == ("1234.56", "1234.56", "EUR")


def test_recording_a_customer_twice_is_harmless(cast):
    api = cast.api("analyst")
    body = {"unit": str(cast.store.uid), "identities": [{"system": "crm", "external_id": "1"}], "name": "Ada",
            "email": "Ada@x.org", "attributes": {"city": "Bath"}}  # fmt: skip
    first = api.post(f"{URL}customers/", body)
    assert (first.status_code, first["ETag"]) == (201, '"1"')
    assert first.json()["identities"] == [{"system": "crm", "external_id": "1"}]
    again = api.post(f"{URL}customers/", {**body, "name": ""})
    assert (again.status_code, again.json()) == (200, first.json())
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x" * 201}, "name"),
        ({"name": "nul\x00"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"identities": [{"system": "crm"}]}, "identities.0.external_id"),
        ({"attributes": {"a": {"b": 1}}}, "attributes.a"),
        ({"attributes": [1]}, "attributes"),
        ({"value_12m": "5"}, "value_12m"),
        ({"since_on": "30.6.2026"}, "since_on"),
        ({"unit": "company"}, "unit"),
        ({"identities": []}, ""),
    ],
)
def test_what_cannot_be_meant_names_the_field(cast, body, field):
    given = {"unit": str(cast.store.uid), "identities": [{"system": "crm", "external_id": "1"}], **body}
    answer = cast.api("cx_manager").post(f"{URL}customers/", given)
    assert answer.status_code == 422, answer.content
    assert field in answer.json()["fields"]
    assert not Customer.objects.exists()


def test_a_unit_outside_mine_is_unknown(cast):
    body = {"unit": str(cast.other_store.uid), "identities": [{"system": "crm", "external_id": "1"}]}
    answer = cast.api("cx_manager").post(f"{URL}customers/", body)
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["unit"])


def test_edits_carry_versions(cast, ada):
    api = cast.api("cx_manager")
    key_date, paid, contact = ada.key_dates.get(), Purchase.objects.get(), Interaction.objects.get()
    for address, body in [
        (f"{URL}customers/{ada.uid}/", {"segment": "business"}),
        (f"{URL}interactions/{contact.uid}/", {"summary": "Told us more", "minutes": "4.50"}),
        (f"{URL}purchases/{paid.uid}/", {"amount": "99.90", "margin": None}),
        (f"{URL}key-dates/{key_date.uid}/", {"note": "Ring first"}),
    ]:
        seen = api.get(address)["ETag"]
        changed = api.patch(address, body, headers={"If-Match": seen})
        assert (changed.status_code, changed["ETag"]) == (200, '"2"'), changed.content
        assert changed.json().items() >= body.items()
        stale = api.patch(address, body, headers={"If-Match": seen})
        assert (stale.status_code, stale.json()["code"]) == (409, "stale")
        assert stale["Content-Type"] == "application/problem+json"
        assert api.patch(address, {"nothing": 1}).status_code == 422
        assert cast.api("other_unit").patch(address, body).status_code == 404
        assert cast.api("executive").patch(address, body).status_code == 403


def test_moving_an_event_moves_its_day(cast, ada):
    contact = Interaction.objects.get()
    body = {"happened_at": "2026-01-31T23:30:00Z"}
    assert (
        cast.api("cx_manager").patch(f"{URL}interactions/{contact.uid}/", body).json()["local_date"]
        == "2026-02-01"
    )


@pytest.mark.parametrize("who", ["frontline", "team_lead", "executive", "administrator"])
def test_who_may_not_write(cast, ada, who):
    api, paid, contact = cast.api(who), Purchase.objects.get(), Interaction.objects.get()
    unit = str(cast.store.uid)
    key = {"system": "s", "external_id": "1", "unit": unit, "happened_at": "2026-03-01T10:00:00Z"}
    identity = {"customer": str(ada.uid), "system": "erp", "external_id": "1"}
    assert api.post(f"{URL}interactions/", {**key, "kind": "call"}).status_code == 403
    assert api.post(f"{URL}purchases/", {**key, "amount": "1", "currency": "EUR"}).status_code == 403
    assert api.post(f"{URL}customers/", {"unit": unit, "email": "n@x.org"}).status_code == 403
    assert api.post(f"{URL}identities/", identity).status_code == 403
    assert api.patch(f"{URL}interactions/{contact.uid}/", {"summary": "x"}).status_code == 403
    assert api.patch(f"{URL}purchases/{paid.uid}/", {"amount": "0"}).status_code == 403
    assert api.delete(f"{URL}identities/{ada.identities.get().uid}/").status_code == 403
    assert (
        Interaction.objects.count(),
        Purchase.objects.count(),
        Customer.objects.count(),
        Identity.objects.count(),
    ) == (1,) * 4


def test_frontline_notes_key_dates_and_consents(cast, ada):
    api = cast.api("frontline")
    made = api.post(f"{URL}key-dates/", {"customer": str(ada.uid), "kind": "review", "on": "2026-09-01"})
    assert made.status_code == 201
    assert api.delete(f"{URL}key-dates/{made.json()['uid']}/").status_code == 204
    told = {"customer": str(ada.uid), "purpose": "survey", "is_given": False, "source": "phone"}
    assert api.post(f"{URL}consents/", told).status_code == 201
    assert [row["is_given"] for row in results(api, "consents")] == [False, True]


def test_recording_evidence_is_idempotent_by_its_key_and_by_the_header(cast, ada):
    api = cast.api("analyst")
    body = {"system": "shop", "external_id": "o-1", "unit": str(cast.store.uid), "customer": str(ada.uid), "amount": "12.30",
            "currency": "BRL", "happened_at": "2026-03-01T10:00:00Z"}  # fmt: skip
    first = api.post(f"{URL}purchases/", body, headers={"Idempotency-Key": "k"})
    replay = api.post(f"{URL}purchases/", body, headers={"Idempotency-Key": "k"})
    again = api.post(f"{URL}purchases/", body)
    changed = api.post(f"{URL}purchases/", {**body, "amount": "12.40"})
    assert [answer.status_code for answer in (first, replay, again, changed)] == [201, 201, 200, 200]
    assert replay["Idempotent-Replayed"] == "true"
    assert (again.json()["version"], changed.json()["version"]) == (1, 2)
    assert (
        api.post(f"{URL}purchases/", {**body, "amount": "9"}, headers={"Idempotency-Key": "k"}).status_code
        == 409
    )
    for wrong in (
        {"currency": "eur"},
        {"amount": "1e20"},
        {"amount": "NaN"},
        {"happened_at": "yesterday"},
        {"customer": "x"},
    ):
        assert api.post(f"{URL}purchases/", {**body, **wrong}).status_code == 422, wrong


def test_filters_are_those_of_the_screens(cast, ada, system):
    ben = customer(cast, "Ben", unit=cast.north, segment="business", identities=[("olist", "b")])
    rows = [
        purchase(cast.north.pk, 5, system="olist", customer_id=ben.pk, currency="BRL", product_line="toys")
    ]
    services.purchases_bulk_record(actor=system, now=NOW, rows=rows)
    api = cast.api("cx_manager")

    def names(**query):
        return {row["name"] for row in results(api, "customers", **query)}

    assert names(segment="business") == names(system="olist") == names(q="ben") == names(q="b") == {"Ben"}
    assert names(unit="store-01") == {"Ada Lovelace"}
    Customer.objects.filter(pk=ada.pk).update(value_band="high")
    assert names(value_band="high") == {"Ada Lovelace"}
    assert names(unit="north") == {"Ada Lovelace", "Ben"}
    assert (
        len(results(api, "purchases", system="olist")) == len(results(api, "purchases", currency="BRL")) == 1
    )
    assert len(results(api, "purchases", customer=str(ada.uid))) == 1
    assert results(api, "purchases", day_after="2026-03-02") == []
    assert len(results(api, "interactions", kind="call", is_failure="false")) == 1
    assert len(results(api, "key-dates", kind="renewal", on_after="2026-06-30")) == 1
    assert [row["customer"] for row in results(api, "identities", system="crm", external_id="17")] == [
        str(ada.uid)
    ]
    assert api.get(f"{URL}customers/", {"unit": "nowhere"}).status_code in {400, 422}


@pytest.mark.parametrize("name", LISTS)
def test_queries_do_not_grow_with_rows(cast, system, name):
    def fill(start, end):
        for n in range(start, end):
            row = customer(cast, f"C{n}")
            services.interactions_bulk_record(
                actor=system, now=NOW, rows=[interaction(cast.store.pk, n, customer_id=row.pk)]
            )
            services.purchases_bulk_record(
                actor=system, now=NOW, rows=[purchase(cast.store.pk, n, customer_id=row.pk)]
            )
            services.key_date_add(actor=system, now=NOW, customer=row, kind="review", on=dt.date(2026, 5, 1))
            services.consent_record(
                actor=system, now=NOW, customer=row, purpose="offer", is_given=True, source="web"
            )

    client = cast.client("cx_manager")

    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{URL}{name}/").status_code == 200
        return len(captured)

    fill(1, 3)
    few = cost()
    fill(3, 21)
    assert cost() == few


def test_paging_reaches_every_row_once(cast, system):
    rows = [interaction(cast.store.pk, n) for n in range(1, 24)]
    services.interactions_bulk_record(actor=system, now=NOW, rows=rows)
    api, seen = cast.api("frontline"), []
    address = f"{URL}interactions/?page_size=5"
    while address:
        page = api.get(address).json()
        seen += [row["external_id"] for row in page["results"]]
        address = page["next"]
    assert sorted(seen) == sorted(row.external_id for row in rows)
