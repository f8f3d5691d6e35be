"""Typed readers of the environment: loud on nonsense, and every secret may come from a file (`NAME_FILE`)."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit


class BadEnvironment(ValueError):
    """A variable holds something that cannot be meant; the message names it and the remedy."""


TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """The value of `name`, else the content of the file named by `name`_FILE, else `default`."""
    if name in os.environ:
        return os.environ[name]
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise BadEnvironment(f"{name}_FILE={path}: cannot be read ({error.strerror}).") from error
    return default


def boolean(name: str, default: bool = False) -> bool:
    """A yes or no: 1/true/yes/on or 0/false/no/off."""
    raw = text(name, "yes" if default else "no").strip().lower()
    if raw in TRUE:
        return True
    if raw in FALSE:
        return False
    raise BadEnvironment(f"{name}={raw!r}: say yes or no.")


def integer(name: str, default: int, *, least: int = 0) -> int:
    """A whole number of at least `least`."""
    raw = text(name, str(default))
    try:
        value = int(raw)
    except ValueError:
        raise BadEnvironment(f"{name}={raw!r}: a whole number is needed.") from None
    if value < least:
        raise BadEnvironment(f"{name}={value}: at least {least} is needed.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list without blanks."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(url: str) -> dict[str, object]:
    """Django's settings for `postgresql://user:password@host:port/name?host=/socket&sslmode=…`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise BadEnvironment(
            f"DATABASE_URL: only postgresql:// is supported, not {parts.scheme or 'nothing'}://."
        )
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host = options.pop("host", None) or parts.hostname or ""
    name = parts.path.lstrip("/")
    if not name:
        raise BadEnvironment("DATABASE_URL: the name of the database is missing after the last slash.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(name),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": {"application_name": "cx", **options},
    }
