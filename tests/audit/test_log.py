"""The audit log only grows, and tampering shows."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from apps.audit.models import AuditEvent
from apps.audit.services import record, seal, verify


def write(actor, now, count=1):
    for number in range(count):
        record(actor=actor, action="test.thing.done", now=now, label=f"thing {number}", changes={"a": [1, 2]})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET actor_label = 'somebody else'",
        "DELETE FROM audit_auditevent",
        "TRUNCATE audit_auditevent",
        "UPDATE audit_auditseal SET digest = 'x'",
        "DELETE FROM audit_auditseal",
    ],
)
def test_nobody_rewrites_the_log(db, system, now, statement):
    write(system, now)
    seal(now=now)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEvent.objects.get().actor_label == "test"


def test_seals_chain_all_events_and_verify(db, system, now):
    write(system, now, 3)
    first = seal(now=now)
    write(system, now, 2)
    second = seal(now=now + dt.timedelta(minutes=1))
    assert (first.events, second.events) == (3, 2)
    assert second.previous == first.digest
    assert seal(now=now) is None, "nothing new, no link"
    assert verify() == []


def test_a_change_behind_the_triggers_back_is_named(db, system, now):
    write(system, now, 3)
    seal(now=now)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_no_change")
        cursor.execute(
            "UPDATE audit_auditevent SET actor_label = 'innocent' WHERE id = (SELECT min(id) FROM audit_auditevent)"
        )
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER audit_no_change")
    assert len(verify()) == 1
    assert "changed since" in verify()[0]


@pytest.mark.django_db(transaction=True)
def test_sealing_waits_for_writers_that_have_not_committed(system, now):
    """A smaller id that commits later must not fall between two links."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Event

    written, go = Event(), Event()

    def writer():
        try:
            with transaction.atomic():
                write(system, now)
                written.set()
                go.wait(10)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(writer)
        written.wait(10)
        assert seal(now=now) is None
        go.set()
        job.result()
    assert seal(now=now).events == 1
    with connection.cursor() as cursor:  # leave no rows behind: the log cannot be emptied by the test's flush
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE audit_auditseal DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM audit_auditevent")
        cursor.execute("DELETE FROM audit_auditseal")
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE audit_auditseal ENABLE TRIGGER USER")


def test_the_history_of_a_row_hides_money_from_those_who_may_not_see_it(cast, system, now):
    from apps.accounts.selectors import history_of

    record(
        actor=system,
        action="x.y.edited",
        obj=cast.north,
        now=now,
        changes={"budget": [1, 2], "name": ["a", "b"]},
    )
    seen = {role: sorted(change.label for change in history_of(cast.north, cast.actor(role))[0].changes)
            for role in ("cx_manager", "administrator", "frontline")}  # fmt: skip
    assert seen == {"cx_manager": ["budget", "name"], "administrator": ["name"], "frontline": ["name"]}
