"""The Celery app, its reliability settings, and the one table of calendar jobs.

Web code never publishes: only the relay (`manage.py relay`), the scheduler and tasks do. Start:
`celery -A cxplatform.celery worker -Q default,imports,returns` and `celery -A cxplatform.celery beat`.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals
from celery.schedules import crontab
from kombu import Exchange, Queue

from cxplatform.embedded import queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxplatform.settings")

from django.conf import settings

DEFAULT_QUEUE = "default"
QUEUES = (DEFAULT_QUEUE, "imports", "returns")
HEARTBEAT_SECONDS = 30
VISIBILITY_SECONDS = 3600  # Redis gives a task to a second worker after this; tasks end long before

# Every calendar job of the product. Each is idempotent for its period: running it twice or late changes nothing.
BEAT: dict[str, dict[str, Any]] = {
    "heartbeat": {"task": "core.heartbeat", "schedule": HEARTBEAT_SECONDS},
    "audit-seal": {"task": "audit.seal", "schedule": 60},
    "cases-breaches": {"task": "cases.breaches_sweep", "schedule": 60},
    "kpis-rollup": {"task": "kpis.rollup_sweep", "schedule": 60},
    "intake-sweep": {"task": "intake.sweep", "schedule": 60},
    "returns-sweep": {"task": "returns.sweep", "schedule": 60},
    "returns-nightly": {"task": "returns.nightly", "schedule": crontab(hour=2, minute=20)},
    "customers-values": {"task": "customers.values", "schedule": crontab(hour=1, minute=40)},
    "outbox-purge": {"task": "notifications.outbox_purge", "schedule": crontab(hour=3, minute=10)},
}


def broker_configuration(url: str) -> dict[str, Any]:
    """The broker's address and its transport options: short timeouts, confirmed publishing, or files under var/."""
    if not url:
        queue.register()
        folder = settings.VAR / "queue"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {
            "broker_url": f"{queue.SCHEME}://",
            "broker_transport_options": {
                "data_folder_in": str(folder),
                "data_folder_out": str(folder),
                "control_folder": str(folder),
                "queues": list(QUEUES),
                "polling_interval": 0.05,
            },
            # Control messages are fan-out files that nobody would ever read here.
            "worker_enable_remote_control": False,
        }
    options: dict[str, Any]
    if url.startswith(("redis://", "rediss://")):
        options = {
            "visibility_timeout": VISIBILITY_SECONDS,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 25,
        }
    else:
        options = {"confirm_publish": True, "write_timeout": 5}
    return {"broker_url": url, "broker_transport_options": options}


app = Celery("cxplatform")
app.conf.update(
    **broker_configuration(settings.CX_BROKER_URL),
    broker_connection_timeout=2.0,
    broker_connection_retry_on_startup=True,
    broker_heartbeat=30,
    task_default_queue=DEFAULT_QUEUE,
    task_queues=[Queue(name, Exchange("cx", type="direct"), routing_key=name) for name in QUEUES],
    task_default_exchange="cx",
    task_default_routing_key=DEFAULT_QUEUE,
    task_create_missing_queues=False,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_soft_shutdown_timeout=30.0 if settings.CX_BROKER_URL else 3.0,
    worker_max_memory_per_child=600_000,  # KiB; a leak ends with the child, after its task
    task_time_limit=25 * 60,  # below RabbitMQ's 30 min consumer timeout and half of Redis's visibility
    task_soft_time_limit=24 * 60,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    result_expires=None,
    task_serializer="json",
    accept_content=["json"],
    task_publish_retry=False,  # the relay has its own back-off, and nothing is lost meanwhile
    event_serializer="json",
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    timezone="UTC",
    enable_utc=True,
    beat_schedule=BEAT,
    beat_scheduler="cxplatform.scheduler:SingleScheduler",
    beat_max_loop_interval=5,
)
app.autodiscover_tasks()


@signals.worker_ready.connect
def say_ready(**_: Any) -> None:
    """A worker that has just come up says so at once, not only at the next half minute."""
    from apps.core.tasks import heartbeat

    heartbeat.apply()


__all__ = ["BEAT", "DEFAULT_QUEUE", "QUEUES", "app"]
