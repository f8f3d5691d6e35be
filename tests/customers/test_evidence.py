"""Interactions and purchases: recorded once per (system, external id), changed by a repeat, undone as a batch."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.core import topics
from apps.core.errors import Denied, Invalid
from apps.customers import services
from apps.customers.models import Interaction, Purchase
from apps.notifications.models import Outbox
from tests.customers.rows import customer, interaction, purchase


@pytest.fixture
def manager(cast):
    return cast.actor("cx_manager")


@pytest.fixture
def rollups(monkeypatch):
    """As if the room of the KPIs had registered its topic."""
    registered = {**topics._topics, services.TOUCHED: topics.Topic(services.TOUCHED, lambda **_: None)}
    monkeypatch.setattr(topics, "_topics", registered)


def test_a_repeat_is_harmless_and_a_change_is_told(cast, manager, now):
    rows = [interaction(cast.store.pk, n) for n in range(1, 4)]
    first = services.interactions_bulk_record(actor=manager, now=now, rows=rows)
    assert (len(first.added), first.changed, first.unchanged) == (3, {}, 0)
    again = services.interactions_bulk_record(actor=manager, now=now, rows=rows)
    assert (again.added, again.changed, again.unchanged, again.ids) == ([], {}, 3, first.ids)
    assert again.touched == frozenset()
    changed = [interaction(cast.store.pk, 1, summary="Called back"), interaction(cast.store.pk, 2)]
    third = services.interactions_bulk_record(actor=manager, now=now, rows=changed)
    assert third.changed == {first.ids[0]: {"summary": ["", "Called back"]}}
    assert third.unchanged == 1
    assert Interaction.objects.get(pk=first.ids[0]).version == 2
    assert AuditEvent.objects.filter(action="customers.interactions.recorded").count() == 2


def test_the_later_of_two_equal_keys_counts(cast, manager, now):
    rows = [interaction(cast.store.pk, 1, summary="first"), interaction(cast.store.pk, 1, summary="second")]
    outcome = services.interactions_bulk_record(actor=manager, now=now, rows=rows)
    assert len(outcome.added) == 1
    assert outcome.ids == outcome.added * 2
    assert Interaction.objects.get().summary == "second"


def test_what_is_not_told_stays(cast, manager, now):
    ada = customer(cast)
    services.interactions_bulk_record(
        actor=manager, now=now,
        rows=[interaction(cast.store.pk, customer_id=ada.pk, summary="Late", minutes=Decimal("3.5"), attributes={"a": 1})],
    )  # fmt: skip
    outcome = services.interactions_bulk_record(actor=manager, now=now, rows=[interaction(cast.store.pk)])
    assert outcome.unchanged == 1
    assert Interaction.objects.get().customer == ada


def test_rows_that_cannot_be_taken_do_not_stop_the_others(cast, manager, now):
    rows = [
        interaction(cast.other_store.pk, 1),
        interaction(cast.store.pk, 2, kind=" "),
        interaction(cast.store.pk, 3, summary="x" * 501),
        interaction(cast.store.pk, 4, happened_at=dt.datetime(2026, 1, 1)),
        interaction(cast.store.pk, 5, minutes=Decimal("NaN")),
        interaction(cast.store.pk, 6),
    ]
    outcome = services.interactions_bulk_record(actor=manager, now=now, rows=rows)
    assert sorted(outcome.refused) == [0, 1, 2, 3, 4]
    assert outcome.ids[:5] == [None] * 5
    assert Interaction.objects.get().external_id == "i-6"


def test_a_row_of_another_unit_is_not_overwritten(cast, manager, now, system):
    services.interactions_bulk_record(actor=system, now=now, rows=[interaction(cast.other_store.pk, 1)])
    outcome = services.interactions_bulk_record(
        actor=manager, now=now, rows=[interaction(cast.store.pk, 1, summary="mine")]
    )
    assert (outcome.ids, list(outcome.refused), outcome.unchanged) == ([None], [0], 0)
    assert Interaction.objects.get().summary == ""


def test_the_day_is_the_organisations(cast, manager, now):
    late = dt.datetime(2026, 3, 1, 23, 30, tzinfo=dt.UTC)  # half past midnight in Berlin
    outcome = services.interactions_bulk_record(
        actor=manager, now=now, rows=[interaction(cast.store.pk, happened_at=late)]
    )
    assert Interaction.objects.get().local_date == dt.date(2026, 3, 2)
    assert outcome.touched == {(cast.store.pk, dt.date(2026, 3, 2))}


def test_moving_a_row_to_another_day_touches_both(cast, manager, now, rollups):
    services.purchases_bulk_record(actor=manager, now=now, rows=[purchase(cast.store.pk, 1)])
    Outbox.objects.all().delete()
    outcome = services.purchases_bulk_record(
        actor=manager, now=now, rows=[purchase(cast.store.pk, 1, happened_at=now - dt.timedelta(days=3))]
    )
    assert {day for _unit, day in outcome.touched} == {dt.date(2026, 3, 1), dt.date(2026, 2, 27)}
    told = Outbox.objects.get(topic=services.TOUCHED)
    assert told.payload == {
        "origin": "purchases", "keys": [[cast.store.pk, "2026-02-27"], [cast.store.pk, "2026-03-01"]],
    }  # fmt: skip
    services.purchases_bulk_record(
        actor=manager, now=now, rows=[purchase(cast.store.pk, 1, happened_at=now - dt.timedelta(days=3))]
    )
    assert Outbox.objects.filter(topic=services.TOUCHED).count() == 1


def test_single_verbs_say_what_they_did_and_leave_a_trace(cast, manager, now):
    ada = customer(cast)
    given = {
        "system": "pbx",
        "external_id": "1",
        "unit": cast.store,
        "kind": "call",
        "happened_at": now,
        "customer": ada,
    }
    row, outcome = services.interaction_record(actor=manager, now=now, **given)
    assert (outcome, row.customer) == ("added", ada)
    row, outcome = services.interaction_record(
        actor=manager, now=now, **given, summary="Asked for a technician"
    )
    assert (outcome, row.summary) == ("changed", "Asked for a technician")
    assert services.interaction_record(actor=manager, now=now, **given)[1] == "unchanged"
    assert list(AuditEvent.objects.of_object(row).values_list("action", flat=True)) == [
        "customers.interaction.changed", "customers.interaction.added",
    ]  # fmt: skip


def test_amounts_keep_cents_and_their_own_currency(cast, manager, now):
    given = {"system": "shop", "external_id": "1", "unit": cast.store, "happened_at": now}
    row, _ = services.purchase_record(
        actor=manager, now=now, amount=Decimal("-12.005"), currency="BRL", **given
    )
    assert (row.amount, row.currency) == (Decimal("-12.01"), "BRL")
    for currency in ("brl", "EURO", "", "€€€"):
        with pytest.raises(Invalid):
            services.purchase_record(actor=manager, now=now, amount=Decimal(1), currency=currency, **given)
    with pytest.raises(Invalid):
        services.purchase_record(actor=manager, now=now, amount=Decimal("1e15"), currency="EUR", **given)


@pytest.mark.parametrize("who", ["frontline", "team_lead", "finance", "executive", "administrator"])
def test_who_may_not_record(cast, now, who):
    with pytest.raises(Denied):
        services.interactions_bulk_record(actor=cast.actor(who), now=now, rows=[interaction(cast.store.pk)])
    with pytest.raises(Denied):
        services.purchases_bulk_record(actor=cast.actor(who), now=now, rows=[purchase(cast.store.pk)])


def test_undo_forgets_and_restores(cast, manager, now):
    services.purchases_bulk_record(
        actor=manager, now=now, rows=[purchase(cast.store.pk, 1, product_line="fibre")]
    )
    rows = [
        purchase(cast.store.pk, 1, amount=Decimal("12.50"), happened_at=now, product_line="mobile"),
        purchase(cast.store.pk, 2),
    ]
    outcome = services.purchases_bulk_record(actor=manager, now=now, rows=rows)
    Purchase.objects.filter(external_id="p-1").update(product_line="corrected since")
    assert services.purchases_forget(actor=manager, now=now, ids=outcome.added) == []
    assert services.purchases_restore(actor=manager, now=now, changes=outcome.changed) == 1
    row = Purchase.objects.get()
    assert (row.amount, row.happened_at, row.product_line) == (
        Decimal("10.00"),
        now - dt.timedelta(days=1),
        "corrected since",
    )
    assert row.local_date == dt.date(2026, 3, 1)


def test_the_number_of_statements_does_not_grow_with_the_batch(cast, manager, now):
    def statements(rows):
        with CaptureQueriesContext(connection) as captured:
            services.purchases_bulk_record(actor=manager, now=now, rows=rows)
        return len(captured)

    few, many = (
        [purchase(cast.store.pk, n) for n in range(start, end)] for start, end in ((1, 4), (100, 180))
    )
    assert statements(few) == statements(many) <= 8
    few, many = (
        [purchase(cast.store.pk, n, amount=Decimal(7)) for n in range(start, end)]
        for start, end in ((1, 4), (100, 180))
    )
    assert statements(few) == statements(many) <= 7


def test_values_are_sums_of_twelve_months_and_bands_are_thirds(cast, manager, now):
    people = [customer(cast, f"C{n}") for n in range(1, 7)]
    rows = [
        purchase(cast.store.pk, n, customer_id=person.pk, amount=Decimal(n * 10))
        for n, person in enumerate(people[:5], 1)
    ]
    rows += [
        purchase(cast.store.pk, 50, customer_id=people[5].pk, happened_at=now - dt.timedelta(days=366)),
        purchase(cast.store.pk, 51, customer_id=people[4].pk, amount=Decimal(900), currency="BRL"),
        purchase(cast.store.pk, 52, customer_id=people[0].pk, happened_at=now + dt.timedelta(days=1)),
    ]
    services.purchases_bulk_record(actor=manager, now=now, rows=rows)
    services.customer_values_refresh(actor=manager, now=now)
    for person in people:
        person.refresh_from_db()
    assert [person.value_12m for person in people] == [10, 20, 30, 40, 50, 0]
    assert [person.value_currency for person in people] == ["EUR"] * 5 + [""]
    # Limits of 10, 20, 30, 40, 50: 23.33 and 36.67.
    assert [person.value_band for person in people] == ["low", "low", "medium", "high", "high", "low"]
    assert services.customer_values_refresh(actor=manager, now=now) == 0
    services.purchases_bulk_record(
        actor=manager,
        now=now,
        rows=[purchase(cast.store.pk, 60, customer_id=people[0].pk, amount=Decimal(500))],
    )
    assert services.customer_values_refresh(actor=manager, now=now, customer_ids=[people[0].pk]) == 1
    people[0].refresh_from_db()
    assert (people[0].value_12m, people[0].value_band) == (Decimal("510.00"), "high")


def test_key_dates_and_consents(cast, now):
    ada, frontline = customer(cast), cast.actor("frontline")
    on = dt.date(2026, 6, 30)
    first = services.key_date_add(actor=frontline, now=now, customer=ada, kind="renewal", on=on)
    assert (
        services.key_date_add(
            actor=frontline, now=now, customer=ada, kind="renewal", on=on, note="Call first"
        )
        == first
    )
    with pytest.raises(Invalid):
        services.key_date_add(actor=frontline, now=now, customer=ada, kind="birthday", on=on)
    services.key_date_remove(actor=frontline, now=now, key_date=first)
    assert not ada.key_dates.exists()
    for is_given in (True, True, False):
        services.consent_record(
            actor=frontline, now=now, customer=ada, purpose="survey", is_given=is_given, source="phone"
        )
    assert list(ada.consents.values_list("is_given", flat=True)) == [False, True]
