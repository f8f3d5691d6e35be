"""What a test needs to start a process of its own."""

from __future__ import annotations

from django.db import connection


def database_url() -> str:
    """The address of the test's own database, over a socket or TCP, for the environment of another process."""
    at = connection.settings_dict
    host, port = at["HOST"] or "127.0.0.1", f"&port={at['PORT']}" if at["PORT"] else ""
    return f"postgresql://{at['USER']}:{at.get('PASSWORD') or ''}@/{at['NAME']}?host={host}{port}"
