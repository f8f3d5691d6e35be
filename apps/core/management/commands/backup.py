from __future__ import annotations

import io
import json
import os
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.utils import timezone

from apps.core import backup


class Command(BaseCommand):
    """Write database, uploads and secret key into one file, all of one moment, while people go on working."""

    help = "Writes a backup (database, uploaded files, secret key) into one tar file. Keep it as safe as the data."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file to write."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="overwrite an existing file")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        """Dump and digest one snapshot of the database, then pack. The file appears only when it is complete."""
        began = time.monotonic()
        if file.exists() and not replace:
            raise CommandError(f"{file} exists. Choose another name, or say --replace.")
        if not file.resolve().parent.is_dir():
            raise CommandError(f"The folder of {file} does not exist.")
        with tempfile.TemporaryDirectory(dir=file.resolve().parent, prefix=".backup-") as scratch:
            dump = Path(scratch) / backup.DUMP
            manifest = self._dump(dump)
            packed = Path(scratch) / "backup.tar"
            descriptor = os.open(
                packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600
            )  # it holds the secret key
            with os.fdopen(descriptor, "wb") as out, tarfile.open(fileobj=out, mode="w") as tar:
                add_text(tar, backup.MANIFEST, json.dumps(manifest, indent=1))
                tar.add(dump, backup.DUMP)
                add_text(tar, backup.KEY, settings.SECRET_KEY)
                if Path(settings.MEDIA_ROOT).is_dir():
                    tar.add(settings.MEDIA_ROOT, backup.MEDIA)
            packed.replace(file)
        rows = sum(int(rows) for rows, _ in manifest["tables"].values())
        size = file.stat().st_size / 1_000_000
        self.stdout.write(
            f"{file}: {len(manifest['tables'])} tables, {rows:,} rows, {size:.1f} MB in {time.monotonic() - began:.1f} s"
        )

    def _dump(self, target: Path) -> dict[str, Any]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            argv = [backup.program("pg_dump"), "-Fc", "--no-owner", "--no-privileges", "--schema=public"]
            backup.run([*argv, f"--snapshot={snapshot}", f"--file={target}"])
            return {
                "format": backup.FORMAT,
                "made_at": timezone.now().isoformat(timespec="seconds"),
                "postgresql": backup.server_version(),
                "tables": backup.digests(),
            }


def add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    """Add a small file from memory."""
    content = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), 0o600, int(time.time())
    tar.addfile(entry, io.BytesIO(content))
