from __future__ import annotations

import getpass
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.accounts.services import organisation_setup
from apps.core.actor import Actor
from apps.core.errors import DomainError


class Command(BaseCommand):
    help = "Set up the organisation and its first administrator without a browser (the password: asked, or CX_ADMIN_PASSWORD)."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--name", required=True, help="name of the organisation")
        parser.add_argument("--currency", default="EUR", help="three letters")
        parser.add_argument("--time-zone", default="Europe/Berlin")
        parser.add_argument("--fiscal-year-start", type=int, default=1, help="month, 1 to 12")
        parser.add_argument("--admin-email", required=True)
        parser.add_argument("--admin-name", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("CX_ADMIN_PASSWORD") or getpass.getpass("Password of the administrator: ")
        if len(password) < 12:
            raise CommandError("The password needs at least 12 characters.")
        names = ("name", "currency", "time_zone", "fiscal_year_start", "admin_email", "admin_name")
        try:
            organisation_setup(
                actor=Actor.system("manage.py setup"),
                now=timezone.now(),
                admin_password=password,
                **{name: options[name] for name in names},
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{options['name']} is set up. Sign in as {options['admin_email']}.")
