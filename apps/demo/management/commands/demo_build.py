from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from apps.accounts.selectors import organisation
from apps.demo.build import SEED, build


class Command(BaseCommand):
    help = (
        "Build the demo organisation in an empty installation (does nothing when there is an organisation)."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--seed", type=int, default=SEED)

    def handle(self, *args: Any, **options: Any) -> None:
        if organisation() is not None:
            self.stdout.write("There is an organisation already: nothing was built.")
            return
        began = time.monotonic()

        def say(text: str) -> None:
            self.stdout.write(f"  {time.monotonic() - began:5.1f} s  {text}")

        with transaction.atomic():  # an interrupted build leaves nothing half
            build(now=timezone.now(), var=settings.VAR, seed=options["seed"], say=say)
        self.stdout.write(f"The demo organisation is ready after {time.monotonic() - began:.0f} s.")
