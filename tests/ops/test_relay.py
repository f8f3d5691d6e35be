"""The relay: every committed row becomes a task, through lost brokers, lost messages and dead workers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core import topics
from apps.notifications import relay
from apps.notifications.models import Outbox
from apps.notifications.tasks import outbox_handle

pytestmark = pytest.mark.django_db


class FakePublisher:
    """Keeps what was published; refuses after `takes` messages."""

    def __init__(self, takes: int = 10_000) -> None:
        self.takes = takes
        self.sent: list[tuple[str, list[int]]] = []

    def publish(self, ids: list[int], queue: str) -> None:
        if len(self.sent) >= self.takes:
            raise relay.BrokerAway("refused")
        self.sent.append((queue, ids))


@pytest.fixture
def handled(monkeypatch):
    """Two topics for these tests; the keys that their handler saw."""
    seen: list[str] = []

    def handler(*, key, payload, now):
        if payload.get("fail"):
            raise RuntimeError("no luck")
        seen.append(key)

    monkeypatch.setattr(topics, "_topics", dict(topics._topics))
    topics.register("ops.quick", handler)
    topics.register("ops.long", handler, queue="returns", attempts=2)
    return seen


def add(topic="ops.quick", key="k", *, payload=None, delay=0):
    due = timezone.now() + timedelta(seconds=delay)
    return Outbox.objects.create(topic=topic, key=key, payload=payload or {}, available_at=due)


def age(row, seconds, **also):
    """Move a row's times into the past, as if `seconds` had gone by."""
    moment = timezone.now() - timedelta(seconds=seconds)
    Outbox.objects.filter(pk=row.pk).update(available_at=moment, dispatched_at=moment, **also)


def test_due_rows_are_published_once_to_the_queue_of_their_topic(handled):
    quick = [add(key=str(number)).pk for number in range(25)]
    long = [add("ops.long").pk for _ in range(2)]
    later = add(delay=60)
    publisher = FakePublisher()

    assert relay.dispatch_batch(publisher) == 27
    assert relay.dispatch_batch(publisher) == 0

    assert publisher.sent == [
        ("default", quick[:20]),
        ("default", quick[20:]),
        ("returns", long[:1]),
        ("returns", long[1:]),
    ]
    later.refresh_from_db()
    assert later.dispatched_at is None


def test_a_refusing_broker_leaves_the_rest_due(handled):
    rows = [add("ops.long") for _ in range(3)]
    with pytest.raises(relay.BrokerAway):
        relay.dispatch_batch(FakePublisher(takes=1))
    marks = list(Outbox.objects.order_by("id").values_list("dispatched_at", flat=True))
    assert [mark is None for mark in marks] == [False, True, True]

    publisher = FakePublisher()
    relay.dispatch_batch(publisher)
    assert publisher.sent == [("returns", [rows[1].pk]), ("returns", [rows[2].pk])]
    assert set(Outbox.objects.values_list("dispatch_count", flat=True)) == {1}


def test_a_message_lost_by_the_broker_is_sent_again_after_half_a_minute(handled):
    row = add()
    relay.dispatch_batch(FakePublisher())
    assert relay.sweep(now=timezone.now()) == (0, 0)
    age(row, 31)
    assert relay.sweep(now=timezone.now()) == (1, 0)
    publisher = FakePublisher()
    relay.dispatch_batch(publisher)
    assert publisher.sent == [("default", [row.pk])]


def test_an_old_row_waits_longer_so_that_a_long_queue_is_not_doubled_each_half_minute(handled):
    row = add()
    long_ago = timezone.now() - timedelta(minutes=60)
    Outbox.objects.filter(pk=row.pk).update(
        available_at=long_ago, dispatched_at=timezone.now() - timedelta(minutes=9)
    )
    assert relay.sweep(now=timezone.now()) == (0, 0)
    assert relay.sweep(now=timezone.now() + timedelta(minutes=2)) == (1, 0)


def test_a_row_of_a_dead_worker_is_sent_again_when_its_lease_ends(handled):
    row = add()
    relay.dispatch_batch(FakePublisher())
    now = timezone.now()
    Outbox.objects.filter(pk=row.pk).update(
        claimed_at=now, lease_until=now + timedelta(seconds=120), attempts=1
    )
    assert relay.sweep(now=now + timedelta(seconds=100)) == (0, 0)
    assert relay.sweep(now=now + timedelta(seconds=121)) == (0, 1)
    row.refresh_from_db()
    assert row.dispatched_at is None
    assert row.last_error == relay.WORKER_ENDED


def test_a_failed_row_whose_next_message_is_lost_is_not_forgotten(handled):
    row = add(payload={"fail": True})
    relay.dispatch_batch(FakePublisher())
    outbox_handle(outbox_ids=[row.pk])
    Outbox.objects.filter(pk=row.pk).update(available_at=timezone.now())
    relay.dispatch_batch(FakePublisher())
    age(row, 40)
    assert relay.sweep(now=timezone.now()) == (1, 0)


def test_a_repeated_message_is_worked_off_once(handled):
    row = add(key="once")
    outbox_handle(outbox_ids=[row.pk, row.pk])
    outbox_handle(outbox_ids=[row.pk])
    assert handled == ["once"]


def test_a_hopeless_row_is_parked_with_its_error_and_others_go_on(handled):
    bad, good = add("ops.long", payload={"fail": True}), add(key="good")
    for _ in range(3):
        Outbox.objects.update(available_at=timezone.now())
        publisher = FakePublisher()
        relay.dispatch_batch(publisher)
        for _queue, ids in publisher.sent:
            outbox_handle(outbox_ids=ids)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert bad.parked_at is not None
    assert "no luck" in bad.last_error
    assert good.done_at is not None
    assert not relay.open_rows().exists()


def test_each_row_costs_a_fixed_number_of_queries(handled, django_assert_num_queries):
    for _ in range(relay.BATCH):
        add()
    with django_assert_num_queries(4):  # savepoint, select, update, release
        relay.dispatch_batch(FakePublisher())
