"""The pages of journeys: looked at by many, built by CX managers, with and without JavaScript."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import format_html

from apps.core import panels
from apps.journeys import services
from apps.journeys.models import Journey
from tests.cast import NOW

SEERS = ["frontline", "team_lead", "cx_manager", "analyst", "finance", "executive", "other_unit"]


@pytest.fixture
def journey(cast, system):
    row = services.journey_create(
        actor=system, now=NOW, name="Purchase", summary="I want a router that works"
    )
    pay = services.step_add(
        actor=system, now=NOW, journey=row, name="Pay", expected="One click", owner_unit=cast.store
    )
    services.step_add(
        actor=system,
        now=NOW,
        journey=row,
        name="Receive",
        experienced="Three days late",
        is_moment_of_truth=True,
    )
    services.touchpoint_add(actor=system, now=NOW, step=pay, channel="web")
    return row


def test_who_may_look(cast, journey):
    for address in (reverse("journeys:list"), journey.get_absolute_url()):
        for who in SEERS:
            assert cast.client(who).get(address).status_code == 200, who
        assert cast.client("administrator").get(address).status_code == 403
        assert cast.client(None).get(address).status_code == 302


def test_the_map_shows_the_steps_in_order_with_their_notes(cast, journey):
    page = cast.client("frontline").get(journey.get_absolute_url()).content.decode()
    places = [
        page.index(word) for word in ("Pay", "One click", "Receive", "Moment of truth", "Three days late")
    ]
    assert places == sorted(places)
    assert "Web" in page
    assert "/move/" not in page
    assert "/edit/" not in page


def test_building_by_buttons_alone(cast):
    client = cast.client("cx_manager")
    made = client.post(reverse("journeys:new"), {"name": "Moving house", "summary": "", "is_active": "on"})
    journey = Journey.objects.get()
    assert (made.status_code, made["Location"]) == (303, journey.get_absolute_url())
    for name in ("Call", "Confirm"):
        added = client.post(reverse("journeys:step_add", args=[journey.uid]), {"name": name})
        assert added["Location"].endswith(f"#step-{name.lower()}")
    call, confirm = journey.steps.all()
    assert client.post(reverse("journeys:step_move", args=[confirm.uid]), {"by": "-1"}).status_code == 303
    assert [step.name for step in journey.steps.all()] == ["Confirm", "Call"]
    add = reverse("journeys:touchpoint_add", args=[call.uid])
    assert client.get(add).status_code == 200
    assert client.post(add, {"channel": "phone", "is_active": "on"}).status_code == 303
    assert client.post(add, {"channel": "phone", "is_active": "on"}).status_code == 409
    place = call.touchpoints.get()
    edit = reverse("journeys:touchpoint_edit", args=[place.uid])
    assert client.get(edit).status_code == 200
    form = {"channel": "chat", "key": place.key, "version": 1, "owner_unit": "store-01"}
    assert client.post(edit, form).status_code == 303
    place.refresh_from_db()
    assert (place.channel, place.is_active, place.owner_unit) == ("chat", False, cast.store)
    delete = reverse("journeys:touchpoint_delete", args=[place.uid])
    assert client.get(delete).status_code == 405
    assert client.post(delete).status_code == 303
    gone = reverse("journeys:step_delete", args=[call.uid])
    assert "Delete the step" in client.get(gone).content.decode()
    assert client.post(gone).status_code == 303
    assert [step.name for step in journey.steps.all()] == ["Confirm"]


def test_a_stale_form_keeps_what_was_typed(cast, journey):
    client, step = cast.client("cx_manager"), journey.steps.first()
    address = reverse("journeys:step_edit", args=[step.uid])
    form = {"name": "Pay", "key": "pay", "expected": "No surprises", "version": 1}
    assert client.get(address).status_code == 200
    assert client.post(address, form).status_code == 303
    stale = client.post(address, {**form, "expected": "Typed text stays"})
    assert stale.status_code == 409
    assert "Typed text stays" in stale.content.decode()
    assert client.post(address, {**form, "name": "", "version": 2}).status_code == 422
    journey_edit = reverse("journeys:edit", args=[journey.uid])
    assert client.get(journey_edit).status_code == 200
    assert client.post(journey_edit, {"name": "Buying", "key": "purchase", "version": 1}).status_code == 303
    assert client.post(journey_edit, {"name": "Late", "key": "purchase", "version": 1}).status_code == 409


@pytest.mark.parametrize("who", ["frontline", "analyst", "executive", "administrator"])
def test_who_may_not_build(cast, journey, who):
    step = journey.steps.first()
    place = step.touchpoints.first()
    client = cast.client(who)
    for name, uid in [("edit", journey.uid), ("step_add", journey.uid), ("step_edit", step.uid), ("step_delete", step.uid),
                      ("step_move", step.uid), ("touchpoint_add", step.uid), ("touchpoint_edit", place.uid),
                      ("touchpoint_delete", place.uid)]:  # fmt: skip
        assert client.post(reverse(f"journeys:{name}", args=[uid])).status_code == 403, name
    assert client.post(reverse("journeys:new")).status_code == 403


def test_rooms_above_fill_a_slot_per_step(cast, journey, monkeypatch):
    monkeypatch.setattr(panels, "_panels", {})
    panels.register(
        page="journeys:detail", slot="step", key="heat", action="journeys.journey.see",
        render=lambda request, step: format_html("<b>heat of {}</b>", step.key),
    )  # fmt: skip
    page = cast.client("frontline").get(journey.get_absolute_url()).content.decode()
    assert "<b>heat of pay</b>" in page
    assert "<b>heat of receive</b>" in page


def test_search_filters_and_files(cast, journey, system):
    services.journey_create(actor=system, now=NOW, name="Changing tariff", is_active=False)
    client, address = cast.client("executive"), reverse("journeys:list")
    assert "Changing tariff" in client.get(address).content.decode()
    assert "Changing tariff" not in client.get(address, {"is_active": "true"}).content.decode()
    assert "Changing tariff" not in client.get(address, {"channel": "web"}).content.decode()
    assert "Changing tariff" not in client.get(address, {"q": "router"}).content.decode()
    text = b"".join(client.get(address, {"export": "csv"}).streaming_content).decode()
    assert "Purchase,I want a router that works,2,1,1" in text


def test_queries_do_not_grow(cast, journey, system):
    client = cast.client("cx_manager")

    def cost(address):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    pages = (
        reverse("journeys:list"),
        journey.get_absolute_url(),
        f"{journey.get_absolute_url()}?tab=history",
    )
    services.journey_create(actor=system, now=NOW, name="Second")
    cost(pages[0])  # what is remembered between requests is remembered now
    few = [cost(page) for page in pages]
    for n in range(18):
        services.journey_create(actor=system, now=NOW, name=f"J{n}", owner=cast.cx_manager)
        step = services.step_add(actor=system, now=NOW, journey=journey, name=f"S{n}", owner_unit=cast.store)
        services.touchpoint_add(actor=system, now=NOW, step=step, channel="web", owner_unit=cast.north)
    assert [cost(page) for page in pages] == few


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "'\"><img src=x onerror=alert(1)>"])
def test_notes_are_only_text(cast, system, text):
    row = services.journey_create(actor=system, now=NOW, name=text, summary=text)
    services.step_add(actor=system, now=NOW, journey=row, name=text, expected=text, experienced=text)
    page = cast.client("cx_manager").get(row.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
