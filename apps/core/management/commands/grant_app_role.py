from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection, transaction

from apps.core.roles import grant_rows, limit_waiting, role_exists


class Command(BaseCommand):
    """Give the application's database role exactly what it needs; safe to repeat after every migration."""

    help = "Grants the application role its rights on all tables: rows only, and no rewriting of audit rows."

    def add_arguments(self, parser: CommandParser) -> None:
        """One option: the name of the role."""
        parser.add_argument(
            "--role", default="cxp_app", help="the role the web and worker processes sign in as"
        )

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        """Grant, then try to set the role's time limits, which needs more rights than owning the tables."""
        if not role_exists(role):
            self.stderr.write(f"There is no role {role}. Create it: CREATE ROLE {role} LOGIN PASSWORD '…'")
            raise SystemExit(1)
        with transaction.atomic():
            grant_rows(role)
        try:
            with transaction.atomic():
                limit_waiting(role)
        except DatabaseError:
            if options["verbosity"] and not connection.settings_dict["HOST"].startswith("/"):
                self.stderr.write(
                    f"The time limits of {role} were left as they are: setting them needs CREATEROLE."
                )
