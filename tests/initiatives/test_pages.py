"""Pages by role, forms that keep what was typed, and lists that cost the same whatever their length."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.initiatives import services
from apps.initiatives.models import CostLine, Initiative, KpiLink, Treatment

DAY = dt.date(2026, 1, 1)
TABS = ("overview", "costs", "treatments", "kpis", "gates", "journal", "history")


@pytest.fixture
def full(cast: Any, now: dt.datetime, callbacks: Initiative, kpi: Any, value_model: Any) -> Initiative:
    """The initiative with a cost in two currencies, a treated unit, a link, a decision and a note."""
    manager = cast.actor("cx_manager")
    by = {"actor": manager, "now": now, "initiative": callbacks}
    services.cost_add(**by, label="Licences", amount=Decimal("1234.56"), rhythm="monthly", starts_on=DAY)
    services.cost_add(**by, label="Trip", amount=Decimal(77), currency="USD", starts_on=DAY)
    services.treatment_add(**by, unit=cast.store, starts_on=DAY)
    services.link_add(**by, kpi=kpi, value_model=value_model, expected_effect=1.5)
    services.gate_decide(**by, to_stage="case", reason="Worth it")
    services.journal_add(**by, text="Began with one store")
    return services.initiative_edit(**by, budget=Decimal(60000), stays_6m=90, stays_12m=60, stays_24m=10)


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_opens_for_those_who_may_see_it(cast: Any, full: Initiative, tab: str) -> None:
    url = f"{full.get_absolute_url()}?tab={tab}"
    for who, status in [
        ("cx_manager", 200), ("analyst", 200), ("finance", 200), ("executive", 200), ("team_lead", 403),
        ("frontline", 403), ("administrator", 403), ("other_unit", 404), ("anonymous", 302),
    ]:  # fmt: skip
        assert cast.client(who).get(url).status_code == status, who


def test_costs_show_each_currency_apart(cast: Any, full: Initiative) -> None:
    page = cast.client("finance").get(f"{full.get_absolute_url()}?tab=costs").content.decode()
    assert "costs-EUR" in page
    assert "costs-USD" in page


def test_what_may_not_be_done_says_why(cast: Any, full: Initiative) -> None:
    page = cast.client("analyst").get(f"{full.get_absolute_url()}?tab=costs").content.decode()
    assert "This takes one of these roles: CX manager, Finance." in page


def test_create_edit_and_a_stale_save_keep_what_was_typed(cast: Any) -> None:
    client = cast.client("cx_manager")
    body = {
        "name": "Shorter bills", "summary": "One page", "unit": "north", "investment_class": "people_process",
        "owner": str(cast.cx_manager.uid), "nature": "fix",
    }  # fmt: skip
    done = client.post(reverse("initiatives:new"), body)
    row = Initiative.objects.get()
    assert (done.status_code, done["Location"], row.key) == (303, row.get_absolute_url(), "shorter-bills")
    url = reverse("initiatives:edit", args=[row.uid])
    assert (
        client.post(url, {**body, "name": "Bills on a page", "version": 1, "currency": "EUR"}).status_code
        == 303
    )
    stale = client.post(url, {**body, "name": "Clearer bills", "version": 1, "currency": "EUR"})
    text = stale.content.decode()
    assert stale.status_code == 409
    assert "Clearer bills" in text
    assert "Stored now: Bills on a page" in text
    assert Initiative.objects.get().name == "Bills on a page"
    again = client.post(url, {**body, "name": "Clearer bills", "version": 2, "currency": "EUR"})
    assert again.status_code == 303
    assert Initiative.objects.get().name == "Clearer bills"


def test_parts_are_added_edited_and_removed_by_form(
    cast: Any, now: dt.datetime, callbacks: Initiative, kpi: Any
) -> None:
    client, uid = cast.client("cx_manager"), callbacks.uid
    cost = {
        "label": "Set-up",
        "amount": "100.50",
        "rhythm": "once",
        "starts_on": "2026-01-05",
        "plan": "actual",
    }
    unit = {"unit": "store-01", "starts_on": "2026-01-05", "assignment": "other"}
    link = {"kpi": "repurchase", "lag_periods": "1", "expected_effect": "2"}
    for number, (noun, model, body, change) in enumerate([
        ("cost", CostLine, cost, {"amount": "101"}),
        ("treatment", Treatment, unit, {"assignment": "random"}),
        ("link", KpiLink, link, {"expected_effect": "3"}),
    ]):  # fmt: skip
        version = 1 + 3 * number
        added = client.post(reverse(f"initiatives:{noun}_add", args=[uid]), {**body, "version": version})
        assert added.status_code == 303, added.content.decode()
        row = model.objects.get()
        args = [uid, row.uid]
        assert client.get(reverse(f"initiatives:{noun}_edit", args=args)).status_code == 200
        edited = client.post(
            reverse(f"initiatives:{noun}_edit", args=args), {**body, **change, "version": version + 1}
        )
        assert edited.status_code == 303, edited.content.decode()
        assert client.get(reverse(f"initiatives:{noun}_remove", args=args)).status_code == 200
        assert client.post(reverse(f"initiatives:{noun}_remove", args=args)).status_code == 303
        assert not model.objects.exists()


def test_a_part_of_another_initiative_is_not_found_here(
    cast: Any, now: dt.datetime, full: Initiative
) -> None:
    other = services.initiative_create(
        actor=cast.actor("cx_manager"), now=now, key="other", name="Other", unit=cast.north, owner=cast.cx_manager,
        investment_class="analysis",
    )  # fmt: skip
    part = CostLine.objects.first()
    assert part is not None
    url = reverse("initiatives:cost_remove", args=[other.uid, part.uid])
    assert cast.client("cx_manager").post(url).status_code == 404


def test_the_gate_form_asks_and_names_what_is_missing(cast: Any, full: Initiative) -> None:
    url = reverse("initiatives:gate", args=[full.uid, "approved"])
    assert cast.client("cx_manager").get(url).status_code == 403
    client = cast.client("executive")
    page = client.get(url).content.decode()
    assert "What this gate asks for" in page
    refused = client.post(url, {"reason": "Go", "version": full.version, "budget": "60000"})
    assert refused.status_code == 422
    assert "Name who runs what changes" in refused.content.decode()
    body = {
        "reason": "Go", "version": full.version, "summary": "x", "budget": "60000", "stays_6m": 90, "stays_12m": 60,
        "stays_24m": 10, "cost_per_1000": "9", "customer_gain": "x", "company_gain": "x", "trust_risk": "low",
        "is_comfortable_public": "yes", "no_advocate_reason": "Too small", "operational_owner": "Head of stores",
    }  # fmt: skip
    assert client.post(url, body).status_code == 303
    full.refresh_from_db()
    assert (full.stage, full.is_comfortable_public) == ("approved", True)


def test_a_gate_that_does_not_exist_is_a_conflict(cast: Any, full: Initiative) -> None:
    assert (
        cast.client("executive").get(reverse("initiatives:gate", args=[full.uid, "done"])).status_code == 409
    )


def test_list_filters_search_and_export(cast: Any, now: dt.datetime, full: Initiative) -> None:
    client, url = cast.client("cx_manager"), reverse("initiatives:list")
    assert (
        b"Faster callbacks" in client.get(url, {"q": "callbacks", "stage": "case", "unit": "company"}).content
    )
    assert b"Faster callbacks" not in client.get(url, {"stage": "live"}).content
    lines = b"".join(client.get(url, {"export": "csv"}).streaming_content).decode().splitlines()
    assert "60000" in lines[1]


def test_the_list_and_the_page_cost_the_same_for_many(
    cast: Any, now: dt.datetime, full: Initiative, system: Any
) -> None:
    client = cast.client("cx_manager")
    urls = [reverse("initiatives:list"), *(f"{full.get_absolute_url()}?tab={tab}" for tab in TABS)]

    def counts() -> list[int]:
        found = []
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            found.append(len(queries))
        return found

    counts()
    few = counts()
    manager = cast.actor("cx_manager")
    for number in range(20):
        services.initiative_create(
            actor=manager, now=now, key=f"more-{number}", name=f"More {number}", unit=cast.north, owner=cast.cx_manager,
            investment_class="analysis",
        )  # fmt: skip
        by = {"actor": manager, "now": now, "initiative": full}
        services.cost_add(**by, label=f"c{number}", amount=Decimal(1), starts_on=DAY)
        store = cast.under(cast.north, f"s-{number}", f"S {number}")
        services.treatment_add(**{**by, "actor": system}, unit=store, starts_on=DAY)
        services.journal_add(**by, text="x")
    assert counts() == few


def test_types_are_listed_added_and_switched_off(cast: Any, now: dt.datetime, system: Any) -> None:
    services.investment_types_ship(actor=system, now=now)
    client = cast.client("cx_manager")
    assert b"Loyalty programs" in client.get(reverse("initiatives:types")).content
    body = {"name": "Ambassadors", "key": "ambassadors", "investment_class": "people_process"}
    assert client.post(reverse("initiatives:type_new"), body).status_code == 303
    assert cast.client("analyst").post(reverse("initiatives:type_new"), body).status_code == 403
