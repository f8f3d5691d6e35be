"""S1, S10: what people type is shown as text on every page, in every fragment, export and message."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from tests.matrix import OBJECTS, ROWS

PAYLOADS = (
    '<script>alert("xss")</script>',
    '"><img src=x onerror=alert(1)>',
    "</script><svg/onload=alert(1)>",
    "{{ 7*7 }}{% debug %}",
    "javascript:alert(1)//",
)
HOSTILE = " ".join(PAYLOADS)
DANGEROUS = ("<script>alert", "<img src=x", "<svg/onload", "</script><svg")


@pytest.fixture
def world(cast, system, now):
    """Hostile words in every place that takes words."""
    from apps.accounts import services as accounts
    from apps.cases import services as cases
    from apps.customers import services as customers
    from apps.feedback import services as feedback
    from apps.initiatives import services as initiatives
    from apps.journeys import services as journeys
    from apps.kpis import services as kpis

    short = HOSTILE[:110]
    by = {"actor": system, "now": now}
    accounts.unit_edit(**by, uid=cast.store.uid, version=None, name=short)
    journey = journeys.journey_create(**by, name=short, summary=HOSTILE)
    step = journeys.step_add(**by, journey=journey, name=short, expected=HOSTILE, experienced=HOSTILE)
    touchpoint = journeys.touchpoint_add(**by, step=step, channel="web")
    customer, _outcome = customers.customer_record(
        **by, unit=cast.north, identities=[("crm", short)], name=short, attributes={"note": HOSTILE}
    )
    source = feedback.source_save(
        **by,
        key="hostile",
        name=short,
        kind="survey",
        score_kind="nps",
        scale_min=0,
        scale_max=10,
        unit=cast.north,
    )
    response, _made = feedback.response_record(
        **by, source=source, external_id=short, responded_at=now, customer=customer, touchpoint=touchpoint, score=1,
        title=short, verbatim=HOSTILE, attributes={"note": HOSTILE},
    )  # fmt: skip
    case = cases.case_open(**by, unit=cast.north, customer=customer, touchpoint=touchpoint, subject=short)
    cases.case_note(actor=cast.actor("team_lead"), now=now, case=case, text=HOSTILE)
    kpi = kpis.kpi_create(
        **by,
        key="hostile",
        name=short,
        kind="perceptive",
        statistic="mean",
        direction="up",
        grain="week",
        definition=HOSTILE,
    )
    initiative = initiatives.initiative_create(
        **by,
        key="hostile",
        name=short,
        unit=cast.north,
        owner=cast.cx_manager,
        investment_class="analysis",
        summary=HOSTILE,
    )
    initiatives.journal_add(actor=cast.actor("cx_manager"), now=now, initiative=initiative, text=HOSTILE)
    return {
        "customers:detail": customer, "feedback:detail": response, "cases:detail": case, "kpis:detail": kpi,
        "initiatives:detail": initiative, "journeys:detail": journey,
    }  # fmt: skip


def assert_harmless(text, where):
    for danger in DANGEROUS:
        assert danger not in text, f"{where}: {danger}"


def test_hostile_words_are_shown_as_words_on_every_page(cast, world):
    checked = 0
    for name, row in ROWS.items():
        person = next((one for one in ("cx_manager", "administrator", "team_lead") if row[one] == 200), None)
        if person is None:
            continue
        if name in world:
            url = reverse(name, kwargs={"uid": world[name].uid})
        else:
            url = reverse(name, kwargs=OBJECTS[name](cast) if name in OBJECTS else None)
        client = cast.client(person)
        for suffix in ("", "?tab=history") if name in world else ("",):
            answer = client.get(f"{url}{suffix}")
            if answer.status_code == 200 and not answer.streaming:
                assert_harmless(answer.content.decode(), f"{name}{suffix} as {person}")
                checked += 1
    assert checked > 50


def test_fragments_are_as_harmless_as_pages(cast, world):
    client = cast.client("cx_manager")
    for url in ("/cases/", "/feedback/", "/customers/", "/initiatives/", "/kpis/", "/journeys/"):
        answer = client.get(url, headers={"HX-Request": "true", "HX-Target": "list"})
        assert answer.status_code == 200
        assert_harmless(answer.content.decode(), url)


def test_the_api_gives_the_words_back_unchanged(cast, world):
    answer = cast.api("cx_manager").get(f"/api/v1/customers/{world['customers:detail'].uid}/")
    assert json.loads(answer.content)["name"] == HOSTILE[:110].strip()


@pytest.mark.parametrize("url", ["/cases/", "/feedback/", "/customers/", "/initiatives/", "/kpis/"])
@pytest.mark.parametrize(
    "query",
    [
        "q=%27%20OR%201%3D1--",
        "sort=id);DROP+TABLE+x",
        "state=x%27",
        "page=-1",
        "page=99999999999999999999",
        "q=%00",
    ],
)
def test_hostile_queries_of_lists_are_answered_calmly(cast, url, query):
    assert cast.client("cx_manager").get(f"{url}?{query}").status_code in {200, 404, 422}
