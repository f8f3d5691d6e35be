"""Two imports of the same rows at the same time: each customer and each purchase once."""

import threading

import pytest
from django.db import connection, connections

from apps.accounts.models import Organisation, Unit
from apps.core.actor import Actor
from apps.customers import services
from apps.customers.models import Customer, Identity, Purchase
from apps.customers.types import CustomerRow
from tests.cast import NOW
from tests.customers.rows import purchase


def at_once(*works):
    """Run each of `works` in a thread of its own, started together; return what they raised."""
    failures, gate = [], threading.Barrier(len(works))

    def run(work):
        try:
            gate.wait(10)
            work()
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failures


@pytest.fixture
def unit(transactional_db):
    Organisation.objects.create(name="Aster", currency="EUR", time_zone="Europe/Berlin")
    return Unit.objects.add_root({"key": "company", "name": "Aster"})


def test_the_same_customers_arriving_twice_at_once_are_added_once(unit):
    rows = [CustomerRow(unit.pk, (("crm", str(n)),), email=f"{n}@x.org") for n in range(60)]
    by_mail = [CustomerRow(unit.pk, email=f"{n}@x.org", name="M") for n in range(60)]
    system = Actor.system("test")
    works = [
        lambda: services.customers_bulk_record(actor=system, now=NOW, rows=rows),
        lambda: services.customers_bulk_record(actor=system, now=NOW, rows=rows[::-1]),
        lambda: services.customers_bulk_record(actor=system, now=NOW, rows=by_mail),
    ]
    assert at_once(*works) == []
    assert (Customer.objects.count(), Identity.objects.count()) == (60, 60)


def test_the_same_purchases_arriving_twice_at_once_are_added_once(unit):
    rows = [purchase(unit.pk, n) for n in range(1, 121)]
    system = Actor.system("test")
    counts = []

    def work(given):
        counts.append(len(services.purchases_bulk_record(actor=system, now=NOW, rows=given).added))

    assert (
        at_once(*[lambda given=given: work(given) for given in (rows, rows[::-1], rows[30:] + rows[:30])])
        == []
    )
    assert Purchase.objects.count() == 120
    assert sum(counts) == 120
    assert connection.is_usable()
