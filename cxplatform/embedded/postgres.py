"""A PostgreSQL server of our own, started from the wheel's binaries as a direct child in the foreground.

Never through the wheel's `get_server()`: its lock file shuts out a second user, it takes a reused process id for a
running server, it uses trust authentication, and after one `kill -9` it never stops the server again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from cxplatform.embedded.binaries import ROOT_BASE, EmbeddedError, server_bin, server_user
from cxplatform.embedded.processes import command_line, dies_with_parent, open_log

DATABASE = "cxp"
SUPERUSER = "postgres"
OWNER = "cxp"
APP = "cxp_app"
START_SECONDS = 120.0
STOP_SECONDS = 60.0
LONGEST_SOCKET_PATH = 100  # the kernel allows 107 bytes

SETTINGS = {
    "shared_buffers": "128MB",
    "max_connections": "60",
    "listen_addresses": "",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "wal_compression": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_permissions": "0700",
}
THROWAWAY = {
    **SETTINGS,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "100",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
ROLE_SETTINGS = (
    ("statement_timeout", "30s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "60s"),
)


class Postgres:
    """One cluster: `home` holds its data, or as root only the name of the folder below /var/lib that does."""

    def __init__(self, home: Path, *, throwaway: bool = False) -> None:
        self.home = home.resolve()
        self.throwaway = throwaway
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.user = server_user()
        self.bin = server_bin(self.user)
        self.data = self._data_folder()
        self.socket = self._socket_folder()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def owner_url(self) -> str:
        """For migrations and restores: owns every table."""
        return self._url(OWNER)

    @property
    def app_url(self) -> str:
        """For everything else: reads and writes rows, changes no table, rewrites no audit row."""
        return self._url(APP)

    def start(self, log: Path) -> None:
        """Bring the server up and make sure roles and database exist; returns when it answers.

        Must be called by the holder of the run lock only: whatever else runs on the data folder is an orphan.
        """
        self._create_cluster()
        self._clear_leftover()
        argv = [str(self.bin / "postgres"), "-D", str(self.data), "-k", str(self.socket)]
        for name, value in (THROWAWAY if self.throwaway else SETTINGS).items():
            argv += ["-c", f"{name}={value}"]
        with open_log(log) as out:
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGINT),
                **(self.user.popen() if self.user else {}),
            )
        self._wait_ready(log)
        self._create_roles_and_database()

    def died(self) -> bool:
        """Whether the server we started has ended."""
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        """Stop in order (sessions are ended, everything is written); by force only after a minute."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()

    def remove(self) -> None:
        """Delete the cluster with all its data. The server must be down; an orphan of a killed start is stopped first."""
        self._clear_leftover()
        shutil.rmtree(self.data.parent if self.user else self.data, ignore_errors=True)
        shutil.rmtree(self.socket, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)

    def _url(self, role: str) -> str:
        return f"postgresql://{role}@/{DATABASE}?host={quote(str(self.socket))}"

    def _data_folder(self) -> Path:
        if self.user is None:
            return self.home / "data"
        # Named by a random word kept in `home`, so that a new clone at the same path never meets old data.
        name = self.home / "id"
        if not name.exists():
            scratch = name.with_name("id.new")
            scratch.write_text(secrets.token_hex(8))
            scratch.rename(name)
        folder = ROOT_BASE / name.read_text().strip()
        folder.mkdir(mode=0o700, exist_ok=True)
        os.chown(folder, self.user.uid, self.user.gid)
        return folder / "data"

    def _socket_folder(self) -> Path:
        folder = self.data.parent / "s"
        if len(os.fsencode(folder / ".s.PGSQL.5432")) > LONGEST_SOCKET_PATH:
            tag = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:10]
            folder = Path(tempfile.gettempdir()) / f"cxp-{os.geteuid()}-{tag}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        seen = os.lstat(folder)
        if self.user and seen.st_uid == 0 and stat.S_ISDIR(seen.st_mode):
            os.chown(folder, self.user.uid, self.user.gid)
            seen = os.lstat(folder)
        wanted = self.user.uid if self.user else os.geteuid()
        if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != wanted or seen.st_mode & 0o077:
            raise EmbeddedError(
                f"{folder} exists and is not a private folder of ours. Remove it and start again."
            )
        return folder

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        answer = subprocess.run(
            [str(self.bin / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            **(self.user.popen() if self.user else {}),
        )
        if check and answer.returncode:
            raise EmbeddedError(f"{program} failed:\n{(answer.stderr or answer.stdout).strip()[-1200:]}")
        return answer

    def _create_cluster(self) -> None:
        version = self.data / "PG_VERSION"
        if version.exists():
            if version.read_text().strip() != "18":
                raise EmbeddedError(
                    f"The data in {self.data} were written by PostgreSQL {version.read_text().strip()}, this is 18. "
                    "Make a backup with the older release, `python3 start.py reset`, then restore."
                )
            return
        new = self.data.with_name("data.new")
        for folder in (self.data, new):  # an interrupted initdb leaves nothing half: it is done again
            if folder.exists():
                shutil.rmtree(folder)
        arguments = ["-U", SUPERUSER, "--auth=peer", "--encoding=UTF8", "--locale=C"]
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-D", str(new)]
        self._run("initdb", *arguments, *(["--no-sync"] if self.throwaway else []))
        (new / "pg_hba.conf").write_text("local all all peer map=me\n")
        me = pwd.getpwuid(os.geteuid()).pw_name
        (new / "pg_ident.conf").write_text("".join(f'me "{me}" {role}\n' for role in (SUPERUSER, OWNER, APP)))
        new.rename(self.data)

    def _clear_leftover(self) -> None:
        """Holding the run lock, a server on our data is an orphan: stop it; a stale pid file is removed."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if self._is_ours(pid):
            self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "-t", "60", "stop", check=False)
        if self._is_ours(pid):
            raise EmbeddedError(
                f"An old database server (process {pid}) does not stop. End it: kill -QUIT {pid}"
            )
        pid_file.unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        argv = command_line(pid)
        return bool(argv) and os.path.basename(argv[0]) == "postgres" and str(self.data) in argv

    def _wait_ready(self, log: Path) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while self._run(
            "pg_isready", "-h", str(self.socket), "-d", SUPERUSER, "-t", "2", check=False
        ).returncode:
            if self.process.poll() is not None:
                tail = log.read_text(errors="replace")[-800:].strip()
                raise EmbeddedError(f"The database did not start. Its last words ({log}):\n{tail}")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"The database does not answer after {START_SECONDS:.0f} s. See {log}.")
            time.sleep(0.03)

    def _create_roles_and_database(self) -> None:
        import psycopg2  # here, so that stopping and resetting work without it

        connection = psycopg2.connect(host=str(self.socket), user=SUPERUSER, dbname=SUPERUSER)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT rolname FROM pg_roles")
                roles = {name for (name,) in cursor.fetchall()}
                if OWNER not in roles:
                    cursor.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB")
                if APP not in roles:
                    cursor.execute(f"CREATE ROLE {APP} LOGIN")
                    cursor.execute(f"GRANT {APP} TO {OWNER}")
                for name, value in ROLE_SETTINGS:
                    cursor.execute(f"ALTER ROLE {APP} SET {name} = '{value}'")
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
                    cursor.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
                    # TEMPORARY: imports copy into a staging table of their own session.
                    cursor.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {DATABASE} TO {APP}")
        finally:
            connection.close()
