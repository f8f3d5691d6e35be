"""A private installation that is started for a tool and gone afterwards: processes, database, broker address, files."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from cxplatform.embedded.postgres import Postgres
from cxplatform.embedded.processes import Child, spawn
from cxplatform.embedded.state import PROJECT, base_environment
from cxplatform.embedded.testrun import throwaway_cluster
from cxplatform.supervisor import child_commands
from tools.probe.apps import TABLE


class Stand:
    """Web, worker, scheduler and relay processes on a database of their own; dead ones are brought back on demand."""

    def __init__(
        self,
        database_url: str,
        *,
        app_url: str = "",
        broker_url: str = "",
        webs: int = 1,
        workers: int = 1,
        postgres: Postgres | None = None,
    ) -> None:
        self.database_url = database_url
        self.postgres = postgres
        self.var = Path(tempfile.mkdtemp(prefix="cxp-stand-"))
        self.ports = [free_port() for _ in range(webs)]
        self.env = {
            **base_environment(),
            "DJANGO_SETTINGS_MODULE": "tools.stand_settings",
            "DATABASE_URL": app_url or database_url,
            "CX_VAR": str(self.var),
            "CX_BROKER_URL": broker_url,
            "CX_SECRET_KEY": secrets.token_urlsafe(60),
            "CX_PUBLIC_URL": f"http://127.0.0.1:{self.ports[0]}",
        }
        self.env.pop("CX_TESTING", None)
        self.children: list[Child] = []
        for number, port in enumerate(self.ports):
            self._add(f"web{number}", child_commands("127.0.0.1", port)["web"])
        commands = child_commands("127.0.0.1", 0, self.var)
        for number in range(workers):
            for name in ("worker", "worker-jobs"):
                argv = [word.replace("@%h", f"{number}@%h") for word in commands[name]]
                self._add(f"{name}{number}", argv)
        for name in ("scheduler", "relay"):
            self._add(name, commands[name])

    def _add(self, name: str, argv: list[str]) -> None:
        self.children.append(
            Child(name, argv, env=self.env, cwd=PROJECT, log=self.var / "log" / f"{name}.log")
        )

    def prepare(self) -> None:
        """Tables, static files, and the probe's tables."""
        self.manage("prepare", as_owner=True)
        self.execute(TABLE)

    def manage(self, *arguments: str, as_owner: bool = False) -> str:
        """Run one `manage.py` command to its end; its output. RuntimeError when it fails."""
        log = self.var / "log" / f"command-{secrets.token_hex(4)}.log"
        argv = [str(self.children[0].argv[0]), "manage.py", *arguments]
        env = {**self.env, "DATABASE_URL": self.database_url} if as_owner else self.env
        status = spawn(argv, log=log, env=env, cwd=PROJECT).wait()
        said = log.read_text(errors="replace")
        if status:
            raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{said[-2000:]}")
        return said

    def start(self) -> None:
        """Start all processes and wait until every web process says that all parts are ready."""
        for child in self.children:
            child.start()
        self.wait(
            "all parts are ready", lambda: all(self.ready(number) for number in range(len(self.ports))), 90
        )

    def ready(self, web: int = 0) -> bool:
        """Whether /readyz is green."""
        status, body = self.get("/readyz", web=web)
        return status == 200 and body.get("status") == "ok"

    def get(self, path: str, *, web: int = 0, seconds: float = 5) -> tuple[int, dict[str, Any]]:
        """GET a JSON page; (0, {}) when nobody answers."""
        return self.request("GET", path, web=web, seconds=seconds)

    def request(
        self, method: str, path: str, body: Any = None, *, web: int = 0, seconds: float = 20, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """A JSON request to one web process: (status, body); (0, {}) when nobody answers."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[web]}{path}", method=method)
        if body is not None:
            request.data = body if isinstance(body, bytes) else json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                request, timeout=seconds
            ) as answer:
                return answer.status, decode(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, decode(error.read())
        except OSError:
            return 0, {}

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Run SQL as the owner of the database."""
        connection = psycopg2.connect(self.database_url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def number(self, query: str, values: tuple[Any, ...] = ()) -> int:
        """The single number a query answers."""
        return int(self.execute(query, values)[0][0])

    def child(self, name: str) -> Child:
        """A process by its name: web0, worker0, worker-jobs0, scheduler, relay."""
        return next(child for child in self.children if child.name == name)

    def revive(self) -> None:
        """Bring back what died, as start.py or a service manager does."""
        if self.postgres and self.postgres.died():
            self.postgres.start(self.var / "log" / "postgres.log")
        for child in self.children:
            child.died()
            if child.restart_is_due():
                child.start()

    def wait(self, what: str, true: Callable[[], bool], seconds: float) -> float:
        """Wait until something holds, reviving the dead meanwhile; the seconds it took. RuntimeError otherwise."""
        began = time.monotonic()
        while True:
            with contextlib.suppress(psycopg2.OperationalError):
                if true():
                    return time.monotonic() - began
            if time.monotonic() - began > seconds:
                raise RuntimeError(f"not within {seconds:.0f} s: {what}\n{self.last_words()}")
            self.revive()
            time.sleep(0.2)

    def last_words(self) -> str:
        """The ends of all logs."""
        logs = sorted((self.var / "log").glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-600:]}" for log in logs)

    def add_rows(self, topic: str, keys: list[str], seconds: float = 0.0) -> None:
        """Write outbox rows as a verb would."""
        for key in keys:
            self.execute(
                "INSERT INTO notifications_outbox (topic, key, payload, payload_version, created_at, available_at, "
                "dispatch_count, attempts, last_error) VALUES (%s, %s, %s, 1, now(), now(), 0, 0, '')",
                (topic, key, json.dumps({"seconds": seconds})),
            )

    def open_rows(self) -> int:
        """Outbox rows that are still to be done."""
        return self.number(
            "SELECT count(*) FROM notifications_outbox WHERE done_at IS NULL AND parked_at IS NULL AND topic LIKE 'probe.%'"
        )

    def stop(self) -> None:
        """Stop all processes and forget the files."""
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + 20
        for child in self.children:
            child.wait_stopped(deadline)
        shutil.rmtree(self.var, ignore_errors=True)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def multipart(fields: dict[str, str], filename: str, content: bytes) -> tuple[bytes, str]:
    """A form with one file called `file`: (body, content type)."""
    border = secrets.token_hex(16)
    parts = [
        f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\nContent-Type: text/csv\r\n\r\n'
    body = "".join(parts).encode() + head.encode() + content + f"\r\n--{border}--\r\n".encode()
    return body, f"multipart/form-data; boundary={border}"


def decode(content: bytes) -> dict[str, Any]:
    """A JSON object, or an empty one for anything else."""
    with contextlib.suppress(ValueError):
        found = json.loads(content)
        return found if isinstance(found, dict) else {"items": found}
    return {}


@contextlib.contextmanager
def embedded_stand(**options: Any) -> Iterator[Stand]:
    """A running stand on a throw-away cluster, ready to be hurt."""
    with throwaway_cluster(safe=True) as cluster:
        stand = Stand(cluster.owner_url, app_url=cluster.app_url, postgres=cluster, **options)
        try:
            stand.prepare()
            stand.start()
            yield stand
        finally:
            stand.stop()


@contextlib.contextmanager
def server_stand(server_url: str, **options: Any) -> Iterator[Stand]:
    """A running stand on a database of its own on a PostgreSQL server of this machine; dropped afterwards."""
    name = f"cx_stand_{os.getpid()}"
    admin = psycopg2.connect(server_url)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
        )
    stand = Stand(urlunsplit(urlsplit(server_url)._replace(path=f"/{name}")), **options)
    try:
        stand.prepare()
        stand.start()
        yield stand
    finally:
        stand.stop()
        with admin.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.close()
