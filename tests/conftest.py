"""Fixtures for all tests: a database that was asked for, a browser where there is one, no network, no broker."""

import os
import shutil
from typing import Any

import hypothesis
import pytest

from tests.cast import cast, now, system  # noqa: F401 - fixtures

# A busy machine is no fault of the code: only wrong answers fail a property test, not slow ones.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Without a database there is nothing to test: say which command brings one."""
    if not os.environ.get("DATABASE_URL") and not config.option.collectonly:
        raise pytest.UsageError(
            "No DATABASE_URL. Run `python3 start.py test`: it brings a throw-away database."
        )


def chromium() -> str | None:
    """The path of a Chromium to drive, if this machine has one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip browser tests without a browser; run the slow kinds last, so that quick failures show first."""
    if chromium() is None:
        skip = pytest.mark.skip(reason="no chromium on this machine: apt install chromium")
        for item in items:
            if "browser" in item.keywords:
                item.add_marker(skip)
    items.sort(key=lambda item: ("browser" in item.keywords, "ops" in item.keywords, "slow" in item.keywords))


@pytest.fixture(autouse=True)
def _files_stay_apart(settings, tmp_path_factory, worker_id_or_master: str) -> None:
    """Uploads of tests go to a folder of the run, never to the application's."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / f"media-{worker_id_or_master}"


@pytest.fixture(scope="session")
def worker_id_or_master(request: pytest.FixtureRequest) -> str:
    """The name of this xdist worker, or `master` without xdist."""
    workerinput = getattr(request.config, "workerinput", None)
    return workerinput["workerid"] if workerinput else "master"


@pytest.fixture(autouse=True)
def _fresh_memory() -> None:
    """Findings remembered between requests must not pass from test to test."""
    from cxplatform import health

    health._last = (0.0, {})


@pytest.fixture(scope="session", autouse=True)
def _audit_can_be_emptied_between_tests(django_db_modify_db_settings) -> None:
    """Let the flush after a `transactional_db` test past the audit log's TRUNCATE trigger; tests cannot get past it."""
    from django.db import connection

    # On the class: while a browser test runs, Playwright's loop gives Django another connection object.
    operations = type(connection.ops)
    flush = operations.execute_sql_flush
    tables = ("audit_auditevent", "audit_auditseal")

    def flush_all(self: Any, statements: list[str]) -> None:
        off = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
        on = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
        flush(self, [*off, *statements, *on])

    operations.execute_sql_flush = flush_all  # type: ignore[method-assign]


@pytest.fixture
def browser_path() -> str:
    """The browser for a test with the marker `browser`."""
    path = chromium()
    assert path, "mark the test with `browser`"
    return path
