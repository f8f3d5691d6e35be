"""Is the process alive, and can the product do its work? For load balancers and people; no secrets, no sign-in."""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import InvalidCacheBackendError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

HEARTBEAT_RED = timedelta(seconds=120)
OUTBOX_RED = timedelta(minutes=5)
BROKER_SECONDS = 0.8
REMEMBER_SECONDS = 2.0

Finding = dict[str, Any]


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nothing else, so that a lost database does not make the processes restart."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, migrations, broker, worker and outbox are well, else 503; each part says what it saw."""
    parts = _remembered_parts()
    good = all(part["ok"] for part in parts.values())
    return JsonResponse(
        {"status": "ok" if good else "not ready", "parts": parts}, status=200 if good else 503
    )


_last: tuple[float, dict[str, Finding]] = (0.0, {})


def _remembered_parts() -> dict[str, Finding]:
    """The findings, at most two seconds old: asking in a tight loop costs nothing."""
    global _last
    at, parts = _last
    if not parts or time.monotonic() - at > REMEMBER_SECONDS:
        parts = examine()
        _last = (time.monotonic(), parts)
    return parts


def examine() -> dict[str, Finding]:
    """Look at every part now: `{name: {"ok": bool, ...what was seen}}`. Never raises for a part that is away."""
    parts = {"database": _guarded(database_part)}
    if parts["database"]["ok"]:
        parts["migrations"] = _guarded(migrations_part)
        parts["worker"] = _guarded(worker_part)
        parts["outbox"] = _guarded(outbox_part)
    parts["broker"] = _guarded(broker_part)
    return parts


def _guarded(part: Callable[[], Finding]) -> Finding:
    try:
        return part()
    except (DatabaseError, OSError, InvalidCacheBackendError) as error:
        return {"ok": False, "error": type(error).__name__}  # the text may name hosts and users


def database_part() -> Finding:
    """The database answers a trivial query."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"ok": True, "ms": round((time.monotonic() - began) * 1000, 1)}


@cache
def _all_applied() -> Finding:
    """Asked until the answer is yes, then remembered: a migrated database stays migrated for this code."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        raise _Unapplied(missing)
    return {"ok": True, "unapplied": 0}


class _Unapplied(Exception):
    """Carries the number of migrations still to run."""


def migrations_part() -> Finding:
    """All migrations of this code are applied."""
    try:
        return _all_applied()
    except _Unapplied as found:
        return {"ok": False, "unapplied": found.args[0]}


def worker_part() -> Finding:
    """A worker did a scheduled task not long ago: scheduler, broker and worker work together."""
    from apps.core.models import Heartbeat

    at = Heartbeat.objects.filter(name="worker").values_list("at", flat=True).first()
    if at is None:
        return {"ok": False, "age_s": None}
    age = timezone.now() - at
    return {"ok": age <= HEARTBEAT_RED, "age_s": round(age.total_seconds())}


def outbox_part() -> Finding:
    """No effect has been due for long without being done; parked ones are counted, a person must look at them."""
    from apps.notifications.models import Outbox

    rows = Outbox.objects.filter(done_at__isnull=True)
    oldest = (
        rows.filter(parked_at__isnull=True)
        .order_by("available_at")
        .values_list("available_at", flat=True)
        .first()
    )
    age = max(timedelta(0), timezone.now() - oldest) if oldest else timedelta(0)
    parked = rows.filter(parked_at__isnull=False).count()
    return {"ok": age <= OUTBOX_RED, "age_s": round(age.total_seconds()), "parked": parked}


def broker_part() -> Finding:
    """The broker speaks within a second; the file queue's folder can be written."""
    if not settings.CX_BROKER_URL:
        return {"ok": os.access(settings.VAR / "queue", os.W_OK), "kind": "files"}
    url = urlsplit(settings.CX_BROKER_URL)
    kind = url.scheme.partition("+")[0]
    port, hello = (5672, b"AMQP\x00\x00\x09\x01") if kind.startswith("amqp") else (6379, b"PING\r\n")
    secure = kind in {"amqps", "rediss"}
    if kind == "amqps":
        port = 5671
    began = time.monotonic()
    # By hand: a client library waits for seconds on a broker that takes the connection and then says nothing.
    with socket.create_connection(
        (url.hostname or "localhost", url.port or port), timeout=BROKER_SECONDS
    ) as plain:
        end = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=url.hostname) if secure else plain
        )
        end.settimeout(BROKER_SECONDS)
        end.sendall(hello)
        spoke = bool(end.recv(1))
    return {"ok": spoke, "kind": kind, "ms": round((time.monotonic() - began) * 1000, 1)}
