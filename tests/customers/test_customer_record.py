"""Recording customers: who is meant, what is merged, what is refused."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.core.errors import Conflict, Denied, Invalid, NotVisible, Stale
from apps.customers import services
from apps.customers.models import Customer, Identity
from apps.customers.types import CustomerRow
from tests.customers.rows import customer, interaction


@pytest.fixture
def manager(cast):
    return cast.actor("cx_manager")


def record(manager, now, unit, **values):
    return services.customer_record(actor=manager, now=now, unit=unit, **values)


def bulk(manager, now, rows):
    return services.customers_bulk_record(actor=manager, now=now, rows=rows)


def test_an_identity_finds_its_customer_again(cast, manager, now):
    first, outcome = record(manager, now, cast.store, identities=[("crm", "17")], name="Ada")
    assert outcome == "added"
    again, outcome = record(manager, now, cast.store, identities=[("crm", "17")], name="Ada")
    assert (again, outcome) == (first, "unchanged")
    assert again.version == 1


def test_identity_goes_before_email_before_phone(cast, manager, now):
    by_id, _ = record(manager, now, cast.store, identities=[("crm", "1")], name="By id")
    by_mail, _ = record(manager, now, cast.store, email="Ann@Example.org", name="By mail")
    by_phone, _ = record(manager, now, cast.store, phone="+49 170 1234567", name="By phone")
    everything = {"email": "ann@example.ORG ", "phone": "0049 170 1234567"}
    assert record(manager, now, cast.store, identities=[("crm", "1")], **everything)[0] == by_id
    # The address is now on two customers: the one known longest is meant.
    assert record(manager, now, cast.store, email="ann@example.org")[0] == by_id
    assert {by_mail, by_phone} == set(Customer.objects.exclude(pk=by_id.pk))


def test_a_shared_phone_decides_nothing(cast, manager, now):
    for name in ("Ann", "Ben"):
        record(manager, now, cast.store, identities=[("crm", name)], phone="+49 170 1234567")
    # Ben met Ann by the phone only one had; a third customer with that phone of their own:
    Customer.objects.create(unit=cast.store, name="Cid", phone="+491701234567", phone_key="+491701234567")
    _new, outcome = record(manager, now, cast.store, identities=[("web", "9")], phone="+491701234567")
    assert outcome == "added"


def test_empty_values_never_overwrite_and_since_keeps_the_earliest(cast, manager, now):
    record(manager, now, cast.store, identities=[("crm", "1")], name="Ada", segment="gold", since_on=dt.date(2020, 1, 1),
           attributes={"city": "Bath", "zip": "00123"})  # fmt: skip
    row, outcome = record(manager, now, cast.store, identities=[("crm", "1")], name=" ", since_on=dt.date(2021, 1, 1),
                          attributes={"city": "", "state": "SP"})  # fmt: skip
    assert outcome == "changed"
    assert (row.name, row.segment, row.since_on) == ("Ada", "gold", dt.date(2020, 1, 1))
    assert row.attributes == {"city": "Bath", "zip": "00123", "state": "SP"}
    assert row.version == 2


def test_a_merged_customer_is_followed(cast, manager, now):
    old, _ = record(manager, now, cast.store, identities=[("crm", "1")], name="Old")
    middle, _ = record(manager, now, cast.store, identities=[("crm", "2")], name="Middle")
    final, _ = record(manager, now, cast.store, identities=[("crm", "3")], name="Final")
    Customer.objects.filter(pk=old.pk).update(merged_into=middle)
    Customer.objects.filter(pk=middle.pk).update(merged_into=final)
    assert record(manager, now, cast.store, identities=[("crm", "1")])[0] == final


def test_nothing_to_recognise_the_customer_by_is_refused(cast, manager, now):
    with pytest.raises(Invalid):
        record(manager, now, cast.store, name="Somebody", email="n/a")
    assert not Customer.objects.exists()


def test_an_identity_outside_my_units_is_a_conflict_and_changes_nothing(cast, manager, now):
    theirs = customer(cast, "Theirs", unit=cast.other_store, identities=[("crm", "9")])
    with pytest.raises(Conflict):
        record(manager, now, cast.store, identities=[("crm", "9")], name="Mine")
    assert (
        bulk(manager, now, [CustomerRow(cast.store.pk, (("crm", "9"),), name="Mine")])[0].outcome == "refused"
    )
    theirs.refresh_from_db()
    assert theirs.name == "Theirs"


def test_an_address_outside_my_units_does_not_match(cast, manager, now):
    customer(cast, "Theirs", unit=cast.other_store, email="a@b.org")
    assert record(manager, now, cast.store, email="a@b.org")[1] == "added"


@pytest.mark.parametrize("who", ["frontline", "team_lead", "finance", "executive", "administrator"])
def test_who_may_not_record(cast, now, who):
    with pytest.raises(Denied):
        record(cast.actor(who), now, cast.store, identities=[("crm", "1")])
    with pytest.raises(Denied):
        bulk(cast.actor(who), now, [CustomerRow(cast.store.pk, (("crm", "1"),))])


def test_a_batch_meets_itself_and_the_database(cast, manager, now):
    known, _ = record(manager, now, cast.store, identities=[("crm", "1")], name="Ada", email="ada@x.org")
    rows = [
        CustomerRow(cast.store.pk, (("crm", "1"),), name="Ada"),
        CustomerRow(cast.store.pk, (("web", "a"),), name="Ada", email="ADA@x.org"),
        CustomerRow(cast.store.pk, (("crm", "2"),), name="Ben", phone="+49 170 7654321"),
        CustomerRow(cast.store.pk, (("web", "b"),), phone="0049 170 7654321"),
        CustomerRow(cast.store.pk, (("crm", "2"), ("web", "c")), segment="gold"),
        CustomerRow(cast.store.pk, name="Nobody"),
        CustomerRow(cast.other_store.pk, (("crm", "3"),)),
        CustomerRow(cast.store.pk, (("crm", "x" * 201),)),
        CustomerRow(cast.store.pk, (("crm", "4"),), name="nul\x00"),
    ]
    outcomes = bulk(manager, now, rows)
    kinds = [outcome.outcome for outcome in outcomes]
    assert kinds == [
        "unchanged",
        "changed",
        "added",
        "changed",
        "changed",
        "refused",
        "refused",
        "refused",
        "refused",
    ]
    ben = outcomes[2].customer_id
    assert [outcome.customer_id for outcome in outcomes] == [
        known.pk,
        known.pk,
        ben,
        ben,
        ben,
        None,
        None,
        None,
        None,
    ]
    assert outcomes[1].identities == (("web", "a"),)
    assert all(outcome.problem for outcome in outcomes[5:])
    assert Customer.objects.count() == 2
    assert Identity.objects.filter(customer_id=ben).count() == 4 - 1
    assert Customer.objects.get(pk=ben).segment == "gold"
    assert [o.outcome for o in bulk(manager, now, rows)] == ["unchanged"] * 5 + ["refused"] * 4


def test_one_audit_event_per_batch_and_none_when_nothing_changed(cast, manager, now):
    rows = [CustomerRow(cast.store.pk, (("crm", str(n)),), name=f"C{n}") for n in range(5)]
    bulk(manager, now, rows)
    event = AuditEvent.objects.get(action="customers.batch.recorded")
    assert event.changes == {"added": 5}
    bulk(manager, now, rows)
    assert AuditEvent.objects.filter(action="customers.batch.recorded").count() == 1


def _statements(manager, now, rows):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        bulk(manager, now, rows)
    return len(captured)


def test_the_number_of_statements_does_not_grow_with_the_batch(cast, manager, now):
    def rows(count, start):
        made = [
            CustomerRow(cast.store.pk, (("crm", f"{start}-{n}"),), email=f"{start}-{n}@x.org")
            for n in range(count)
        ]
        return made + [
            CustomerRow(cast.store.pk, (("web", f"{start}-{n}"),), email=f"{start}-{n}@x.org", name="N")
            for n in range(count)
        ]

    assert _statements(manager, now, rows(3, "a")) == _statements(manager, now, rows(60, "b")) <= 14
    changed = [
        [CustomerRow(cast.store.pk, (("crm", f"{s}-{n}"),), segment="s") for n in range(c)]
        for s, c in (("a", 3), ("b", 60))
    ]
    assert _statements(manager, now, changed[0]) == _statements(manager, now, changed[1]) <= 10


def test_undo_of_an_import_forgets_what_it_added_and_restores_what_still_stands(cast, manager, now):
    before, _ = record(
        manager, now, cast.store, identities=[("crm", "1")], name="Ada", segment="silver", email="a@x.org"
    )
    rows = [
        CustomerRow(
            cast.store.pk, (("crm", "1"), ("web", "1")), segment="gold", name="Ada L.", email="b@x.org"
        ),
        CustomerRow(cast.store.pk, (("crm", "2"),), name="Ben"),
        CustomerRow(cast.store.pk, (("crm", "3"),), name="Cid"),
    ]
    ada, ben, cid = bulk(manager, now, rows)
    services.customer_edit(actor=manager, now=now, customer=before, version=None, name="Countess of Lovelace")
    services.interactions_bulk_record(
        actor=manager, now=now, rows=[interaction(cast.store.pk, customer_id=cid.customer_id)]
    )
    kept = services.customers_forget(actor=manager, now=now, ids=[ben.customer_id, cid.customer_id])
    assert kept == [cid.customer_id]
    restored = services.customers_restore(
        actor=manager, now=now, changes={ada.customer_id: ada.changes}, identities=ada.identities
    )
    assert restored == 1
    before.refresh_from_db()
    assert (before.name, before.segment, before.email, before.email_key) == (
        "Countess of Lovelace",
        "silver",
        "a@x.org",
        "a@x.org",
    )
    assert set(Identity.objects.values_list("system", "external_id")) == {("crm", "1"), ("crm", "3")}


def test_find_and_match_show_only_what_i_may_see(cast, manager, now):
    mine = customer(cast, "Mine", identities=[("crm", "1")], email="m@x.org", phone="+49 170 1111112")
    customer(cast, "Theirs", unit=cast.other_store, identities=[("crm", "2")], email="t@x.org")
    found = services.customers_find(actor=manager, identities=[("crm", "1"), ("crm", "2"), ("crm", "3")])
    assert found == {("crm", "1"): mine.pk}
    rows = [CustomerRow(cast.store.pk, (("crm", "1"),)), CustomerRow(cast.store.pk, email="M@x.org"),
            CustomerRow(cast.store.pk, phone="+491701111112"), CustomerRow(cast.store.pk, email="t@x.org")]  # fmt: skip
    assert services.customers_match(actor=manager, rows=rows) == [mine, mine, mine, None]


def test_editing_checks_version_sight_and_fields(cast, manager, now):
    row = customer(cast)
    edited = services.customer_edit(
        actor=manager, now=now, customer=row, version=1, name="", email="New@x.org"
    )
    assert (edited.name, edited.email_key, edited.version) == ("", "new@x.org", 2)
    with pytest.raises(Stale):
        services.customer_edit(actor=manager, now=now, customer=row, version=1, name="Late")
    with pytest.raises(Invalid):
        services.customer_edit(actor=manager, now=now, customer=row, version=2, value_12m=5)
    with pytest.raises(NotVisible):
        services.customer_edit(actor=cast.actor("other_unit"), now=now, customer=row, version=2, name="x")
    with pytest.raises(Denied):
        services.customer_edit(actor=manager, now=now, customer=row, version=2, unit=cast.other_store)


def test_an_identity_is_added_once_and_not_taken_from_another(cast, manager, now):
    ada, ben = customer(cast, "Ada"), customer(cast, "Ben")
    added = services.identity_add(actor=manager, now=now, customer=ada, system="web", external_id="1")
    assert services.identity_add(actor=manager, now=now, customer=ada, system="web", external_id="1") == added
    with pytest.raises(Conflict):
        services.identity_add(actor=manager, now=now, customer=ben, system="web", external_id="1")
    services.identity_remove(actor=manager, now=now, identity=added)
    assert not Identity.objects.filter(system="web").exists()
    actions = AuditEvent.objects.of_object(ada).values_list("action", flat=True)
    assert list(actions)[:2] == ["customers.identity.removed", "customers.identity.added"]
