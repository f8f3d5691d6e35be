"""The application's database role writes rows, and cannot rewrite what happened."""

import pytest
from django.db import DatabaseError, connection, transaction

from apps.core.roles import APPEND_ONLY, grant_rows, role_exists

ROLE = "cxp_app_tested"


@pytest.fixture
def as_app(db):
    """The rights of a fresh role after granting, as a function that tries a statement: None or the error's text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
        may_create = cursor.fetchone()[0]
        role = ROLE if may_create else "cxp_app"
        if may_create:
            cursor.execute(f"CREATE ROLE {ROLE}")  # undone with the test's transaction
    if not role_exists(role):
        pytest.skip("this database user may not create a role")
    grant_rows(role)
    grant_rows(role)  # after every migration: repeating changes nothing

    def attempt(statement: str) -> str | None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL ROLE {role}")
                cursor.execute(statement)
                transaction.set_rollback(True)
        except DatabaseError as error:
            return str(error)
        return None

    return attempt


def test_rows_can_be_written(as_app):
    assert as_app("CREATE TEMPORARY TABLE staging (x int) ON COMMIT DROP") is None
    assert as_app("INSERT INTO core_heartbeat (name, at, detail) VALUES ('x', now(), '{}')") is None
    assert as_app("UPDATE core_heartbeat SET at = now()") is None
    assert as_app("DELETE FROM core_heartbeat") is None


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_audit_log_cannot_be_rewritten(as_app, table, statement):
    assert "permission denied" in (as_app(statement.format(table)) or "")


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_audit_log_can_be_read(as_app, table):
    assert as_app(f"SELECT * FROM {table} LIMIT 1") is None


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE core_heartbeat",
        "ALTER TABLE core_heartbeat ADD COLUMN x int",
        "CREATE TABLE public.mine (x int)",
    ],
)
def test_tables_cannot_be_changed(as_app, statement):
    assert as_app(statement) is not None
