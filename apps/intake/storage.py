"""Uploaded files on disk, under generated names beside the other media. Nothing here is ever served or run."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from apps.core.ids import new_uid
from apps.intake.reading import limits
from apps.intake.reading.faults import FileRefused

FOLDER = "imports"


@dataclass(frozen=True, slots=True)
class Stored:
    """A kept upload: its generated name, SHA-256 and size in bytes."""

    name: str
    sha256: str
    size: int


def path_of(name: str) -> Path:
    """Where a kept file lies; only generated names are ever asked for."""
    return Path(settings.MEDIA_ROOT) / FOLDER / Path(name).name


def upload_keep(chunks: Iterable[bytes], filename: str, *, size: int = 0) -> Stored:
    """Write an upload to disk while counting and hashing it. Refuses what is too big or would fill the disk."""
    limit = min(limits.MAX_FILE_BYTES, settings.CX_UPLOAD_LIMIT)
    too_big = FileRefused(
        "too_big",
        _("The file is larger than %(limit)d MB.") % {"limit": limit // limits.MEGABYTE},
        remedy=_("Split it into several files."),
    )
    if size > limit:
        raise too_big
    folder = Path(settings.MEDIA_ROOT) / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < 3 * max(size, limits.MEGABYTE):
        raise FileRefused(
            "disk",
            _("There is too little space on the server."),
            remedy=_("Ask the administrator to free some."),
        )
    suffix = ".xlsx" if filename.lower().endswith((".xlsx", ".xlsm")) else ".csv"
    path = folder / f"{new_uid()}{suffix}"
    digest, written = hashlib.sha256(), 0
    try:
        with path.open("xb") as target:
            for chunk in chunks:
                written += len(chunk)
                if written > limit:
                    raise too_big
                digest.update(chunk)
                target.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Stored(path.name, digest.hexdigest(), written)


def upload_forget(name: str) -> None:
    """Remove a kept file; absent is as good."""
    if name:
        path_of(name).unlink(missing_ok=True)


def file_chunks(path: Path, size: int = 1024 * 1024) -> Iterable[bytes]:
    with path.open("rb") as handle:
        while chunk := handle.read(size):
            yield chunk
