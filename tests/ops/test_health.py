"""Health and readiness say what is wrong, quickly, and leak nothing."""

import json
import socket
import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import RequestFactory
from django.utils import timezone

from apps.core.models import Heartbeat
from apps.core.tasks import heartbeat
from apps.notifications.models import Outbox
from cxplatform import health


def ask(view):
    response = view(RequestFactory().get("/"))
    return response.status_code, json.loads(response.content)


def test_healthz_answers_without_a_database(django_assert_num_queries):
    assert ask(health.healthz) == (200, {"status": "ok"})


@pytest.fixture
def queue_folder(settings, tmp_path):
    settings.VAR = tmp_path
    (tmp_path / "queue").mkdir()
    return tmp_path / "queue"


@pytest.mark.django_db
def test_readyz_is_green_when_all_parts_work(queue_folder):
    cache.clear()
    heartbeat()
    status, found = ask(health.readyz)
    assert status == 200, found
    assert set(found["parts"]) == {"database", "migrations", "worker", "outbox", "broker"}


@pytest.mark.django_db
def test_readyz_is_red_when_no_worker_has_worked_for_two_minutes(queue_folder):
    Heartbeat.objects.create(name="worker", at=timezone.now() - timedelta(seconds=121))
    status, found = ask(health.readyz)
    assert status == 503
    assert found["parts"]["worker"]["ok"] is False
    assert found["parts"]["worker"]["age_s"] >= 121


@pytest.mark.django_db
def test_readyz_is_red_when_work_is_not_done_for_long(queue_folder):
    heartbeat()
    Outbox.objects.create(topic="any", available_at=timezone.now() - timedelta(minutes=6))
    status, found = ask(health.readyz)
    assert status == 503
    assert found["parts"]["outbox"]["age_s"] >= 360


@pytest.mark.django_db
def test_parked_work_is_counted_and_does_not_turn_it_red(queue_folder):
    heartbeat()
    hour_ago = timezone.now() - timedelta(hours=1)
    Outbox.objects.create(topic="any", available_at=hour_ago, parked_at=hour_ago)
    status, found = ask(health.readyz)
    assert (status, found["parts"]["outbox"]["parked"]) == (200, 1)


@pytest.mark.django_db
def test_a_missing_queue_folder_is_red(settings, tmp_path):
    settings.VAR = tmp_path / "away"
    assert health.broker_part() == {"ok": False, "kind": "files"}


def test_a_lost_database_is_red_and_names_no_host(monkeypatch, queue_folder):
    def away():
        from django.db import OperationalError

        raise OperationalError('connection to server at "db.internal" failed for user "cxp"')

    monkeypatch.setattr(health, "database_part", away)
    status, found = ask(health.readyz)
    assert status == 503
    assert found["parts"]["database"] == {"ok": False, "error": "OperationalError"}
    assert "db.internal" not in str(found)


def test_a_broker_that_takes_connections_and_says_nothing_is_red_within_a_second(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.CX_BROKER_URL = f"amqp://guest:guest@127.0.0.1:{silent.getsockname()[1]}//"
        began = time.monotonic()
        found = health._guarded(health.broker_part)
    assert found == {"ok": False, "error": "TimeoutError"}
    assert time.monotonic() - began < 1.5


def test_an_absent_broker_is_red(settings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings.CX_BROKER_URL = f"redis://127.0.0.1:{port}/0"
    assert health._guarded(health.broker_part) == {"ok": False, "error": "ConnectionRefusedError"}
