"""`manage.py cases_sweep`: mark missed targets once, now or from a fixed instant."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.cases.management.instants import instant_option
from apps.cases.services import breaches_sweep
from apps.core.actor import Actor


class Command(BaseCommand):
    help = "Mark the targets that were missed by now (the scheduler does it each minute)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--now", type=instant_option, help="The instant to look from, for example 2018-10-31."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = options["now"] or timezone.now()
        contacts = resolutions = 0
        while True:
            swept = breaches_sweep(actor=Actor.system("cases_sweep"), now=now)
            if swept.refused:
                self.stderr.write(f"nothing was marked: {swept.refused}")
                return
            contacts += swept.contacts
            resolutions += swept.resolutions
            if not swept.is_more:
                break
        self.stdout.write(f"{contacts} first contacts and {resolutions} resolutions missed their target")
