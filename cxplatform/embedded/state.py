"""What lies under `var/`: the run lock, the note of what runs, the secret key, and the environment for children."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import IO, Any

PROJECT = Path(__file__).resolve().parents[2]
VAR = PROJECT / "var"
DEFAULT_PORT = 8000


class AlreadyRunning(RuntimeError):
    """Another process of this folder holds the run lock."""


class RunLock:
    """`flock` on var/run.lock: held by whoever runs the embedded database; the kernel frees it on any death."""

    def __init__(self, var: Path = VAR) -> None:
        self.path = var / "run.lock"
        self.file: IO[str] | None = None

    def take(self) -> None:
        """Take the lock or raise `AlreadyRunning` at once."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            handle = open(self.path, "a+")  # noqa: SIM115  open for as long as the lock is held
        except PermissionError as error:
            raise AlreadyRunning(
                f"{self.path} belongs to another user. Run as that user, or work in a clone of your own."
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.close()
            raise AlreadyRunning("already running in this folder") from error
        self.file = handle

    def release(self) -> None:
        """Give the lock back."""
        if self.file:
            self.file.close()
            self.file = None


def write_private(path: Path, text: str) -> None:
    """Write a file only we may read, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    scratch.replace(path)


def read_json(path: Path) -> Any:
    """A JSON file's content, or None when it is missing or torn."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


def read_run(var: Path = VAR) -> dict[str, Any]:
    """What the last start wrote about itself: kind, pid, urls, children, web address."""
    found = read_json(var / "run.json")
    return found if isinstance(found, dict) else {}


def write_run(note: dict[str, Any], var: Path = VAR) -> None:
    """Store the note for `manage.py` and for the next start."""
    write_private(var / "run.json", json.dumps(note, indent=1))


def clear_run(var: Path = VAR) -> None:
    """Forget the note: nothing runs any more."""
    (var / "run.json").unlink(missing_ok=True)


def secret_key(var: Path = VAR) -> str:
    """This installation's secret key: made at the first start, readable only by us."""
    path = var / "secret_key"
    with contextlib.suppress(FileNotFoundError):
        found = path.read_text().strip()
        if len(found) >= 50:
            return found
    key = secrets.token_urlsafe(64)
    write_private(path, key)
    return key


def database_environment(*, app_url: str, owner_url: str, var: Path = VAR) -> dict[str, str]:
    """The variables that make the code run against the embedded database."""
    return {
        "DATABASE_URL": app_url,
        "DATABASE_OWNER_URL": owner_url,
        "CX_EMBEDDED": "1",
        "CX_SECRET_KEY": secret_key(var),
        "CX_VAR": str(var),
    }


def base_environment() -> dict[str, str]:
    """Our environment with the virtual environment's programs first, unbuffered and in UTF-8."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "DJANGO_SETTINGS_MODULE": "cxplatform.settings",
    }


def empty_queue(var: Path = VAR) -> None:
    """Throw away all queued messages: the rows in the database say what is still to do, and are dispatched again."""
    shutil.rmtree(var / "queue", ignore_errors=True)
    (var / "queue").mkdir(mode=0o700, parents=True, exist_ok=True)
