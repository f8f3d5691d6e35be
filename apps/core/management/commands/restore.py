from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from apps.core import backup
from cxplatform.embedded.state import write_private

CLEAR = "DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n"
NEWER_ONLY = b"SET transaction_timeout"  # written by pg_dump 17 and later, unknown to a server of 15 or 16


class Command(BaseCommand):
    """Bring a backup back. The database changes in one transaction: all of the backup is there, or all of before."""

    help = "Restores a backup file into the database, compares every table with it, then applies newer migrations."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and how much care to take."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="replace what the database holds now")

    def handle(self, *args: Any, file: Path, force: bool, **options: Any) -> None:
        """Check, restore, compare, migrate, put uploads and key in place. CommandError leaves everything as it was."""
        began = time.monotonic()
        self._refuse_if_in_use(force)
        settings.VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=settings.VAR, prefix=".restore-") as scratch:
            folder = Path(scratch)
            manifest = unpack(file, folder)
            self._load(folder)
            with transaction.atomic():
                wrong = list(backup.differences(manifest["tables"], backup.digests()))
            if wrong:
                raise CommandError("The restored database differs from the backup:\n" + "\n".join(wrong))
            call_command("prepare", verbosity=0)
            self._place_files(folder)
        rows = sum(int(rows) for rows, _ in manifest["tables"].values())
        self.stdout.write(
            f"Restored {len(manifest['tables'])} tables with {rows:,} rows of {manifest['made_at']}; all equal the backup "
            f"({time.monotonic() - began:.1f} s)."
        )

    def _refuse_if_in_use(self, force: bool) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            others = cursor.fetchone()[0]
            if others:
                raise CommandError(
                    f"{others} other connections use this database. Stop the product first "
                    "(Ctrl-C in the terminal of start.py, or stop the web and worker services)."
                )
            if force or "accounts_user" not in backup.tables():
                return
            cursor.execute("SELECT count(*) FROM accounts_user")
            if cursor.fetchone()[0]:
                raise CommandError("The database is not empty. Say --force to replace everything in it.")

    def _load(self, folder: Path) -> None:
        script = folder / "database.sql"
        raw = folder / "raw.sql"
        backup.run(
            [
                backup.program("pg_restore"),
                "--no-owner",
                "--no-privileges",
                f"--file={raw}",
                str(folder / backup.DUMP),
            ]
        )
        with open(raw, "rb") as lines, open(script, "wb") as out:
            out.write(CLEAR.encode())
            in_header = True
            for line in lines:
                in_header = in_header and not line.startswith(b"COPY ")
                # The schema exists by now, and restoring it again would fail.
                if in_header and line.startswith(
                    (NEWER_ONLY, b"CREATE SCHEMA public", b"COMMENT ON SCHEMA public")
                ):
                    continue
                out.write(line)
        raw.unlink()
        connection.close()
        psql = [backup.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction"]
        backup.run([*psql, "-f", str(script)])

    def _place_files(self, folder: Path) -> None:
        media = Path(settings.MEDIA_ROOT)
        if media.exists() and any(media.iterdir()):
            aside = media.with_name(f"media.before-restore-{int(time.time())}")
            media.rename(aside)
            self.stdout.write(f"The former uploads were moved to {aside}.")
        elif media.exists():
            media.rmdir()
        if (folder / backup.MEDIA).exists():
            (folder / backup.MEDIA).rename(media)
        key = (folder / backup.KEY).read_text()
        write_private(settings.VAR / backup.KEY, key)
        write_private(settings.VAR / "filled", "restored\n")
        if not os.environ.get("CX_EMBEDDED") and os.environ.get("CX_SECRET_KEY", key) != key:
            self.stderr.write(
                f"CX_SECRET_KEY differs from the backup's: set it to the content of {settings.VAR / backup.KEY}"
            )


def unpack(file: Path, folder: Path) -> dict[str, Any]:
    """Unpack a backup into `folder` and return its manifest; CommandError for anything that is not a whole backup."""
    try:
        with tarfile.open(file) as tar:
            for entry in tar:
                unpack_entry(tar, entry, folder)
        manifest = json.loads((folder / backup.MANIFEST).read_text())
    except (OSError, tarfile.TarError, ValueError) as error:
        raise CommandError(f"{file} cannot be read as a backup: {error}") from error
    if manifest.get("format") != backup.FORMAT:
        raise CommandError(f"{file} has format {manifest.get('format')}; this release reads {backup.FORMAT}.")
    return dict(manifest)


def unpack_entry(tar: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
    """Write one member below `folder`: plain files with the names of a backup only (no links, no way out).

    By hand, because `tarfile`'s own filter came with Python 3.11.4 and Debian's 3.11 is older.
    """
    parts = Path(entry.name).parts
    known = {backup.MANIFEST, backup.DUMP, backup.KEY, backup.MEDIA}
    if not parts or parts[0] not in known or ".." in parts or not (entry.isreg() or entry.isdir()):
        raise CommandError(f"This is not a backup of this product: it contains {entry.name!r}.")
    target = folder.joinpath(*parts)
    if entry.isdir():
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = tar.extractfile(entry)
    if content is None:
        raise CommandError(f"This backup is damaged at {entry.name!r}.")
    with open(target, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
        shutil.copyfileobj(content, out)
