from __future__ import annotations

import datetime as dt
import os
import signal
import time
from typing import Any

from django.apps import AppConfig
from django.db import connection

TABLE = """
CREATE TABLE IF NOT EXISTS probe_effect (key text PRIMARY KEY, at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS probe_run (key text NOT NULL, at timestamptz NOT NULL DEFAULT now());
"""


class ProbeConfig(AppConfig):
    """Registers the topics in every process of a stand."""

    name = "tools.probe"
    label = "probe"

    def ready(self) -> None:
        from apps.core import topics

        topics.register("probe.effect", effect, lease_seconds=6, attempts=20)
        topics.register("probe.long", effect, queue="returns", lease_seconds=6, attempts=20)
        topics.register("probe.poison", poison, lease_seconds=3, attempts=3)


def effect(*, key: str, payload: dict[str, Any], now: dt.datetime) -> None:
    """Work for `payload["seconds"]`, then leave one row, however often it is run."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO probe_run (key) VALUES (%s)", [key])
        time.sleep(payload.get("seconds", 0))
        cursor.execute("INSERT INTO probe_effect VALUES (%s, now()) ON CONFLICT DO NOTHING", [key])


def poison(*, key: str, payload: dict[str, Any], now: dt.datetime) -> None:
    """Kill the process that works on it, as a crash in a C library or the kernel's memory killer would."""
    os.kill(os.getpid(), signal.SIGKILL)
