"""The one process that turns outbox rows into tasks, and dispatches again what a broker or a worker lost.

A row is marked as dispatched first and published after the commit: a crash in between costs half a minute (the sweep
finds it unclaimed), never the row. Publishing twice is harmless because the handler claims a row before working on it.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg2
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Case, DurationField, ExpressionWrapper, F, TextField, Value, When
from django.db.models.functions import Greatest, Least, Now
from django.utils import timezone
from kombu.exceptions import KombuError

from apps.core import topics
from apps.core.models import Heartbeat
from apps.notifications.models import Outbox
from cxplatform.celery import DEFAULT_QUEUE, app
from cxplatform.singleton import Singleton

CHANNEL = "cx_outbox"
HANDLER = "notifications.outbox_handle"
BATCH = 100
ROWS_PER_MESSAGE = 20  # of the default queue; a row of the other queues is a long job and travels alone
UNCLAIMED_AFTER = timedelta(seconds=30)
UNCLAIMED_AT_MOST = timedelta(minutes=10)
WORKER_ENDED = "The process working on this ended without finishing it."
WAIT_SECONDS = 1.0
SWEEP_SECONDS = 5.0
HEARTBEAT_SECONDS = 15.0
LONGEST_PAUSE_SECONDS = 15.0
PUBLISH_SECONDS = 5.0

logger = logging.getLogger(__name__)


class BrokerAway(Exception):
    """The broker did not take a message; the rows stay in the outbox."""


class Publisher:
    """A connection to the broker that is opened when needed and thrown away after any error."""

    def __init__(self) -> None:
        self.connection: Any = None
        self.producer: Any = None

    def publish(self, ids: list[int], queue: str) -> None:
        """Hand one message to the broker and wait for its receipt (5 s at most); BrokerAway otherwise."""
        try:
            if self.producer is None:
                self.connection = app.connection_for_write(connect_timeout=2)
                self.connection.connect()
                self.producer = self.connection.Producer()
            app.send_task(
                HANDLER,
                kwargs={"outbox_ids": ids},
                queue=queue,
                producer=self.producer,
                retry=False,
                timeout=PUBLISH_SECONDS,
                confirm_timeout=PUBLISH_SECONDS,
            )
        except Exception as error:
            # Transports raise errors of many families (amqp, redis, OSError); each means the same here.
            if not isinstance(error, (KombuError, OSError)) and not self._is_transport_error(error):
                raise
            self.close()
            raise BrokerAway(f"{type(error).__name__}: {error}") from error

    def _is_transport_error(self, error: Exception) -> bool:
        known = app.connection_for_write()
        return isinstance(error, (*known.connection_errors, *known.channel_errors))

    def close(self) -> None:
        """Forget the connection; the next message opens a new one."""
        if self.connection is not None:
            try:
                self.connection.release()
            except Exception:
                logger.debug("closing a broken broker connection failed", exc_info=True)
        self.connection = self.producer = None


def open_rows() -> Any:
    """Rows that still have to be worked on."""
    return Outbox.objects.filter(done_at__isnull=True, parked_at__isnull=True)


def dispatch_batch(publisher: Publisher) -> int:
    """Publish up to 100 due rows, oldest first; how many. On BrokerAway they are due again at once."""
    with transaction.atomic():
        due = open_rows().filter(dispatched_at__isnull=True, available_at__lte=Now())
        rows = list(
            due.order_by("available_at", "id")
            .select_for_update(skip_locked=True, of=("self",))
            .values_list("id", "topic")[:BATCH]
        )
        Outbox.objects.filter(id__in=[row_id for row_id, _ in rows]).update(
            dispatched_at=Now(), dispatch_count=Least(F("dispatch_count") + 1, 30_000)
        )
    waiting = {row_id for row_id, _ in rows}
    try:
        for queue, ids in messages(rows):
            publisher.publish(ids, queue)
            waiting.difference_update(ids)
    finally:
        if waiting:
            open_rows().filter(id__in=waiting, lease_until__isnull=True).update(
                dispatched_at=None, dispatch_count=F("dispatch_count") - 1
            )
    return len(rows)


def messages(rows: list[tuple[int, str]]) -> Iterator[tuple[str, list[int]]]:
    """Group (id, topic) rows into messages: (queue, ids)."""
    by_queue: dict[str, list[int]] = defaultdict(list)
    for row_id, topic in rows:
        queue = topics.topic(topic).queue if topics.is_known(topic) else DEFAULT_QUEUE
        by_queue[queue].append(row_id)
    for queue, ids in by_queue.items():
        size = ROWS_PER_MESSAGE if queue == DEFAULT_QUEUE else 1
        for start in range(0, len(ids), size):
            yield queue, ids[start : start + size]


def sweep(*, now: datetime) -> tuple[int, int]:
    """Make lost rows due again; (rows nobody took after dispatch, rows whose worker ended).

    A row somebody works on has a lease. How long a dispatched row may stay without one grows with its age, from 30 s to
    10 min, so that a long queue is not flooded with copies of what it already holds. Parking after too many attempts is
    the handler's part: it counts each time it takes a row.
    """
    age = ExpressionWrapper(F("dispatched_at") - F("available_at"), output_field=DurationField())
    patience = Greatest(Value(UNCLAIMED_AFTER), Least(Value(UNCLAIMED_AT_MOST), age))
    unclaimed = (
        open_rows()
        .filter(dispatched_at__isnull=False, lease_until__isnull=True)
        .annotate(patience=ExpressionWrapper(patience, output_field=DurationField()))
        .filter(dispatched_at__lt=Value(now) - F("patience"))
    )
    lost = Outbox.objects.filter(id__in=unclaimed.values("id")).update(dispatched_at=None)
    why = Case(
        When(last_error="", then=Value(WORKER_ENDED)), default=F("last_error"), output_field=TextField()
    )
    expired = open_rows().filter(lease_until__lt=now)
    again = expired.update(
        dispatched_at=None, claimed_at=None, lease_until=None, available_at=now, last_error=why
    )
    return lost, again


class Relay:
    """The endless loop around dispatch and sweep; survives a lost database and a lost broker."""

    def __init__(self) -> None:
        self.lock = Singleton("relay")
        self.publisher = Publisher()
        self.stopping = False
        self.listening: Any = None
        self.swept_at = self.beat_at = 0.0
        self.failures = 0

    def stop(self, *_: Any) -> None:
        """End after the present round (a signal handler)."""
        self.stopping = True

    def run(self) -> None:
        """Work until `stop`."""
        try:
            while not self.stopping:
                self.round()
        finally:
            self.publisher.close()
            self.lock.release()

    def round(self) -> None:
        """One look at the outbox, then a sleep until something is written or a second has passed."""
        if not self.lock.held():
            time.sleep(WAIT_SECONDS)
            return
        with self._surviving():
            if self.listening is not self.lock.connection:
                self.lock.listen(CHANNEL)
                self.listening = self.lock.connection
            self._sweep_and_beat()
            while dispatch_batch(self.publisher) == BATCH and not self.stopping:
                pass
            if self.failures:
                logger.info("the outbox is moving again")
            self.failures = 0
            self.lock.wait(WAIT_SECONDS)

    def _sweep_and_beat(self) -> None:
        if time.monotonic() - self.swept_at >= SWEEP_SECONDS:
            self.swept_at = time.monotonic()
            lost, again = sweep(now=timezone.now())
            if lost or again:
                logger.warning("dispatching again: %s unclaimed, %s with an expired lease", lost, again)
        if time.monotonic() - self.beat_at >= HEARTBEAT_SECONDS:
            self.beat_at = time.monotonic()
            Heartbeat.objects.update_or_create(name="relay", defaults={"at": timezone.now(), "detail": {}})

    @contextmanager
    def _surviving(self) -> Iterator[None]:
        """Turn a lost database or broker into a growing pause (half a second to 15 s) and a line in the log."""
        try:
            yield
        except BrokerAway as error:
            self._pause("the broker is away", error)
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            self._pause("the database is away", error)
        except psycopg2.Error as error:  # raised by our own connection, outside Django's wrapping
            self.lock.release()
            self._pause("the database is away", error)

    def _pause(self, what: str, error: Exception) -> None:
        self.failures += 1
        pause = min(LONGEST_PAUSE_SECONDS, 0.5 * 2 ** min(self.failures, 10))
        logger.warning("%s (%s); next try in %.1f s", what, str(error).strip(), pause)
        until = time.monotonic() + pause
        while time.monotonic() < until and not self.stopping:
            time.sleep(0.1)
