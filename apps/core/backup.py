"""What a backup is made of: one tar with a dump, a manifest with the digest of every table, the key and the uploads."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import CommandError
from django.db import connection

from cxplatform.embedded.binaries import client_bin

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
KEY = "secret_key"
MEDIA = "media"
WHEEL_MAJOR = 18

Digests = dict[str, list[str]]
"""Table name -> [number of rows, sum of the rows' 64-bit hashes], both as decimal text."""


def server_version() -> int:
    """The server's version as PostgreSQL counts: 150004, 180001."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        return int(cursor.fetchone()[0])


def program(name: str) -> str:
    """The path of a PostgreSQL client: the wheel's, which reads every older server, else the one on the PATH."""
    major = server_version() // 10_000
    if major <= WHEEL_MAJOR:
        return str(client_bin() / name)
    found = shutil.which(name)
    if found is None:
        raise CommandError(f"{name} of PostgreSQL {major} is not on the PATH.")
    return found


def client_environment() -> dict[str, str]:
    """Our environment with the variables by which PostgreSQL's clients reach Django's database."""
    parameters = connection.get_connection_params()
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    names |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    given = {names[key]: str(value) for key, value in parameters.items() if key in names and value}
    return {**os.environ, **given, "PGOPTIONS": "-c statement_timeout=0 -c lock_timeout=30s"}


def run(argv: list[str]) -> None:
    """Run a client; CommandError with its last words when it fails."""
    answer = subprocess.run(argv, env=client_environment(), capture_output=True, text=True, check=False)
    if answer.returncode:
        raise CommandError(f"{Path(argv[0]).name} failed:\n{answer.stderr.strip()[-2000:]}")


def tables() -> list[str]:
    """All tables of the schema, by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') "
            "AND c.relnamespace = to_regnamespace('public') ORDER BY 1"
        )
        return [name for (name,) in cursor.fetchall()]


def digests() -> Digests:
    """Rows and checksum of every table as this transaction sees them; the order of rows does not matter."""
    found: Digests = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL timezone TO 'UTC'; SET LOCAL datestyle TO 'ISO'; SET LOCAL extra_float_digits TO 1"
        )
        for table in tables():
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {quoted} t")  # noqa: S608
            rows, checksum = cursor.fetchone()
            found[table] = [str(rows), str(checksum)]
    return found


def differences(wanted: Digests, found: Digests) -> Iterator[str]:
    """One line per table that is missing, extra or not equal."""
    for table in sorted(wanted.keys() | found.keys()):
        if table not in found:
            yield f"{table}: missing"
        elif table not in wanted:
            yield f"{table}: not in the backup"
        elif wanted[table][0] != found[table][0]:
            yield f"{table}: {found[table][0]} rows instead of {wanted[table][0]}"
        elif wanted[table] != found[table]:
            yield f"{table}: same number of rows, other content"
