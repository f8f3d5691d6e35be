"""Celery's scheduler, at most one at a time however many are started."""

from __future__ import annotations

from typing import Any

from celery.beat import PersistentScheduler

WAIT_SECONDS = 5.0


class SingleScheduler(PersistentScheduler):
    """Ticks only while it holds the lock `scheduler`; a second one waits and takes over when the first is gone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        import django

        django.setup()
        from cxplatform.singleton import Singleton

        self.lock = Singleton("scheduler")
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; the seconds until the next look."""
        if not self.lock.held():
            return WAIT_SECONDS
        return float(super().tick(*args, **kwargs))

    def close(self) -> None:
        """Store the schedule and let the next scheduler in."""
        super().close()
        self.lock.release()
