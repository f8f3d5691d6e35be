"""Runs the tests on a throw-away database cluster that is deleted afterwards, never on the application's."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cxplatform.embedded.binaries import EmbeddedError
from cxplatform.embedded.postgres import Postgres
from cxplatform.embedded.state import PROJECT, base_environment

PREFIX = f"cxp-test-{os.geteuid()}-"
NEW_SECONDS = 120.0


@contextmanager
def throwaway_cluster(*, safe: bool = False) -> Iterator[Postgres]:
    """A cluster for as long as the block, quick and without safety on disk unless `safe`.

    What killed runs left behind is removed first.
    """
    sweep_leftovers()
    home = Path(tempfile.mkdtemp(prefix=PREFIX))
    with open(home / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # says to other runs' sweeps that we are alive
        cluster = Postgres(home / "pg", throwaway=not safe)
        try:
            cluster.start(home / "postgres.log")
            yield cluster
        finally:
            cluster.stop()
            cluster.remove()
            shutil.rmtree(home, ignore_errors=True)


def sweep_leftovers() -> None:
    """Remove the clusters of runs that were killed: their lock is free."""
    for home in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if home.lstat().st_uid != os.geteuid():
            continue
        try:
            with open(home / "lock", "a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - home.stat().st_mtime < NEW_SECONDS and not (home / "pg").exists():
                    continue  # a run that has only just begun and has no lock yet
                if (home / "pg").exists():
                    Postgres(home / "pg", throwaway=True).remove()
                shutil.rmtree(home, ignore_errors=True)
        except OSError:
            continue  # in use


def spread(arguments: Sequence[str]) -> list[str]:
    """Arguments that spread a whole run over the cores (a file stays on one core); none for a few files or a debugger."""
    named = [argument for argument in arguments if not argument.startswith("-")]
    alone = any(argument.startswith(("-n", "--pdb", "--co", "-x", "-s", "--lf")) for argument in arguments)
    few = bool(named) and all(".py" in argument for argument in named)
    cores = min(4, os.cpu_count() or 1)
    return [] if alone or few or cores < 2 else ["-n", str(cores), "--dist", "loadfile"]


def main(arguments: Sequence[str]) -> int:
    """Run pytest with `arguments` and return its exit status; Ctrl-C stops it in order."""
    began = time.monotonic()
    with throwaway_cluster() as cluster:
        print(f"  throw-away database ready in {time.monotonic() - began:.1f} s", flush=True)
        env = {**base_environment(), "DATABASE_URL": cluster.owner_url, "CX_TESTING": "1"}
        for name in ("CX_BROKER_URL", "CX_CACHE_URL", "CX_SMTP_URL", "CX_PUBLIC_URL"):
            env.pop(name, None)
        child = subprocess.Popen(
            [sys.executable, "-m", "pytest", *spread(arguments), *arguments], cwd=PROJECT, env=env
        )
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # the terminal sends Ctrl-C to pytest too: it reports and ends
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        return child.wait()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EmbeddedError as error:
        sys.exit(str(error))
