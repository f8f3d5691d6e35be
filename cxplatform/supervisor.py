"""Runs the product on one machine: database, web, workers, scheduler, relay; brings back what dies, stops it all.

Started by start.py inside the virtual environment. One per folder, by a lock that the kernel frees on any death.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cxplatform.embedded.binaries import EmbeddedError
from cxplatform.embedded.network import choose_port, lan_address, lan_names
from cxplatform.embedded.postgres import Postgres
from cxplatform.embedded.processes import Child, command_line, kill_group, spawn, trim_log
from cxplatform.embedded.state import (
    PROJECT,
    VAR,
    AlreadyRunning,
    RunLock,
    base_environment,
    clear_run,
    database_environment,
    empty_queue,
    read_json,
    read_run,
    write_private,
    write_run,
)

LOGS = VAR / "log"
WEB_READY_SECONDS = 90.0
STOP_SECONDS = 20.0
STEP_STOP_SECONDS = 3.0
LOG_CHECK_SECONDS = 60.0
KEPT_BY_RESET = {"log", "run.lock", "install.lock"}


class Stopped(Exception):
    """A person asked us to stop while we were still starting."""


class StepFailed(RuntimeError):
    """A part of the start failed; the text says where to look."""


def say(text: str = "") -> None:
    """Print at once; a closed terminal is no reason to die."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


class Supervisor:
    """One run, from the lock to the last stopped child."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.lock = RunLock()
        self.postgres: Postgres | None = None
        self.children: list[Child] = []
        self.stopping = False
        self.address = ""

    def run(self) -> int:
        """Start everything, watch it, stop everything; the exit status for the shell."""
        try:
            self.lock.take()
        except AlreadyRunning as found:
            say(self._explain_running(str(found)))
            return 1
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        try:
            self._clear_orphans()
            self._start()
            self._watch()
            return 0
        except Stopped:
            return 130
        except (EmbeddedError, StepFailed) as error:
            say(f"\n{error}")
            return 1
        finally:
            self._stop()
            self.lock.release()

    def _ask_to_stop(self, *_: Any) -> None:
        self.stopping = True

    def _explain_running(self, found: str) -> str:
        note = read_run()
        if note.get("kind") == "start" and note.get("address"):
            where = f"at {note['address']} (process {note['pid']}). Stop it there with Ctrl-C, or: kill {note['pid']}"
            return f"This folder's CX platform is already running {where}"
        if note.get("kind") == "command":
            return f"`manage.py {note.get('command')}` is using this folder's database. Start again when it is done."
        return f"CX platform: {found}. It may still be starting or stopping; try again in a few seconds."

    def _clear_orphans(self) -> None:
        """End what a killed start left behind; each process is recognised by its whole command line."""
        for pid, argv in read_run().get("children", []):
            if command_line(pid) == argv:
                say(f"  ending a left-over process {pid} of an earlier start")
                kill_group(pid)
        clear_run()
        empty_queue()

    def _start(self) -> None:
        host = "0.0.0.0" if self.options.lan else "127.0.0.1"  # noqa: S104  asked for by --lan
        port = choose_port(host, self.options.port)
        name = lan_address() if self.options.lan else "localhost"
        self.address = f"http://{name}:{port}"
        say("CX platform")
        env = {**base_environment(), **self._database()}
        env.setdefault("CX_PUBLIC_URL", self.address)
        if self.options.lan:
            known = env.get("CX_ALLOWED_HOSTS", "")
            env["CX_ALLOWED_HOSTS"] = ",".join([*filter(None, [known]), *lan_names()])
        self._note(env)
        owner = {**env, "DATABASE_URL": env.get("DATABASE_OWNER_URL") or env["DATABASE_URL"]}
        self._step("tables and static files", ["manage.py", "prepare"], owner)
        self._fill({**owner, "DATABASE_OWNER_URL": owner["DATABASE_URL"]})
        commands = child_commands(host, port)
        self.children = [
            Child(name, argv, env=env, cwd=PROJECT, log=LOGS / f"{name}.log")
            for name, argv in commands.items()
        ]
        for child in self.children:
            child.start()
        self._note(env)
        self._wait_for_web(port)
        self._welcome()

    def _database(self) -> dict[str, str]:
        """The variables of the database: the one given by DATABASE_URL, or the embedded one, started now."""
        if os.environ.get("DATABASE_URL"):
            return {"CX_VAR": str(VAR)}
        began = time.monotonic()
        if not (VAR / "pg").exists():
            say("  creating the database …")
        self.postgres = Postgres(VAR / "pg")
        self.postgres.start(LOGS / "postgres.log")
        say(f"  database ready ({time.monotonic() - began:.1f} s)")
        return database_environment(app_url=self.postgres.app_url, owner_url=self.postgres.owner_url)

    def _note(self, env: Mapping[str, str]) -> None:
        """Tell `manage.py` and the next start what runs."""
        write_run(
            {
                "kind": "start",
                "pid": os.getpid(),
                "address": self.address,
                "app_url": env["DATABASE_URL"],
                "owner_url": env.get("DATABASE_OWNER_URL", env["DATABASE_URL"]),
                "children": [[child.pid, child.argv] for child in self.children if child.pid],
            }
        )

    def _step(self, label: str, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        """Run one `manage.py` command to its end, stoppable; StepFailed with the end of its log otherwise."""
        began = time.monotonic()
        log = LOGS / "setup.log"
        earlier = log.stat().st_size if log.exists() else 0
        process = spawn([sys.executable, *arguments], log=log, env=env, cwd=PROJECT)
        told = began
        while process.poll() is None:
            if self.stopping:
                kill_group(process.pid, signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(STEP_STOP_SECONDS)
                kill_group(process.pid)  # deep in a long statement it hears nothing; the database rolls back
                process.wait()
                raise Stopped
            time.sleep(0.05)
            if time.monotonic() - told > 10:
                told = time.monotonic()
                say(f"  {label}: {told - began:.0f} s so far{last_words(log, earlier)}")
        if process.returncode:
            tail = log.read_text(errors="replace")[-1500:].strip()
            raise StepFailed(
                f"The step '{label}' failed. The end of {log}:\n\n{tail}\n\n"
                "Mend the cause and start again; `python3 start.py reset` starts over with empty data."
            )
        say(f"  {label} ready ({time.monotonic() - began:.1f} s)")

    def _fill(self, env: Mapping[str, str]) -> None:
        """At the very first start: the demo organisation, or nothing with --empty."""
        mark = VAR / "filled"
        if mark.exists():
            return
        if self.options.empty:
            write_private(mark, "empty\n")
            return
        say("  building the demo organisation (once, about a minute) …")
        self._step("demo organisation", ["manage.py", "demo_build"], env)
        write_private(mark, "demo\n")

    def _wait_for_web(self, port: int) -> None:
        deadline = time.monotonic() + WEB_READY_SECONDS
        while time.monotonic() < deadline:
            if self.stopping:
                raise Stopped
            with contextlib.suppress(OSError):
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                with opener.open(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            self._revive()
            time.sleep(0.1)
        tail = (LOGS / "web.log").read_text(errors="replace")[-1500:].strip()
        raise StepFailed(f"The web server does not answer. The end of {LOGS / 'web.log'}:\n\n{tail}")

    def _welcome(self) -> None:
        people = read_json(VAR / "demo.json") or []
        say(f"\nOpen {self.address}")
        if people:
            say("Sign in as one of the demo people:")
            wide = max(len(person["role"]) for person in people)
            long = max(len(person["email"]) for person in people)
            for person in people:
                say(f"  {person['role']:<{wide}}  {person['email']:<{long}}  {person['password']}")
        say(f"Ctrl-C stops everything, the database included. Logs: {LOGS}")

    def _watch(self) -> None:
        checked = time.monotonic()
        while not self.stopping:
            time.sleep(0.2)
            self._revive()
            if time.monotonic() - checked > LOG_CHECK_SECONDS:
                checked = time.monotonic()
                for log in LOGS.glob("*.log"):
                    trim_log(log)

    def _revive(self) -> None:
        """Bring back whatever died: the database at once, children after a pause that grows while they keep dying."""
        if self.stopping:
            return
        if self.postgres and self.postgres.died():
            self._revive_database(self.postgres)
        for child in self.children:
            status = child.died()
            if status is not None:
                say(f"  {child.name} ended ({status}); starting it again in {child.pause_seconds():.1f} s")
                if child.died_quickly() and child.name.startswith("worker"):
                    empty_queue()  # a message may be what kills it; the rows are dispatched again
            if child.restart_is_due():
                child.start()
                self._note(child.env)

    def _revive_database(self, postgres: Postgres) -> None:
        say("  the database ended; starting it again")
        for attempt in range(10):
            try:
                postgres.start(LOGS / "postgres.log")
            except EmbeddedError as error:  # orphaned sessions may hold the shared memory for a moment
                if attempt == 9 or self.stopping:
                    raise
                say(f"  not yet: {str(error).splitlines()[0]}")
                time.sleep(min(5.0, 0.5 * 2**attempt))
            else:
                say("  the database is back")
                return

    def _stop(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if self.children or self.postgres:
            say("\nStopping …")
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            child.wait_stopped(deadline)
        if self.postgres:
            self.postgres.stop()
        if self.children or self.postgres:
            clear_run()
            say("Stopped.")


def last_words(log: Path, earlier: int) -> str:
    """What a step said last after byte `earlier` of its log, as an addition to a line; empty when nothing readable."""
    lines = log.read_bytes()[earlier:].decode(errors="replace")[-500:].strip().splitlines()
    words = " ".join(lines[-1].split()) if lines else ""
    return f" ({words[:70]})" if words and not words.startswith(("{", "Traceback", "File ")) else ""


def child_commands(host: str, port: int, var: Path = VAR) -> dict[str, list[str]]:
    """The argument lists of all long-running processes; production runs the same ones, any number of web and worker."""
    python = sys.executable
    worker = [python, "-m", "celery", "-A", "cxplatform.celery", "worker", "--loglevel", "INFO"]
    worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    web = [python, "-m", "gunicorn", "cxplatform.wsgi", "--bind", f"{host}:{port}", "--workers", "2"]
    web += ["--worker-class", "gthread", "--threads", "4", "--timeout", "60", "--graceful-timeout", "8"]
    web += ["--backlog", "256", "--max-requests", "5000", "--max-requests-jitter", "500"]
    web += ["--no-control-socket"]  # otherwise all checkouts of a user share one in the home folder
    beat = [python, "-m", "celery", "-A", "cxplatform.celery", "beat", "--loglevel", "WARNING", "--pidfile="]
    return {
        "web": web,
        "worker": [*worker, "-Q", "default", "-c", "1", "-n", "quick@%h"],
        "worker-jobs": [*worker, "-Q", "imports,returns", "-c", "2", "-n", "jobs@%h"],
        "scheduler": [*beat, "--schedule", str(var / "beat-schedule")],
        "relay": [python, "manage.py", "relay"],
    }


def reset(*, sure: bool) -> int:
    """Delete all data of this folder: database, uploads, keys, queue. Logs stay."""
    lock = RunLock()
    try:
        lock.take()
    except AlreadyRunning:
        say("It is running in this folder. Stop it first (Ctrl-C in its terminal).")
        return 1
    if not sure:
        if not sys.stdin.isatty():
            say("This deletes all data of this folder. Say so: python3 start.py reset --yes")
            return 1
        if input(f"Delete all data in {VAR}, the database included? [y/N] ").strip().lower() not in {
            "y",
            "yes",
        }:
            say("Nothing was deleted.")
            return 1
    if (VAR / "pg").exists():
        Postgres(VAR / "pg").remove()
    for path in VAR.iterdir():
        if path.name not in KEPT_BY_RESET:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    lock.release()
    say("All data are deleted. `python3 start.py` starts over.")
    return 0


def main(arguments: Sequence[str]) -> int:
    """Parse the command line of start.py and do it."""
    parser = argparse.ArgumentParser(prog="start.py", description="Runs the CX platform on this machine.")
    parser.add_argument(
        "--port", type=int, help="the port to listen on (default: 8000, or the next free one)"
    )
    parser.add_argument(
        "--lan", action="store_true", help="let other devices of this network in, over plain http"
    )
    parser.add_argument("--empty", action="store_true", help="first start without the demo organisation")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("test", help="run the tests on a throw-away database")
    commands.add_parser("reset", help="delete all data").add_argument("--yes", action="store_true")
    options = parser.parse_args(arguments)
    try:
        return reset(sure=options.yes) if options.command == "reset" else Supervisor(options).run()
    except EmbeddedError as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
