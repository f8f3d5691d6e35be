"""A copy of the project that start.py can be run in, with the packages of this one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from cxplatform.embedded.state import PROJECT

PATIENCE = 4  # times what an idle machine needs: the tests must hold on a busy one
PARTS = (
    "start.py",
    "manage.py",
    "pyproject.toml",
    "requirements.txt",
    "apps",
    "cxplatform",
    "static",
    "templates",
    "locale",
)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment() -> dict[str, str]:
    """Our environment without the tests' database and switches."""
    dropped = ("DATABASE_URL", "DATABASE_OWNER_URL", "DJANGO_SETTINGS_MODULE", "PYTHONPATH")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in dropped and not name.startswith("CX_")
    }


class Checkout:
    """A project folder of its own, and the start.py that runs in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None
        self.port = free_port()
        self.said = folder / "said.txt"
        folder.mkdir(parents=True)
        for part in PARTS:
            source = PROJECT / part
            if source.is_dir():
                shutil.copytree(source, folder / part)
            elif source.exists():
                shutil.copy2(source, folder / part)
        environment = Path(sys.prefix)
        (folder / ".venv").symlink_to(environment)

    def run(self, *arguments: str, seconds: float = 240) -> subprocess.CompletedProcess[str]:
        """Run start.py to its end."""
        argv = [sys.executable, "start.py", *arguments]
        return subprocess.run(
            argv,
            cwd=self.folder,
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def manage(self, *arguments: str) -> str:
        """Run a manage.py command; its output."""
        argv = [sys.executable, "manage.py", *arguments]
        answer = subprocess.run(
            argv,
            cwd=self.folder,
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout

    def start(self, *arguments: str) -> None:
        """Start it and wait until it says where to open the browser."""
        with open(self.said, "w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "start.py", "--port", str(self.port), *arguments],
                cwd=self.folder,
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self.wait_until(lambda: "Open http" in self.said.read_text() or self.process.poll() is not None, 90)
        assert "Open http" in self.said.read_text(), self.said.read_text()

    def wait_until(self, true: Any, seconds: float) -> None:
        """Wait for a condition, or fail with what start.py said."""
        deadline = time.monotonic() + PATIENCE * seconds
        while not true():
            assert time.monotonic() < deadline, (
                f"not within {PATIENCE * seconds} s; it said:\n{self.said.read_text()}"
            )
            time.sleep(0.1)

    def ready(self) -> bool:
        """Whether every part is well."""
        with (
            contextlib.suppress(OSError, ValueError),
            urllib.request.urlopen(self.url("/readyz"), timeout=5) as answer,
        ):
            return bool(json.load(answer)["status"] == "ok")
        return False

    def url(self, path: str) -> str:
        """An address of the running site."""
        return f"http://127.0.0.1:{self.port}{path}"

    def note(self) -> dict[str, Any]:
        """What the running start wrote about itself."""
        return dict(json.loads((self.folder / "var" / "run.json").read_text()))

    def child(self, word: str) -> int:
        """The process id of the child whose arguments contain `word`."""
        return next(pid for pid, argv in self.note()["children"] if word in argv)

    def database_pid(self) -> int:
        """The process id of the database server."""
        socket_folder = self.note()["app_url"].partition("host=")[2].replace("%2F", "/")
        lock = Path(socket_folder) / ".s.PGSQL.5432.lock"
        return int(lock.read_text().splitlines()[0])

    def processes(self) -> list[str]:
        """Command lines of all processes that still belong to this folder."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with contextlib.suppress(OSError):
                    text = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if str(self.folder) in text or os.readlink(entry / "cwd") == str(self.folder):
                        found.append(text)
        return found

    def stop(self) -> int:
        """Press Ctrl-C and wait; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(120)

    def clean_up(self) -> None:
        """End it whatever state it is in, and delete its data."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                os.kill(self.process.pid, signal.SIGKILL)
        self.run("reset", "--yes")
        shutil.rmtree(self.folder, ignore_errors=True)
