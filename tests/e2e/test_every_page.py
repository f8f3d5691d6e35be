"""Every kind of page that the links lead to, as each person: it opens, fits the phone, and axe finds nothing serious."""

from __future__ import annotations

from collections import deque
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve

from tests.e2e.conftest import violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]
looked_at: set[tuple[str, str]] = set()
LEAVE_OUT = ("/static/", "/api/", "/sign-in/", "/healthz", "/readyz", "/accounts/logo/")


def kind_of(path: str) -> str | None:
    """The name of the address, with the tab that is shown: pages of one kind look alike."""
    parts = urlsplit(path)
    try:
        match = resolve(parts.path)
    except Resolver404:
        return None
    tab = [pair for pair in parts.query.split("&") if pair.startswith("tab=")]
    return f"{match.view_name}?{tab[0]}" if tab else match.view_name


def is_followed(path: str) -> bool:
    """A page of ours that only shows something."""
    query = urlsplit(path).query
    return (
        path.startswith("/")
        and not path.startswith(LEAVE_OUT)
        and not urlsplit(path).path.endswith((".csv", ".xlsx"))  # a file to keep, not a page
        and "export=" not in query
        and "sort=" not in query
    )


@pytest.mark.parametrize(
    ("who", "scheme"),
    [("manager", "light"), ("frontline", "dark"), ("lead", "light"), ("analyst", "dark"), ("finance", "light"),
     ("executive", "dark"), ("admin", "light")],
)  # fmt: skip
def test_every_kind_of_page_opens_fits_and_is_accessible(sign_in, who, scheme):
    page = sign_in(who, width=360, scheme=scheme)
    waiting, seen, wrong = deque(["/"]), set(), []
    while waiting and len(seen) < 70:
        path = waiting.popleft()
        kind = kind_of(path)
        if kind is None or kind in seen:
            continue
        seen.add(kind)
        page.complaints.clear()
        answer = page.goto(path)
        if answer is None or answer.status >= 400:
            wrong.append(f"{path}: {answer.status if answer else 'no answer'}")
            continue
        page.wait_for_load_state("networkidle")
        wrong += [f"{path}: {text}" for text in page.complaints]
        if (
            kind,
            scheme,
        ) not in looked_at:  # one kind of page is built alike for everybody: axe looks once per colours
            looked_at.add((kind, scheme))
            wrong += [f"{path}: axe {fault}" for fault in violations(page)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > 360:
            wrong.append(f"{path}: {wide} px wide on a phone")
        if not page.title() or page.locator("h1").count() != 1:
            wrong.append(f"{path}: a title and one h1 are needed")
        for href in page.eval_on_selector_all(
            "a[href]", "links => links.map(link => link.getAttribute('href'))"
        ):
            target = f"{urlsplit(page.url).path}{href}" if href.startswith("?") else href
            if is_followed(target):
                waiting.append(target)
    assert not wrong, "\n".join(wrong)
    assert len(seen) > 5, sorted(seen)
