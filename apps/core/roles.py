"""What the application's database role may do: read and write rows, never change tables, never rewrite the audit."""

from __future__ import annotations

from django.db import connection

from cxplatform.embedded.postgres import ROLE_SETTINGS

APPEND_ONLY = ("audit_auditevent", "audit_auditseal")


def role_exists(role: str) -> bool:
    """Whether the server knows the role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        return cursor.fetchone() is not None


def grant_rows(role: str) -> None:
    """Grant rows of all present tables, and of those the current user makes later; then take the audit's back."""
    quoted = connection.ops.quote_name(role)
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quoted}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
        cursor.execute(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public "
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {quoted}"
        )
        cursor.execute(
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {quoted}"
        )
        for table in APPEND_ONLY:
            cursor.execute("SELECT to_regclass(%s)", [table])
            if cursor.fetchone()[0] is not None:
                cursor.execute(
                    f"REVOKE UPDATE, DELETE, TRUNCATE ON {connection.ops.quote_name(table)} FROM {quoted}"
                )


def limit_waiting(role: str) -> None:
    """Bound what one statement, one lock and one idle transaction of the role may take."""
    quoted = connection.ops.quote_name(role)
    with connection.cursor() as cursor:
        for name, value in ROLE_SETTINGS:
            cursor.execute(f"ALTER ROLE {quoted} SET {name} = '{value}'")
