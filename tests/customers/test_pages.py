"""The pages of customers: who sees what, what the filters keep, what the sums say."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core.components import TimelineEntry
from apps.customers import panels, services
from apps.customers.models import Customer
from apps.customers.views import PER_PAGE
from tests.cast import NOW
from tests.customers.rows import customer, interaction, purchase

SEERS = ["frontline", "team_lead", "cx_manager", "analyst"]
MONEY = ["cx_manager", "analyst"]
BLIND = ["finance", "executive", "administrator"]
LISTS = ["customers:list", "customers:interactions", "customers:purchases"]


@pytest.fixture
def ada(cast, system):
    """A customer with a bit of everything."""
    row = customer(
        cast, "Ada Lovelace", email="ada@x.org", segment="family", identities=[("crm", "17"), ("web", "a-1")]
    )
    services.interactions_bulk_record(
        actor=system, now=NOW,
        rows=[interaction(cast.store.pk, 1, customer_id=row.pk, summary="Router never arrived", is_failure=True)],
    )  # fmt: skip
    services.purchases_bulk_record(
        actor=system, now=NOW,
        rows=[purchase(cast.store.pk, 2, customer_id=row.pk, amount=Decimal("1234.56"), product_line="fibre")],
    )  # fmt: skip
    services.key_date_add(
        actor=system, now=NOW, customer=row, kind="renewal", on=dt.date(2026, 6, 30), note="Ring Ada"
    )
    for n in (1, 2):  # a third needs three buyers
        other = customer(cast, f"Buyer {n}", unit=cast.other_store)
        paid = purchase(cast.other_store.pk, 70 + n, customer_id=other.pk, amount=Decimal(5000 * n))
        services.purchases_bulk_record(actor=system, now=NOW, rows=[paid])
    services.customer_values_refresh(actor=system, now=NOW)
    row.refresh_from_db()
    return row


@pytest.mark.parametrize("page", LISTS)
def test_who_may_open_the_lists(cast, ada, page):
    for who in SEERS:
        assert cast.client(who).get(reverse(page)).status_code == 200, who
    for who in BLIND:
        assert cast.client(who).get(reverse(page)).status_code == 403, who
    assert cast.client(None).get(reverse(page)).status_code == 302


def test_who_may_open_a_customer(cast, ada):
    for who in SEERS:
        assert cast.client(who).get(ada.get_absolute_url()).status_code == 200, who
    for who in [*BLIND, "other_unit", "nobody"]:
        assert cast.client(who).get(ada.get_absolute_url()).status_code == 404, who


@pytest.mark.parametrize("who", SEERS)
@pytest.mark.parametrize("tab", ["timeline", "value", "history"])
def test_amounts_are_for_those_who_answer_for_money_and_bands_for_all(cast, ada, who, tab):
    page = cast.client(who).get(ada.get_absolute_url(), {"tab": tab}).content.decode()
    assert ("1,234.56" in page or "1.23" in page) == (who in MONEY)
    assert "Low" in page or "low" in page


@pytest.mark.parametrize("who", SEERS)
@pytest.mark.parametrize("export", ["", "csv"])
def test_lists_and_their_files_hide_amounts_alike(cast, ada, who, export):
    for page in ("customers:list", "customers:purchases"):
        answer = cast.client(who).get(reverse(page), {"export": export})
        text = (b"".join(answer.streaming_content) if export else answer.content).decode()
        assert ("1,234.56" in text or "1234.56" in text) == (who in MONEY), page
        assert "Ada Lovelace" in text


def test_a_person_of_two_roles_sees_amounts_only_where_they_manage(cast, ada, system):
    services.purchases_bulk_record(
        actor=system, now=NOW, rows=[purchase(cast.other_store.pk, 9, amount=Decimal("777.77"))]
    )
    from apps.core.actor import Role

    person = cast.person("both", (Role.FRONTLINE, cast.north), (Role.CX_MANAGER, cast.south))
    page = cast.client(person).get(reverse("customers:purchases")).content.decode()
    assert "Ada Lovelace" in page
    assert "777.77" in page
    assert "1,234.56" not in page


def test_the_timeline_holds_everything_newest_first(cast, ada):
    page = cast.client("cx_manager").get(ada.get_absolute_url()).content.decode()
    places = [page.index(word) for word in ("Ring Ada", "Router never arrived", "1,234.56")]
    assert places == sorted(places)
    only = cast.client("cx_manager").get(ada.get_absolute_url(), {"kind": "interactions"}).content.decode()
    assert "Router never arrived" in only
    assert "1,234.56" not in only.split('id="timeline"')[1].split("</ol>")[0]


def test_paging_the_timeline_shows_each_entry_once_even_at_one_instant(cast, ada, system):
    from apps.customers.selectors import timeline

    many = [
        interaction(cast.store.pk, n, customer_id=ada.pk, happened_at=NOW, summary=f"s{n}")
        for n in range(10, 21)
    ]
    many += [interaction(cast.store.pk, n, customer_id=ada.pk, summary=f"s{n}") for n in range(30, 37)]
    services.interactions_bulk_record(actor=system, now=NOW, rows=many)
    seen, cursor = [], ""
    for _page in range(20):
        page = timeline(cast.actor("cx_manager"), ada, 4, cursor=cursor)
        seen += [(entry.at, entry.title, entry.text) for entry in page.entries]
        cursor = page.next_cursor
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 18 + 3
    assert seen == sorted(seen, key=lambda entry: entry[0], reverse=True)


@pytest.mark.parametrize(
    "cursor", ["nonsense", "2026-01-01~1", "2026-01-01T00:00:00+00:00~-1", "~", "9999-99-99~0"]
)
def test_a_nonsense_cursor_starts_anew(cast, ada, cursor):
    page = cast.client("frontline").get(ada.get_absolute_url(), {"until": cursor})
    assert "Router never arrived" in page.content.decode()


def test_rooms_above_add_to_the_timeline_for_those_who_may(cast, ada, monkeypatch):
    asked = []

    def provide(actor, customer_ids, until, limit):
        asked.append((customer_ids, until, limit))
        return [TimelineEntry(at=NOW, title="A case was opened")]

    monkeypatch.setattr(panels, "_sources", dict(panels._sources))
    panels.timeline_register(key="cases-test", label="Cases", action="cases.cost.see", provide=provide)
    assert "A case was opened" in cast.client("cx_manager").get(ada.get_absolute_url()).content.decode()
    assert asked == [([ada.pk], None, PER_PAGE + 1)]
    assert "A case was opened" not in cast.client("frontline").get(ada.get_absolute_url()).content.decode()


def test_a_merged_customers_address_leads_to_the_one_they_became(cast, ada):
    old = customer(cast, "Old Ada")
    Customer.objects.filter(pk=old.pk).update(merged_into=ada)
    answer = cast.client("frontline").get(old.get_absolute_url())
    assert (answer.status_code, answer["Location"]) == (303, ada.get_absolute_url())


@pytest.mark.parametrize("text", ["Ada", "love ada", "ADA@x", "17", "a-1"])
def test_search_takes_names_addresses_and_exact_identities(cast, ada, text):
    customer(cast, "Ben", identities=[("crm", "170")])
    page = cast.client("frontline").get(reverse("customers:list"), {"q": text}).content.decode()
    assert "Ada Lovelace" in page
    assert "1 result" in page


def test_filters_keep_what_they_say(cast, ada, system):
    customer(cast, "Ben", segment="business", identities=[("olist", "b")], unit=cast.north)
    customer(cast, "Hidden", unit=cast.other_store, identities=[("olist", "h")])
    client = cast.client("cx_manager")

    def found(**query):
        page = client.get(reverse("customers:list"), query).content.decode()
        return {name for name in ("Ada Lovelace", "Ben", "Hidden") if f">{name}<" in page}

    assert found() == {"Ada Lovelace", "Ben"}
    assert found(segment="business") == {"Ben"}
    assert found(system="olist") == {"Ben"}
    assert found(system="crm") == {"Ada Lovelace"}
    assert found(unit="store-01") == {"Ada Lovelace"}
    assert found(unit="north") == {"Ada Lovelace", "Ben"}
    assert found(value_band="low") == {"Ada Lovelace"}
    assert "Hidden" in cast.client("analyst").get(reverse("customers:list")).content.decode()


def test_the_sum_is_that_of_the_filtered_payments_per_currency(cast, ada, system):
    rows = [
        purchase(cast.store.pk, 10 + n, system="olist", currency="BRL", amount=Decimal("0.10"))
        for n in range(3)
    ]
    services.purchases_bulk_record(actor=system, now=NOW, rows=rows)
    client = cast.client("analyst")
    page = client.get(reverse("customers:purchases")).content.decode()
    assert "1,234.56\xa0EUR" in page
    assert "0.30\xa0BRL" in page
    only = client.get(reverse("customers:purchases"), {"system": "olist"}).content.decode()
    assert "0.30\xa0BRL" in only
    assert "3 payments" in only
    assert "1,234.56" not in only
    fragment = client.get(
        reverse("customers:purchases"),
        {"system": "olist"},
        headers={"HX-Request": "true", "HX-Target": "list"},
    ).content.decode()
    assert "0.30\xa0BRL" in fragment
    assert "hx-swap-oob" in fragment
    assert "<html" not in fragment


@pytest.mark.parametrize("page", LISTS)
def test_queries_do_not_grow_with_rows(cast, page, system):
    def fill(start, end):
        for n in range(start, end):
            row = customer(cast, f"C{n}", segment=f"s{n % 2}")
            services.interactions_bulk_record(
                actor=system, now=NOW, rows=[interaction(cast.store.pk, n, customer_id=row.pk)]
            )
            services.purchases_bulk_record(
                actor=system, now=NOW, rows=[purchase(cast.store.pk, n, customer_id=row.pk)]
            )

    client = cast.client("cx_manager")

    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(page)).status_code == 200
        return len(captured)

    fill(1, 3)
    cost()  # what is remembered between requests is remembered now
    few = cost()
    fill(3, 21)
    assert cost() == few


def test_queries_of_a_customer_do_not_grow_with_their_life(cast, ada, system):
    client = cast.client("cx_manager")

    def cost(tab):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(ada.get_absolute_url(), {"tab": tab}).status_code == 200
        return len(captured)

    cost("timeline")  # what is remembered between requests is remembered now
    few = [cost(tab) for tab in ("timeline", "value", "history")]
    services.interactions_bulk_record(
        actor=system, now=NOW, rows=[interaction(cast.store.pk, n, customer_id=ada.pk) for n in range(2, 60)]
    )
    services.purchases_bulk_record(
        actor=system, now=NOW, rows=[purchase(cast.store.pk, n, customer_id=ada.pk) for n in range(3, 60)]
    )
    for n in range(20):
        services.identity_add(actor=system, now=NOW, customer=ada, system="s", external_id=str(n))
        services.key_date_add(actor=system, now=NOW, customer=ada, kind="review", on=dt.date(2026, 1, n + 1))
        services.consent_record(
            actor=system, now=NOW, customer=ada, purpose="survey", is_given=bool(n % 2), source="web"
        )
    assert [cost(tab) for tab in ("timeline", "value", "history")] == few


def test_editing_by_hand(cast, ada):
    client, address = cast.client("cx_manager"), reverse("customers:edit", args=[ada.uid])
    form = {
        "name": "Ada King",
        "email": "ada@x.org",
        "unit": "store-01",
        "version": ada.version,
        "segment": "family",
    }
    assert client.get(address).status_code == 200
    assert client.post(address, form).status_code == 303
    ada.refresh_from_db()
    assert (ada.name, ada.version) == ("Ada King", 2)
    stale = client.post(address, {**form, "name": "Typed text stays"})
    assert stale.status_code == 409
    assert "Typed text stays" in stale.content.decode()
    wrong = client.post(address, {**form, "email": "no address", "unit": "store-51"})
    assert wrong.status_code == 422
    for who, status in [
        ("frontline", 403),
        ("team_lead", 403),
        ("executive", 404),
        ("other_unit", 404),
        (None, 302),
    ]:
        assert cast.client(who).post(address, form).status_code == status, who


def test_key_dates_identities_and_consents_by_hand(cast, ada):
    client = cast.client("frontline")
    added = client.post(
        reverse("customers:key_date_add", args=[ada.uid]), {"kind": "review", "on": "2026-09-01", "note": ""}
    )
    assert added.status_code == 303
    row = ada.key_dates.get(kind="review")
    edit = reverse("customers:key_date_edit", args=[row.uid])
    assert client.get(edit).status_code == 200
    changed = {"kind": "review", "on": "2026-09-02", "note": "x", "version": 1}
    assert client.post(edit, changed).status_code == 303
    assert client.post(edit, {**changed, "on": "2026-09-03"}).status_code == 409
    assert client.post(edit, {"kind": "renewal", "on": "2026-06-30", "version": 2}).status_code == 409
    assert (
        cast.client("other_unit").post(reverse("customers:key_date_remove", args=[row.uid])).status_code
        == 404
    )
    assert client.post(reverse("customers:key_date_remove", args=[row.uid])).status_code == 303
    assert not ada.key_dates.filter(kind="review").exists()
    consent = {"purpose": "survey", "is_given": "no", "source": "phone"}
    assert client.post(reverse("customers:consent", args=[ada.uid]), consent).status_code == 303
    assert ada.consents.get().is_given is False
    assert "may not be contacted" in client.get(ada.get_absolute_url()).content.decode()
    identity = {"system": "erp", "external_id": "9"}
    assert client.post(reverse("customers:identity_add", args=[ada.uid]), identity).status_code == 403
    manager = cast.client("cx_manager")
    assert manager.post(reverse("customers:identity_add", args=[ada.uid]), identity).status_code == 303
    customer(cast, "Ben", identities=[("erp", "10")])
    taken = manager.post(reverse("customers:identity_add", args=[ada.uid]), {**identity, "external_id": "10"})
    assert taken.status_code == 409
    remove = reverse("customers:identity_remove", args=[ada.identities.get(system="erp").uid])
    assert client.post(remove).status_code == 403
    assert manager.get(remove).status_code == 405
    assert manager.post(remove).status_code == 303
    assert not ada.identities.filter(system="erp").exists()


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "'\"><img src=x onerror=alert(1)>", "{{ 7*7 }}"]
)
def test_what_customers_are_called_is_only_text(cast, system, text):
    row = customer(cast, text, identities=[("crm", text)], attributes={text: text})
    services.interactions_bulk_record(
        actor=system,
        now=NOW,
        rows=[interaction(cast.store.pk, customer_id=row.pk, summary=text, kind=text[:40])],
    )
    for address in (row.get_absolute_url(), *map(reverse, LISTS)):
        page = cast.client("cx_manager").get(address).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert ">49<" not in page
