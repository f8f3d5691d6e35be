"""The pages by role: what they show, what they do without JavaScript, and what a loser of a race sees."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.cases import services
from apps.cases.models import Case
from tests.cases.conftest import World

pytestmark = pytest.mark.django_db
EVERYBODY = [
    "frontline",
    "team_lead",
    "cx_manager",
    "analyst",
    "executive",
    "finance",
    "administrator",
    "other_unit",
]


def url(case: Case, name: str = "detail") -> str:
    return reverse(f"cases:{name}", args=[case.uid])


@pytest.fixture
def fresh(world: World) -> Case:
    """A case that opened an hour ago."""
    return world.case(
        at=timezone.now() - dt.timedelta(hours=1), title="Parcel lost", verbatim="Where is it? <b>now</b>"
    )


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_sees_the_list_and_the_case(world: World, cast, fresh: Case, who: str):
    client = cast.client(who)
    page = client.get(reverse("cases:list"))
    if who in {"finance", "administrator"}:
        assert page.status_code == 403
        assert client.get(url(fresh)).status_code == 403
        return
    assert page.status_code == 200
    assert ("Parcel lost" in page.content.decode()) is (who != "other_unit")
    assert client.get(url(fresh)).status_code == (404 if who == "other_unit" else 200)


def test_the_case_page_answers_what_who_and_what_next(world: World, cast, fresh: Case):
    customer = fresh.customer
    customer.phone, customer.email, customer.value_band = "+49 (170) 12-34", "ann@example.org", "high"
    customer.save()
    world.event(customer=customer, summary="Courier did not ring")
    page = cast.client("frontline").get(url(fresh)).content.decode()
    for words in (
        "1 on a scale of 1 to 5",
        "Where is it? &lt;b&gt;now",
        "Courier did not ring",
        "+ 24 h",
        "Bad score",
    ):
        assert words in page
    assert 'href="mailto:ann@example.org"' in page
    assert "Make it yours" in page or "make it yours" in page
    cast.client("frontline").post(url(fresh, "take"), {"version": 1})
    assert 'href="tel:+491701234"' in cast.client("frontline").get(url(fresh)).content.decode()


def test_the_whole_way_by_plain_forms(world: World, cast, fresh: Case):
    client = cast.client("frontline")

    def post(name: str, **data) -> None:
        fresh.refresh_from_db()
        answer = client.post(url(fresh, name), {"version": fresh.version, **data})
        assert (answer.status_code, answer["Location"]) == (303, url(fresh)), answer.content.decode()[:3000]

    post("take")
    post("contact", is_reached="no", channel="phone")
    post(
        "contact",
        is_reached="yes",
        channel="phone",
        text="Wants it on Friday",
        minutes="12",
        goodwill="10.50",
        wish="Friday",
    )
    post("note", text="Courier ordered")
    post("resolve", cause="Address not updated", resolution="Sent again by courier")
    post("close", outcome="confirmed", score_after="4", note="Thank you")
    fresh.refresh_from_db()
    assert (fresh.state, fresh.minutes, fresh.goodwill, fresh.score_after) == (
        "closed",
        12,
        Decimal("10.50"),
        4,
    )
    post("reopen", reason="Lost again")
    post("hand_over", to=str(cast.team_lead.uid), note="You know the courier")
    fresh.refresh_from_db()
    assert (fresh.owner, fresh.reopened_count) == (cast.team_lead, 1)
    page = client.get(url(fresh)).content.decode()
    assert "10.50" in page
    assert "Lost again" in client.get(url(fresh) + "?tab=case").content.decode()
    assert "Case reopened" in client.get(url(fresh) + "?tab=history").content.decode()


@pytest.mark.parametrize(
    ("name", "data", "field"),
    [
        ("contact", {"channel": "phone"}, "is_reached"),
        ("contact", {"channel": "pigeon", "is_reached": "yes"}, "channel"),
        ("resolve", {"cause": "", "resolution": "typed and kept"}, "cause"),
        ("reopen", {"reason": ""}, "reason"),
        ("assign", {"to": "nobody"}, "to"),
        ("note", {"text": ""}, "text"),
    ],
)
def test_a_form_that_cannot_be_used_comes_back_with_its_text(
    world: World, cast, fresh: Case, name, data, field
):
    world.worked(fresh, "contacted", by="team_lead")
    fresh.refresh_from_db()
    page = cast.client("team_lead").post(url(fresh, name), {"version": fresh.version, **data})
    assert page.status_code == 422
    assert page.context["form"].errors[field]
    assert data.get("resolution", "") in page.content.decode()


def test_who_loses_a_race_sees_both_and_keeps_the_text(world: World, cast, fresh: Case):
    case = world.worked(fresh, "contacted", at=timezone.now())
    client = cast.client("frontline")
    seen = case.version
    services.case_log_contact(
        actor=cast.actor("team_lead"),
        now=timezone.now(),
        case=case,
        channel="email",
        is_reached=True,
        text="I called her",
    )
    data = {"version": seen, "cause": "My long cause", "resolution": "My long text"}
    page = client.post(url(case, "resolve"), data)
    words = page.content.decode()
    assert page.status_code == 409
    for kept in ("My long cause", "My long text", "I called her"):
        assert kept in words
    case.refresh_from_db()
    assert f'value="{case.version}"' in words
    again = client.post(url(case, "resolve"), {**data, "version": case.version})
    assert again.status_code == 303


def test_a_step_that_somebody_else_made_impossible_keeps_the_text_too(world: World, cast, fresh: Case):
    case = world.worked(fresh, "closed", at=timezone.now())
    page = cast.client("frontline").post(
        url(case, "resolve"), {"version": case.version, "cause": "kept cause", "resolution": "kept text"}
    )
    assert page.status_code == 409
    assert "kept text" in page.content.decode()
    assert "not possible any more" in page.content.decode()


def test_htmx_gets_the_form_alone(world: World, cast, fresh: Case):
    client = cast.client("frontline")
    headers = {"HX-Request": "true", "HX-Target": "case-form"}
    page = client.get(url(fresh, "note"), headers=headers).content.decode()
    assert page.lstrip().startswith("<form")
    done = client.post(url(fresh, "take"), {"version": 1}, headers=headers)
    assert (done.status_code, done["HX-Location"]) == (204, url(fresh))


@pytest.mark.parametrize(
    "name", ["take", "contact", "resolve", "close", "reopen", "note", "assign", "hand_over"]
)
def test_readers_are_told_why_they_may_not(world: World, cast, fresh: Case, name: str):
    for who in ("analyst", "executive"):
        answer = cast.client(who).post(url(fresh, name), {})
        assert answer.status_code == 403
        assert "roles" in answer.content.decode()
    assert cast.client("other_unit").post(url(fresh, name), {}).status_code == 404
    assert cast.client(None).post(url(fresh, name), {}).status_code == 302


def test_the_executive_sees_the_case_but_not_the_person(world: World, cast, fresh: Case):
    fresh.customer.email = "secret@example.org"
    fresh.customer.save()
    page = cast.client("executive").get(url(fresh)).content.decode()
    assert "secret@example.org" not in page
    assert "not the person" in page


def test_goodwill_of_others_is_hidden_from_frontline(world: World, cast, fresh: Case):
    world.worked(fresh, "contacted", by="team_lead")
    colleague = cast.person("colleague", ("frontline", cast.north))
    for who, sees in (("team_lead", True), (colleague, False)):
        assert ("5.00" in cast.client(who).get(url(fresh)).content.decode()) is sees
        assert ("Goodwill" in cast.client(who).get(reverse("cases:list")).content.decode()) is sees


def test_search_and_filters_find_and_count(world: World, cast):
    now = timezone.now()
    late = world.case(
        at=now - dt.timedelta(hours=30), title="Broken screen", verbatim="Der Bildschirm ist kaputt"
    )
    soon = world.case(at=now - dt.timedelta(hours=22), title="Wrong colour")
    mine = world.worked(world.case(at=now, title="Missing cable"), "assigned")
    closed = world.worked(world.case(at=now, title="All good now"), "closed")
    client = cast.client("frontline")

    def found(**query) -> set[str]:
        page = client.get(reverse("cases:list"), query)
        assert page.status_code == 200
        assert page.context["figures"][0].value == len(page.context["shown"])
        return {row.record.subject for row in page.context["shown"]}

    assert found() == {"Broken screen", "Wrong colour", "Missing cable", "All good now"}
    assert found(q=f"C-{late.number}") == {"Broken screen"}
    assert found(q="kaput") == {"Broken screen"}
    assert found(q="screen broken") == {"Broken screen"}
    assert found(q=soon.customer.name) == {"Wrong colour"}
    assert found(q="x' OR 1=1 --") == set()
    assert found(state="open") == {"Broken screen", "Wrong colour", "Missing cable"}
    assert found(state="closed") == {closed.subject}
    assert found(due="breached") == {"Broken screen"}
    assert found(due="soon") == {"Wrong colour"}
    assert found(due="missed") == {"Broken screen"}
    assert found(owner="me") == {"Missing cable", "All good now"}
    assert found(owner="unassigned") == {"Broken screen", "Wrong colour"}
    assert found(unit="store-01") == found()
    assert found(source="survey") == found()
    assert found(customer=str(mine.customer.uid)) == {"Missing cable"}
    lead = cast.client("team_lead")
    page = lead.get(reverse("cases:list"), {"owner": str(cast.frontline.uid), "rule": str(world.rule.uid)})
    assert len(page.context["shown"]) == 0 or page.status_code == 200
    first = client.get(reverse("cases:list")).context["shown"][0].record
    assert first == late


def test_the_list_is_exported_as_shown(world: World, cast):
    world.case(title="=cmd|' /C calc'!A0")
    lines = b"".join(
        cast.client("team_lead").get(reverse("cases:list") + "?export=csv").streaming_content
    ).decode()
    assert "'=cmd" in lines
    assert "Goodwill" in lines
    plain = b"".join(
        cast.client("frontline").get(reverse("cases:list") + "?export=csv").streaming_content
    ).decode()
    assert "Goodwill" not in plain


def test_queries_of_list_and_case_do_not_grow(world: World, cast, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = cast.client("team_lead")
    case = world.case()
    world.worked(world.case(), "assigned")
    world.worked(world.case(), "assigned")
    services.rule_save(actor=world.system, now=timezone.now(), name="one", unit=cast.north)

    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    few = queries(reverse("cases:list")), queries(url(case)), queries(reverse("cases:rules"))
    for _ in range(18):
        world.worked(world.case(), "assigned")
        world.answer(customer=case.customer)
        services.case_open_for_response(
            actor=world.system, now=timezone.now(), response=world.answer(customer=case.customer)
        )
        services.rule_save(actor=world.system, now=timezone.now(), name="more", unit=cast.north)
    assert (queries(reverse("cases:list")), queries(url(case)), queries(reverse("cases:rules"))) == few


def test_bulk_assignment_asks_whom_then_does_it(world: World, cast):
    cases = [world.case() for _ in range(3)]
    client = cast.client("team_lead")
    ids = [str(case.uid) for case in cases]
    asked = client.post(reverse("cases:bulk_assign"), {"ids": ids})
    assert asked.status_code == 200
    assert "Assign 3 cases" in asked.content.decode()
    done = client.post(reverse("cases:bulk_assign"), {"ids": ids, "to": str(cast.frontline.uid)})
    assert "3 cases are assigned." in client.get(done["Location"]).content.decode()
    assert Case.objects.filter(owner=cast.frontline).count() == 3
    assert cast.client("frontline").post(reverse("cases:bulk_assign"), {"ids": ids}).status_code == 403
    assert client.post(reverse("cases:bulk_assign"), {"ids": ["x"]}).status_code == 303


def test_a_new_case_by_hand(world: World, cast):
    person = world.customer(email="bob@example.org")
    client = cast.client("frontline")
    assert client.get(reverse("cases:new")).status_code == 200
    data = {"subject": "At the counter", "unit": "store-01", "customer": "bob@example.org", "priority": 2}
    done = client.post(reverse("cases:new"), data)
    case = Case.objects.get()
    assert (done.status_code, done["Location"]) == (303, url(case))
    assert (case.customer, case.priority) == (person, 2)
    assert client.post(reverse("cases:new"), data).status_code == 409
    assert client.post(reverse("cases:new"), {**data, "customer": "nobody@example.org"}).status_code == 422
    assert client.post(reverse("cases:new"), {**data, "unit": "store-51"}).status_code == 422
    assert cast.client("analyst").get(reverse("cases:new")).status_code == 403


def test_rules_are_seen_by_leads_and_edited_by_managers(world: World, cast):
    manager, lead = cast.client("cx_manager"), cast.client("team_lead")
    assert manager.get(reverse("cases:rule_new")).status_code == 200
    data = {
        "name": "Lawyer", "trigger": "feedback", "unit": "north", "words": "lawyer\nsue, court", "priority": 1,
        "first_contact_hours": 2, "resolution_hours": 8, "position": 5, "is_active": "on", "sources": ["survey"],
    }  # fmt: skip
    assert manager.post(reverse("cases:rule_new"), data)["Location"] == reverse("cases:rules")
    rule = services.ruling.CaseRule.objects.get(name="Lawyer")
    assert (rule.words, rule.position) == (["lawyer", "sue", "court"], 5)
    page = lead.get(reverse("cases:rules")).content.decode()
    assert "says one of: lawyer, sue, court" in page
    assert "Lawyer" in lead.get(url(rule, "rule_edit")).content.decode()
    assert lead.post(url(rule, "rule_edit"), data).status_code == 403
    stale = manager.post(url(rule, "rule_edit"), {**data, "name": "Mine", "version": 9})
    assert stale.status_code == 409
    assert 'value="Mine"' in stale.content.decode()
    assert (
        manager.post(url(rule, "rule_edit"), {**data, "resolution_hours": 1, "version": 1}).status_code == 422
    )
    assert manager.post(url(rule, "rule_edit"), {**data, "name": "Court", "version": 1}).status_code == 303
    assert cast.client("frontline").get(reverse("cases:rules")).status_code == 403
    assert cast.client("other_unit").get(url(rule, "rule_edit")).status_code == 404
    assert "Delete the rule" in manager.post(url(rule, "rule_delete")).content.decode()
    assert manager.post(url(rule, "rule_delete"), {"sure": "yes"}).status_code == 303
    assert not services.ruling.CaseRule.objects.filter(pk=rule.pk).exists()


def test_the_badge_counts_open_and_mine(world: World, cast):
    world.worked(world.case(), "contacted")
    world.worked(world.case(), "closed")
    world.case()
    page = cast.client("frontline").get(reverse("cases:list"))
    assert next(item["badge"] for item in page.context["nav_items"] if item["key"] == "cases") == 1
