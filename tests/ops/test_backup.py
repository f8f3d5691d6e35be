"""R15: backup, destroy, restore, compare: every table has the same rows, and a bad file changes nothing."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from django.core.management.base import CommandError

from apps.core.management.commands.restore import unpack
from cxplatform.embedded.state import PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
NAMES = ("cx_backup_source", "cx_backup_target")
SEED = """
from django.utils import timezone
from apps.audit.models import AuditEvent
from apps.core.models import Heartbeat
from apps.notifications.models import Outbox
now = timezone.now()
for n in range(300):
    Outbox.objects.create(topic="t", key=str(n), payload={"text": "line\\nbreak, é, \\U0001f600", "n": n / 7}, available_at=now)
    AuditEvent.objects.create(at=now, actor_kind="system", actor_label="x", action="a.b", object_type="c", object_label="d")
Heartbeat.objects.create(name="x", at=now)
"""


def url_of(name: str) -> str:
    """The address of another database on the tests' server."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def manage(database: str, var: Path, *arguments: str, expect: int = 0) -> str:
    """Run a command on a database with its own folder for files; its output."""
    env = {**os.environ, "DATABASE_URL": url_of(database), "CX_VAR": str(var), "CX_TESTING": ""}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    answer = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == expect, answer.stdout + answer.stderr
    return answer.stdout + answer.stderr


def execute(database: str, statement: str):
    connection = psycopg2.connect(url_of(database))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A filled database with an upload, its backup file, and an empty database."""
    folder = tmp_path_factory.mktemp("backup")
    for name in NAMES:
        execute("postgres", f"DROP DATABASE IF EXISTS {name}")
        execute("postgres", f"CREATE DATABASE {name}")
    manage(NAMES[0], folder / "a", "migrate", "-v0")
    manage(NAMES[0], folder / "a", "shell", "-v0", "-c", SEED)
    (folder / "a" / "media" / "logos").mkdir(parents=True)
    (folder / "a" / "media" / "logos" / "logo.png").write_bytes(b"\x89PNG picture")
    manage(NAMES[0], folder / "a", "backup", str(folder / "cx.tar"))
    yield folder
    for name in NAMES:
        execute("postgres", f"DROP DATABASE IF EXISTS {name}")


def digests(name: str, tables: list[str]) -> dict:
    return {
        table: execute(
            name,
            f"SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) FROM \"{table}\" t",
        )
        for table in tables
    }


def test_a_restored_database_equals_the_source_in_every_row(world):
    said = manage(NAMES[1], world / "b", "restore", str(world / "cx.tar"))
    assert "all equal the backup" in said
    tables = [
        name for (name,) in execute(NAMES[0], "SELECT tablename FROM pg_tables WHERE schemaname='public'")
    ]
    assert len(tables) > 30
    assert digests(NAMES[1], tables) == digests(NAMES[0], tables)
    assert (world / "b" / "media" / "logos" / "logo.png").read_bytes() == b"\x89PNG picture"
    assert (world / "b" / "secret_key").read_text() == (world / "a" / "secret_key").read_text()
    assert (world / "cx.tar").stat().st_mode & 0o077 == 0

    # The audit log is still append-only, and the next row does not collide with a restored one.
    with pytest.raises(psycopg2.Error):
        execute(NAMES[1], "DELETE FROM audit_auditevent")
    assert execute(NAMES[1], "INSERT INTO core_heartbeat VALUES ('y', now(), '{}') RETURNING name") == [
        ("y",)
    ]
    newest = "SELECT nextval('notifications_outbox_id_seq') > max(id) FROM notifications_outbox"
    assert execute(NAMES[1], newest) == [(True,)]


def test_a_database_with_people_is_replaced_only_by_force(world):
    add_person = (
        "from apps.accounts.models import User; User.objects.create(email='a@example.org'); "
        f"from django.core.management import call_command; call_command('restore', {str(world / 'cx.tar')!r})"
    )
    said = manage(NAMES[1], world / "b", "shell", "-v0", "-c", add_person, expect=1)
    assert "--force" in said
    assert execute(NAMES[1], "SELECT count(*) FROM accounts_user") == [(1,)]
    manage(NAMES[1], world / "b", "restore", "--force", str(world / "cx.tar"))
    assert execute(NAMES[1], "SELECT count(*) FROM accounts_user") == [(0,)]


def test_a_database_in_use_is_not_touched(world):
    other = psycopg2.connect(url_of(NAMES[1]))
    try:
        said = manage(NAMES[1], world / "b", "restore", "--force", str(world / "cx.tar"), expect=1)
    finally:
        other.close()
    assert "Stop the product first" in said


def test_a_torn_file_changes_nothing(world, tmp_path):
    tables = ["notifications_outbox", "audit_auditevent"]
    before = digests(NAMES[1], tables)
    bad = tmp_path / "bad.tar"
    with tarfile.open(world / "cx.tar") as source, tarfile.open(bad, "w") as target:
        for entry in source:
            content = source.extractfile(entry).read() if entry.isreg() else b""
            if entry.name == "database.dump":
                content = content[: len(content) // 2]
            entry.size = len(content)
            target.addfile(entry, io.BytesIO(content))
    manage(NAMES[1], world / "b", "restore", "--force", str(bad), expect=1)
    assert digests(NAMES[1], tables) == before


def entries(kind: str) -> list[tarfile.TarInfo]:
    """Members that no backup has."""
    entry = tarfile.TarInfo(
        {"foreign": "virus.py", "way out": "media/../../way_out", "link": "media/link"}[kind]
    )
    if kind == "link":
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc"
    return [entry]


@pytest.mark.parametrize("kind", ["foreign", "way out", "link"])
def test_a_hostile_file_is_refused_before_anything_is_written(tmp_path, kind):
    bad = tmp_path / "bad.tar"
    with tarfile.open(bad, "w") as target:
        for entry in entries(kind):
            target.addfile(entry)
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(CommandError, match="not a backup"):
        unpack(bad, inside)
    assert [path.name for path in tmp_path.iterdir() if path != inside] == ["bad.tar"]
    assert list(inside.iterdir()) == []


def test_something_else_than_a_backup_is_named_so(tmp_path):
    bad = tmp_path / "bad.tar"
    bad.write_bytes(b"hello" * 500)
    with pytest.raises(CommandError, match="cannot be read"):
        unpack(bad, tmp_path)
