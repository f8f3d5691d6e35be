"""A database for one `manage.py` command: the running one, or one started for as long as the command takes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cxplatform.embedded.binaries import EmbeddedError
from cxplatform.embedded.postgres import Postgres
from cxplatform.embedded.state import (
    VAR,
    AlreadyRunning,
    RunLock,
    clear_run,
    database_environment,
    read_run,
    write_run,
)

WITHOUT_DATABASE = {
    "help", "--help", "-h", "version", "--version", "check", "collectstatic", "compilemessages", "diffsettings",
    "findstatic", "makemessages", "spectacular", "startapp",
}  # fmt: skip
AS_OWNER = {
    "backup", "createcachetable", "flush", "grant_app_role", "makemigrations", "migrate", "prepare", "restore",
    "sqlflush", "sqlmigrate", "test",
}  # fmt: skip
WAIT_SECONDS = 600.0


@contextmanager
def database_for(argv: Sequence[str]) -> Iterator[None]:
    """Put the embedded database's address into our environment for the command named by `argv[1]`.

    Nothing happens when DATABASE_URL is set or the command needs no database. Commands that change tables sign in
    as their owner, all others as the application. Raises EmbeddedError with what to do.
    """
    command = argv[1] if len(argv) > 1 else "help"
    if os.environ.get("DATABASE_URL") or command in WITHOUT_DATABASE or "--help" in argv:
        yield
        return
    lock = RunLock()
    started: Postgres | None = None
    if _take_or_find_server(lock):
        note = read_run()
        app_url, owner_url = note["app_url"], note["owner_url"]
    else:
        started = Postgres(VAR / "pg")
        started.start(VAR / "log" / "postgres.log")
        app_url, owner_url = started.app_url, started.owner_url
        write_run({"kind": "command", "pid": os.getpid(), "command": command})
    os.environ.update(database_environment(app_url=app_url, owner_url=owner_url))
    if command in AS_OWNER:
        os.environ["DATABASE_URL"] = owner_url
    try:
        yield
    finally:
        if started:
            started.stop()
            clear_run()
            lock.release()


def _take_or_find_server(lock: RunLock) -> bool:
    """True when start.py runs a server we may use; False when we now hold the lock and must start one ourselves."""
    deadline = time.monotonic() + WAIT_SECONDS
    told = False
    while True:
        try:
            lock.take()
            return False
        except AlreadyRunning:
            note = read_run()
            if note.get("kind") == "start" and note.get("app_url"):
                return True
        if time.monotonic() > deadline:
            raise EmbeddedError(
                "Another command has used this folder's database for ten minutes. Try again later."
            )
        if not told:
            print("Waiting for another command of this folder to finish …", flush=True)
            told = True
        time.sleep(0.2)
