"""A private installation with the demo organisation, and a browser: as a person meets the product after `start.py`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
SERIOUS = {"serious", "critical"}
PATIENCE = 60_000  # milliseconds; a small machine that runs other tests too is slow, not wrong


@contextmanager
def own_database(url: str) -> Iterator[str]:
    """A database of its own on the tests' server."""
    name = f"cx_e2e_{os.getpid()}"
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.close()


@pytest.fixture(scope="session")
def site() -> Iterator[SimpleNamespace]:
    """Web, workers, scheduler and relay over the demo organisation: `.url`, `.people` by role, `.stand`."""
    from tools.stand import Stand

    with own_database(os.environ["DATABASE_URL"]) as url:
        stand = Stand(url)
        try:
            stand.prepare()
            stand.manage("demo_build")
            stand.start()
            people = {
                person["email"].split("@")[0]: person
                for person in json.loads((stand.var / "demo.json").read_text())
            }
            yield SimpleNamespace(url=f"http://127.0.0.1:{stand.ports[0]}", people=people, stand=stand)
        finally:
            stand.stop()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    from playwright.sync_api import expect, sync_playwright

    from tests.conftest import chromium

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def sign_in(site: SimpleNamespace, chrome: Any) -> Iterator[Any]:
    """`sign_in("manager", width=360)` gives a page signed in as this demo person; complaints of the browser are collected."""
    contexts = []

    def signed_in(who: str, *, width: int = 1440, scheme: str = "light", javascript: bool = True) -> Any:
        context = chrome.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            java_script_enabled=javascript,
            base_url=site.url,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.complaints = []
        page.on(
            "console",
            lambda line: page.complaints.append(line.text) if line.type in {"error", "warning"} else None,
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto("/sign-in/")
        page.fill("input[name=login]", site.people[who]["email"])
        page.fill("input[name=password]", site.people[who]["password"])
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda address: "/sign-in/" not in address)
        return page

    yield signed_in
    for context in contexts:
        context.close()


def violations(page: Any) -> list[Any]:
    """What axe finds that is serious or critical."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        (item["id"], [node["target"] for node in item["nodes"]][:5])
        for item in found
        if item["impact"] in SERIOUS
    ]
