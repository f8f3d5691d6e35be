"""Recording responses: once, on their scale, in bulk, and taken back."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.core.errors import Denied, Invalid
from apps.feedback.models import Response
from apps.feedback.services import response_record, responses_bulk_record, responses_forget, responses_restore
from tests.feedback.factories import NOW, SYSTEM, make_response, make_source, row


def test_a_second_delivery_returns_the_first(cast):
    source = make_source(cast.store)
    first = make_response(source, "r-1", score=4)
    again, created = response_record(
        actor=SYSTEM, now=NOW, source=source, external_id="r-1", responded_at=NOW, score=1, verbatim="other"
    )
    assert (again.pk, created, again.score) == (first.pk, False, Decimal(4))
    assert Response.objects.count() == 1


def test_the_source_gives_what_the_row_does_not_say(cast):
    response = make_response(make_source(cast.store))
    assert response.unit == cast.store
    assert response.score_norm == 0.75
    # 23:30 UTC is the next day in Berlin
    late = make_response(response.source, "r-2", responded_at=dt.datetime(2026, 2, 28, 23, 30, tzinfo=dt.UTC))
    assert late.local_date == dt.date(2026, 3, 1)


@pytest.mark.parametrize("score", [0, 5.5, "five", float("nan"), float("inf"), True])
def test_a_score_outside_the_scale_is_refused(cast, score):
    with pytest.raises(Invalid) as error:
        make_response(make_source(cast.store), score=score)
    assert list(error.value.fields) == ["score"]
    assert not Response.objects.exists()


def test_a_naive_future_or_ancient_time_is_refused(cast):
    source = make_source(cast.store)
    for at in (dt.datetime(2026, 3, 1), NOW + dt.timedelta(days=30), dt.datetime(1970, 1, 1, tzinfo=dt.UTC)):
        with pytest.raises(Invalid) as error:
            make_response(source, responded_at=at)
        assert "responded_at" in error.value.fields


def test_every_character_is_kept_and_what_cannot_be_stored_is_dropped(cast):
    response = make_response(make_source(cast.store), verbatim="line one\r\nline two 😀 \x00\ud800end")
    assert Response.objects.get(pk=response.pk).verbatim == "line one\r\nline two 😀 end"


def test_somebody_of_another_unit_records_nothing_here(cast, now):
    source = make_source(cast.store)
    with pytest.raises(Denied):
        response_record(
            actor=cast.actor("other_unit"), now=now, source=source, external_id="x", responded_at=now, score=3
        )
    with pytest.raises(Denied):
        responses_bulk_record(actor=cast.actor("other_unit"), now=now, rows=[row(source, "x")])
    assert not Response.objects.exists()


def test_a_batch_adds_changes_and_leaves_alone(cast):
    source = make_source(cast.store)
    made = responses_bulk_record(actor=SYSTEM, now=NOW, rows=[row(source, f"r-{i}") for i in range(5)])
    assert (len(made.added), made.changed, made.unchanged) == (5, [], 0)
    assert made.touched == {(cast.store.pk, NOW.date())}
    again = responses_bulk_record(actor=SYSTEM, now=NOW, rows=[row(source, f"r-{i}") for i in range(5)])
    assert (again.added, again.changed, again.unchanged, again.touched) == ([], [], 5, frozenset())
    mixed = responses_bulk_record(
        actor=SYSTEM, now=NOW, rows=[row(source, "r-0", score=1), row(source, "r-1"), row(source, "r-9")]
    )
    assert (len(mixed.added), len(mixed.changed), mixed.unchanged) == (1, 1, 1)
    assert mixed.changed[0].before == {"score": Decimal("4.00"), "score_norm": 0.75}
    assert Response.objects.get(external_id="r-0").score == 1


def test_empty_values_never_overwrite_and_attributes_are_merged(cast):
    source = make_source(cast.company)
    make_response(source, "r-1", unit=cast.store, title="Late", attributes={"order": "o-1"})
    outcome = responses_bulk_record(
        actor=SYSTEM, now=NOW, rows=[row(source, "r-1", score=None, verbatim="", attributes={"days_late": 3})]
    )
    stored = Response.objects.get()
    assert [set(change.before) for change in outcome.changed] == [{"attributes"}]
    assert (stored.unit, stored.title, stored.verbatim, stored.score) == (
        cast.store,
        "Late",
        "Quick and friendly",
        4,
    )
    assert stored.attributes == {"order": "o-1", "days_late": 3}


def test_a_key_that_stands_twice_in_a_batch_counts_once_with_its_last_row(cast):
    source = make_source(cast.store)
    outcome = responses_bulk_record(
        actor=SYSTEM, now=NOW, rows=[row(source, "r-1", score=1), row(source, "r-1", score=5)]
    )
    assert (len(outcome.added), outcome.repeated) == (1, 1)
    assert Response.objects.get().score == 5


def test_a_row_that_cannot_be_used_stops_the_whole_batch(cast):
    source = make_source(cast.store)
    with pytest.raises(Invalid):
        responses_bulk_record(actor=SYSTEM, now=NOW, rows=[row(source, "a"), row(source, "b", score=9)])
    assert not Response.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_batch(cast):
    source = make_source(cast.store)
    counts = []
    for size in (2, 200):
        rows = [row(source, f"{size}-{i}") for i in range(size)]
        with CaptureQueriesContext(
            connection,
        ) as added:
            responses_bulk_record(actor=SYSTEM, now=NOW, rows=rows)
        changed_rows = [row(source, f"{size}-{i}", score=1) for i in range(size)]
        with CaptureQueriesContext(connection) as changed:
            outcome = responses_bulk_record(actor=SYSTEM, now=NOW, rows=changed_rows)
        assert len(outcome.changed) == size
        counts.append((len(added), len(changed)))
    assert counts[0] == counts[1]


def test_an_import_can_be_undone(cast):
    source = make_source(cast.store)
    kept = make_response(source, "kept", title="before")
    outcome = responses_bulk_record(
        actor=SYSTEM, now=NOW, rows=[row(source, "new"), row(source, "kept", title="after", score=2)]
    )
    assert responses_forget(actor=SYSTEM, now=NOW, ids=outcome.added) == {(cast.store.pk, NOW.date())}
    assert responses_restore(actor=SYSTEM, now=NOW, changes=outcome.changed) == {(cast.store.pk, NOW.date())}
    stored = Response.objects.get()
    assert (stored.pk, stored.title, stored.score, stored.score_norm) == (kept.pk, "before", 4, 0.75)


def test_the_audit_log_tells_of_changes_but_never_repeats_the_words(cast):
    source = make_source(cast.store)
    make_response(source, "r-1", verbatim="my name is Ada")
    responses_bulk_record(actor=SYSTEM, now=NOW, rows=[row(source, "r-1", verbatim="call me Ada", score=2)])
    event = AuditEvent.objects.get(action="feedback.response.changed")
    assert event.changes == {"score": ["4.00", "2.00"], "verbatim": ["…", "…"]}


@pytest.mark.django_db(transaction=True)
def test_one_batch_delivered_twice_at_once_adds_each_row_once(transactional_db):
    from tests.cast import Cast

    cast = Cast()
    source = make_source(cast.store)
    rows = [row(source, f"r-{i}") for i in range(200)]
    outcomes, errors = [], []
    barrier = threading.Barrier(3)

    def deliver(order: int) -> None:
        try:
            barrier.wait(10)
            outcomes.append(responses_bulk_record(actor=SYSTEM, now=NOW, rows=rows[::order]))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver, args=(order,)) for order in (1, -1, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert Response.objects.count() == 200
    assert sum(len(outcome.added) for outcome in outcomes) == 200
    assert sum(outcome.unchanged for outcome in outcomes) == 400
