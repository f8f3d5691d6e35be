from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.services import verify


class Command(BaseCommand):
    help = "Recompute the audit log's hash chain and name any stretch that was changed."

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = verify()
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write("The audit log is intact.")
