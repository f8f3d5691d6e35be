"""Children that do not outlive us, and come back when they die."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

LOG_KEEP_BYTES = 10 * 1024 * 1024
QUICK_DEATH_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 30.0
PR_SET_PDEATHSIG = 1


def dies_with_parent(signal_number: int) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends the child `signal_number` when we end, however we end (Linux only)."""
    parent = os.getpid()

    def prepare() -> None:
        os.umask(0o077)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number)
            if os.getppid() != parent:  # the parent died between fork and prctl
                os._exit(1)

    return prepare


def open_log(path: Path) -> IO[bytes]:
    """Open a log for appending, after moving a large one aside (`name.log.1` is the only old one kept)."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_KEEP_BYTES:
            path.replace(path.with_name(path.name + ".1"))
    return open(path, "ab")


def trim_log(path: Path) -> None:
    """Bound a log that is being written: copy it aside and empty it (children append, so they go on at the start)."""
    with contextlib.suppress(OSError):
        if path.stat().st_size > LOG_KEEP_BYTES:
            path.with_name(path.name + ".1").write_bytes(path.read_bytes())
            os.truncate(path, 0)


def spawn(
    argv: Sequence[str], *, log: Path, env: Mapping[str, str] | None, cwd: Path, **more: Any
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C in the terminal reaches only us."""
    with open_log(log) as out:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),
            **more,
        )


def kill_group(pid: int, signal_number: int = signal.SIGKILL) -> None:
    """Send a signal to a whole process group; one that is gone is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal_number)


class Child:
    """One supervised process: started, restarted with growing pauses, stopped with its whole group."""

    def __init__(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.env = env
        self.cwd = cwd
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.quick_deaths = 0
        self.restart_at: float | None = None

    @property
    def pid(self) -> int:
        """The process id of the running child, or 0."""
        return self.process.pid if self.process else 0

    def start(self) -> None:
        """Start it now."""
        self.process = spawn(self.argv, log=self.log, env=self.env, cwd=self.cwd)
        self.started_at = time.monotonic()
        self.restart_at = None

    def died(self) -> int | None:
        """Its exit status, once, when it has just ended; the next start is then planned and its leftovers are killed."""
        if self.process is None or self.restart_at is not None:
            return None
        status = self.process.poll()
        if status is None:
            return None
        kill_group(self.process.pid)
        quick = time.monotonic() - self.started_at < QUICK_DEATH_SECONDS
        self.quick_deaths = self.quick_deaths + 1 if quick else 0
        self.restart_at = time.monotonic() + self.pause_seconds()
        return status

    def died_quickly(self) -> bool:
        """Whether the last death came within ten seconds of the start."""
        return self.quick_deaths > 0

    def pause_seconds(self) -> float:
        """How long to wait before the next start: half a second, doubling while it keeps dying at once."""
        return float(min(LONGEST_PAUSE_SECONDS, 0.5 * 2**self.quick_deaths))

    def restart_is_due(self) -> bool:
        """Whether a planned restart should happen now."""
        return self.restart_at is not None and time.monotonic() >= self.restart_at

    def ask_to_stop(self) -> None:
        """Ask for an orderly end."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait_stopped(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic seconds), then end the whole group by force."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            pass
        kill_group(self.process.pid)
        self.process.wait()


def command_line(pid: int) -> list[str]:
    """The arguments a running process was started with; empty when it is gone or cannot be read."""
    try:
        return [os.fsdecode(part) for part in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") if part]
    except FileNotFoundError:
        pass
    except OSError:
        return []
    if Path("/proc/self/cmdline").exists():
        return []
    answer = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.split()
