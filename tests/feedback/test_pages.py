"""The pages of feedback: what each role finds, searches, counts and takes away."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.customers.models import Customer
from apps.feedback import selectors
from apps.feedback.models import Response, Source
from apps.feedback.services import responses_bulk_record
from tests.feedback.factories import NOW, SYSTEM, make_response, make_source, row

pytestmark = pytest.mark.django_db
LIST = "/feedback/"


def page(cast, who, url=LIST) -> str:
    answer = cast.client(who).get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_people_see_the_responses_of_their_own_units(cast):
    north, south = make_source(cast.store, "north"), make_source(cast.other_store, "south")
    make_response(north, "n", verbatim="Words of the north")
    make_response(south, "s", verbatim="Words of the south")
    for who, sees in [("frontline", {"north"}), ("analyst", {"north", "south"}), ("other_unit", {"south"})]:
        body = page(cast, who)
        assert {name for name in ("north", "south") if f"Words of the {name}" in body} == sees


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("deliv lat", {"late"}),
        ("DELIVERY", {"late", "quick"}),
        ("pünktl", {"punctual"}),
        ("late & !quick | x", set()),
        ("'; DROP TABLE feedback_response; --", set()),
        (":*", set()),
    ],
)
def test_search_finds_every_word_by_its_beginning(cast, text, found):
    source = make_source(cast.store)
    words = {"late": "Late delivery again", "quick": "Quick delivery", "punctual": "Sehr pünktlich"}
    for key, said in words.items():
        make_response(source, key, verbatim=said)
    answer = cast.client("analyst").get(LIST, {"q": text})
    assert answer.status_code == 200
    assert {key for key, said in words.items() if said in answer.content.decode()} == found


def test_filters_narrow_the_list_and_its_figures(cast):
    survey = make_source(cast.store, "survey")
    note = make_source(cast.store, "note", kind="note", score_kind="none")
    for number, score in enumerate([1, 2, 4, 5]):
        make_response(survey, str(number), score=score, verbatim="" if number else "words", language="pt")
    make_response(note, "n", score=None, verbatim="a note")
    for query, count in [
        ({"source": "survey"}, 4),
        ({"kind": "note"}, 1),
        ({"score_min": "4"}, 2),
        ({"score_min": "1", "score_max": "2"}, 2),
        ({"with_words": "true"}, 2),
        ({"with_words": "false"}, 3),
        ({"language": "pt"}, 4),
        ({"known": "true"}, 0),
        ({"unit": "store-01"}, 5),
        ({"unit": "north", "day_after": "2026-03-02", "day_before": "2026-03-02"}, 5),
        ({"day_before": "2026-03-01"}, 0),
    ]:
        answer = cast.client("analyst").get(LIST, query)
        assert answer.context["figures"].count == count, query
    assert cast.client("analyst").get(LIST, {"source": "survey"}).context["figures"].mean == Decimal(3)


def test_the_figures_say_what_a_computation_by_hand_says(cast):
    stars, nps = (
        make_source(cast.store, "stars"),
        make_source(cast.store, "nps", scale_min=0, scale_max=Decimal(10)),
    )
    for number, score in enumerate([1, 2, 3, 4, 5, 5]):
        make_response(stars, str(number), score=score)
    make_response(stars, "none", score=None)
    one = selectors.feedback_figures(Response.objects.filter(source=stars))
    assert (one.count, one.scored, one.low, one.high) == (7, 6, 1, 5)
    assert float(one.mean) == pytest.approx(20 / 6)
    assert (one.favourable, one.unfavourable) == (pytest.approx(3 / 6), pytest.approx(2 / 6))
    make_response(nps, "x", score=10)
    both = selectors.feedback_figures(Response.objects.all())
    assert (both.mean, both.count) == (None, 8)  # two scales do not have one mean
    assert both.mean_norm == pytest.approx((0 + 0.25 + 0.5 + 0.75 + 1 + 1 + 1) / 7)


def test_a_filter_changes_list_and_figures_without_a_new_page(cast):
    make_response(make_source(cast.store), verbatim="Late delivery")
    client = cast.client("analyst")
    part = client.get(
        LIST, {"q": "late"}, headers={"HX-Request": "true", "HX-Target": "list"}
    ).content.decode()
    assert "<html" not in part
    assert part.count('id="feedback-figures"') == part.count("hx-swap-oob") == 1
    assert "hx-swap-oob" not in client.get(LIST).content.decode().partition('id="feedback-figures"')[2][:200]


def test_a_set_too_large_to_add_up_says_so(cast, monkeypatch):
    monkeypatch.setattr(selectors, "FIGURE_CAP", 3)
    source = make_source(cast.store)
    responses_bulk_record(actor=SYSTEM, now=NOW, rows=[row(source, str(n)) for n in range(5)])
    answer = cast.client("analyst").get(LIST)
    assert answer.context["figures"].is_capped
    assert "More than 3" in answer.content.decode()


def test_the_number_of_queries_does_not_grow_with_the_rows(cast):
    source = make_source(cast.store)
    people = [Customer.objects.create(unit=cast.store, name=f"Person {n}") for n in range(20)]
    counts = []
    for size in (2, 20):
        rows = [row(source, str(n), customer=people[n], verbatim="words") for n in range(size)]
        responses_bulk_record(actor=SYSTEM, now=NOW, rows=rows)
        client = cast.client("analyst")
        with CaptureQueriesContext(connection) as seen:
            assert client.get(LIST).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_export_holds_exactly_the_filtered_rows_and_disarms_formulas(cast):
    source = make_source(cast.store)
    make_response(source, "1", verbatim="=cmd|' /C calc'!A0", score=2)
    make_response(source, "2", verbatim="fine", score=5)
    answer = cast.client("analyst").get(LIST, {"export": "csv", "score_max": "2"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    lines = text.strip().splitlines()
    assert len(lines) == 2
    assert "\n=cmd" not in text
    assert "fine" not in text


def test_names_of_customers_are_for_those_who_work_with_them(cast):
    person = Customer.objects.create(unit=cast.store, name="Ada Lovelace")
    response = make_response(make_source(cast.store), customer=person)
    for who, is_shown in [("frontline", True), ("analyst", True), ("executive", False)]:
        assert ("Ada Lovelace" in page(cast, who)) is is_shown
        assert ("Ada Lovelace" in page(cast, who, response.get_absolute_url())) is is_shown


def test_the_page_shows_words_context_and_neighbours_unharmed(cast):
    person = Customer.objects.create(unit=cast.store, name="Ada")
    source = make_source(cast.store)
    response = make_response(
        source,
        "1",
        customer=person,
        title="<b>Title</b>",
        verbatim="<script>alert(1)</script>\nline two",
        attributes={"order": "o-9"},
    )
    make_response(
        source, "2", customer=person, verbatim="An earlier word", responded_at=NOW - dt.timedelta(days=9)
    )
    body = page(cast, "frontline", response.get_absolute_url())
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body
    assert "<script>alert" not in body
    assert "An earlier word" in body
    assert "o-9" in body
    assert "recorded" in page(cast, "analyst", response.get_absolute_url() + "?tab=history")
    assert cast.client("other_unit").get(response.get_absolute_url()).status_code == 404


def test_responses_stand_on_the_timeline_of_their_customer(cast):
    person = Customer.objects.create(unit=cast.store, name="Ada")
    make_response(make_source(cast.store), "1", customer=person, verbatim="On the timeline")
    entries = selectors.timeline(cast.actor("frontline"), [person.pk], None, 10)
    assert [entry.text for entry in entries] == ["On the timeline"]
    assert selectors.timeline(cast.actor("other_unit"), [person.pk], None, 10) == []
    assert selectors.timeline(cast.actor("frontline"), [person.pk], NOW - dt.timedelta(days=2), 10) == []


def test_a_source_is_added_and_edited_on_screen(cast):
    client = cast.client("cx_manager")
    form = {
        "name": "Store survey", "kind": "survey", "score_kind": "stars", "scale_min": "1", "scale_max": "5",
        "unit": cast.store.pk, "is_active": "on",
    }  # fmt: skip
    answer = client.post(reverse("feedback:source_new"), form)
    assert answer.status_code == 303
    source = Source.objects.get(key="store-survey")
    make_response(source, "1")
    bad = client.post(
        source.get_absolute_url(), {**form, "key": source.key, "scale_max": "10", "version": "1"}
    )
    assert bad.status_code == 409
    assert "Add another source instead" in bad.content.decode()
    good = client.post(
        source.get_absolute_url(), {**form, "key": source.key, "name": "Shop survey", "version": "1"}
    )
    assert good.status_code == 303
    stale = client.post(
        source.get_absolute_url(), {**form, "key": source.key, "name": "Third", "version": "1"}
    )
    assert stale.status_code == 409
    assert "Third" in stale.content.decode()  # nothing typed is lost
    assert Source.objects.get().name == "Shop survey"


def test_a_scale_upside_down_is_told_beside_the_field(cast):
    form = {
        "name": "X", "kind": "survey", "score_kind": "stars", "scale_min": "5", "scale_max": "1", "unit": cast.store.pk,
    }  # fmt: skip
    answer = cast.client("cx_manager").post(reverse("feedback:source_new"), form)
    assert answer.status_code == 422
    assert "above the lowest" in answer.content.decode()


def test_the_list_of_sources_leads_only_where_one_may_go(cast):
    source = make_source(cast.store, "north")
    edit, words = source.get_absolute_url(), f"{LIST}?source={source.key}"
    for who, leads_to, not_to in [("analyst", edit, words), ("frontline", words, edit)]:
        body = page(cast, who, reverse("feedback:sources"))
        assert f'href="{leads_to}"' in body
        assert f'href="{not_to}"' not in body
