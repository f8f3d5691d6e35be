from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.core.actor import Actor
from apps.initiatives.selectors import initiative_by_key
from apps.notifications.models import Outbox
from apps.returns import services
from apps.returns.models import RecomputeRun, RunState
from apps.returns.recompute import item_work
from apps.returns.selectors import run_progress


class Command(BaseCommand):
    help = "Compute the returns of all initiatives, or of one and those it can only be computed with."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--initiative", metavar="KEY", help="only this one")
        parser.add_argument(
            "--wait", action="store_true", help="work it off in this process and say what came of it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.system("recompute_returns command")
        row = None
        if options["initiative"]:
            row = initiative_by_key(actor=actor, key=options["initiative"])
            if row is None:
                raise CommandError(f"There is no initiative with the key “{options['initiative']}”.")
        run = services.recompute_request(actor=actor, now=timezone.now(), initiative=row)
        total = run_progress(actor=actor, run=run).total
        if not options["wait"]:
            self.stdout.write(f"Asked for: {total} initiatives. Follow it under /returns/runs/{run.uid}/")
            return
        self.work_off(run)
        run.refresh_from_db()
        state = run_progress(actor=actor, run=run)
        self.stdout.write(
            f"{run.get_state_display()}: {state.done} of {state.total} initiatives, {state.changed} changed, "
            f"{state.failed} failed."
        )
        for item in state.items:
            if item.error:
                self.stderr.write(item.error)
        if run.state != RunState.DONE:
            raise CommandError("Not all could be computed.")

    def work_off(self, run: RecomputeRun) -> None:
        """Each piece here unless a worker has it; then wait for that worker."""
        for pk in run.items.order_by("position").values_list("id", flat=True):
            item_work(key=str(pk), payload={}, now=timezone.now())
        keys = [str(pk) for pk in run.items.values_list("id", flat=True)]
        while run.items.filter(state__in=(RunState.QUEUED, RunState.RUNNING)).exists():
            time.sleep(0.5)
        Outbox.objects.filter(
            topic=services.ITEM_TOPIC, key__in=keys, done_at__isnull=True, lease_until__isnull=True
        ).update(done_at=timezone.now())
