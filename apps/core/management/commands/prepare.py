from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from apps.core.roles import role_exists

APP_ROLE = "cxp_app"


class Command(BaseCommand):
    """Bring database and static files up to the code: what every start does first, and every deployment once."""

    help = "Migrates, makes the cache table, grants the application role its rights and collects changed static files."

    def handle(self, *args: Any, **options: Any) -> None:
        """Each part does nothing when there is nothing to do."""
        quiet = {"verbosity": 0}
        call_command("migrate", interactive=False, **quiet)
        call_command("createcachetable", **quiet)
        if role_exists(APP_ROLE):
            call_command("grant_app_role", role=APP_ROLE, **quiet)
        self._collect_static()

    def _collect_static(self) -> None:
        mark = Path(settings.STATIC_ROOT) / ".digest"
        digest = static_digest()
        if mark.exists() and mark.read_text() == digest:
            return
        call_command("collectstatic", interactive=False, clear=True, ignore_patterns=["redoc*"], verbosity=0)
        mark.write_text(digest)


def static_digest() -> str:
    """A digest over name, size and time of every static file of the project and of the installed apps."""
    folders = [Path(folder) for folder in settings.STATICFILES_DIRS]
    folders += [Path(config.path) / "static" for config in apps.get_app_configs()]
    seen = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                stat = path.stat()
                seen.update(f"{path}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
    return seen.hexdigest()
