"""Step three of a new user's first ten minutes, on a 360-px screen, with a real browser: take, contact, resolve, close."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from apps.cases import services
from apps.cases.models import Case
from tests.cases.conftest import World
from tests.cast import Cast
from tests.e2e.conftest import FLAGS, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: Any) -> World:
    return World(Cast())


@pytest.fixture
def phone(world: World, live_server: Any, browser_path: str) -> Any:
    """A page of 360 px in which the frontline person is signed in."""
    from playwright.sync_api import sync_playwright

    client: Client = world.cast.client("frontline")
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        context = browser.new_context(viewport={"width": 360, "height": 740}, base_url=live_server.url)
        context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(30_000)
        yield page
        browser.close()


@pytest.fixture(autouse=True)
def _database_from_the_main_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright runs a loop in this thread; Django's guard against that is for asynchronous views."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


def no_sideways(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert violations(page) == []


def test_the_most_urgent_case_from_my_work_to_closed(world: World, phone: Any):
    now = timezone.now()
    customer = world.customer(phone="+49 170 1", email="ann@example.org")
    world.event(customer=customer, summary="Courier did not ring", happened_at=now - dt.timedelta(days=1))
    case = world.case(
        customer=customer,
        at=now - dt.timedelta(hours=23),
        title="Lost parcel",
        verbatim="Where is my parcel?",
    )
    world.case(at=now, title="Calm matter")
    phone.goto("/")
    no_sideways(phone)
    phone.locator(".work-list .work-item").first.get_by_role("button", name="Take").click()
    phone.get_by_role("heading", name="Next: Log a contact").wait_for()
    no_sideways(phone)
    for words in ("Where is my parcel?", "Courier did not ring"):
        assert phone.get_by_text(words).first.is_visible()
    assert phone.locator("a[href='tel:+491701']").first.is_visible()

    phone.get_by_role(
        "button", name="Log a contact"
    ).click()  # nothing chosen yet: the form says so, and keeps its place
    phone.get_by_label("Yes, we spoke or they answered").check()
    phone.get_by_label("What was said").fill("Sends it again by courier")
    phone.get_by_label("Minutes").fill("12")
    phone.get_by_role("button", name="Log a contact").click()
    phone.get_by_role("heading", name="Next: Resolve").wait_for()

    # A colleague is quicker: what is typed stays, beside what they did.
    phone.get_by_label("What went wrong").fill("Address was not updated")
    phone.get_by_label("What was done").fill("Courier today")
    services.case_log_contact(
        actor=world.cast.actor("team_lead"),
        now=timezone.now(),
        case=case,
        channel="email",
        is_reached=True,
        text="I wrote too",
    )
    phone.get_by_role("button", name="Resolve").click()
    phone.get_by_text("I wrote too").wait_for()
    assert phone.get_by_label("What went wrong").input_value() == "Address was not updated"
    phone.get_by_role("button", name="Resolve").click()
    phone.get_by_role("heading", name="Next: Close with the customer's answer").wait_for()

    phone.get_by_label("Confirmed: it is solved").check()
    phone.get_by_role("button", name="Close with the customer's answer").click()
    phone.get_by_text("Closed: the customer confirmed that it is solved.").wait_for()
    no_sideways(phone)
    closed = Case.objects.get(pk=case.pk)
    assert (closed.state, closed.minutes, closed.cause) == ("closed", 12, "Address was not updated")
