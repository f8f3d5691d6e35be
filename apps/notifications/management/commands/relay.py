from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from apps.notifications.relay import Relay


class Command(BaseCommand):
    """Publishes the outbox until it is stopped. Any number may be started: one works, the others stand by."""

    help = "Publishes outbox rows as tasks and dispatches again what was lost. Runs until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the relay; SIGTERM and Ctrl-C end it after the present round."""
        relay = Relay()
        signal.signal(signal.SIGTERM, relay.stop)
        signal.signal(signal.SIGINT, relay.stop)
        relay.run()
