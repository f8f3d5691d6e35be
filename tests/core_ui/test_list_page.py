"""A list page: search, filters, order, pages, saved views and exports, at a cost that does not grow."""

import csv
import datetime as dt
import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import SavedView
from apps.core.lists import paging
from apps.core.models import Heartbeat

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core_ui.urls")]
NOW = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
HTMX = {"HX-Request": "true", "HX-Target": "list"}


def pulses(count, start=0, at=None):
    Heartbeat.objects.bulk_create(
        Heartbeat(
            name=f"worker {n:05d}", at=at or NOW + dt.timedelta(minutes=n), detail={"share": 0.25, "cost": n}
        )
        for n in range(start, start + count)
    )


def text_of(response):
    return response.content.decode()


def rows_of(response):
    return text_of(response).split('role="rowheader"')[1:]


def csv_rows(response):
    body = b"".join(response.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(body)))


def test_a_person_who_is_not_signed_in_is_sent_to_sign_in(client, cast):
    response = client.get("/pulses/?q=a")
    assert response.status_code == 302
    assert response["Location"].endswith("?next=/pulses/%3Fq%3Da")


def test_who_may_not_see_gets_the_reason(cast):
    response = cast.client("frontline").get("/secret-pulses/")
    assert response.status_code == 403
    assert "roles" in text_of(response)


def test_the_page_shows_fifty_rows_and_how_many_there_are(cast):
    pulses(120)
    response = cast.client("analyst").get("/pulses/")
    assert len(rows_of(response)) == 50
    assert "120 results" in text_of(response)
    assert "Page 1 of 3" in text_of(response)


def test_htmx_gets_only_the_list(cast):
    pulses(1)
    response = cast.client("analyst").get("/pulses/", headers=HTMX)
    assert text_of(response).lstrip().startswith('<div id="list"')
    assert {"HX-Request", "HX-Target"} <= {name.strip() for name in response["Vary"].split(",")}


def test_the_number_of_queries_does_not_grow_with_the_rows(cast):
    client = cast.client("analyst")
    pulses(2)
    client.get("/pulses/")
    with CaptureQueriesContext(connection) as few:
        client.get("/pulses/")
    pulses(18, start=2)
    with CaptureQueriesContext(connection) as many:
        client.get("/pulses/")
    assert len(many) == len(few)


def test_nothing_is_counted_beyond_the_cap(cast, monkeypatch):
    monkeypatch.setattr(paging, "COUNT_CAP", 100)
    pulses(130)
    with CaptureQueriesContext(connection) as queries:
        response = cast.client("analyst").get("/pulses/")
    counts = [
        query["sql"] for query in queries if "COUNT(" in query["sql"] and "core_heartbeat" in query["sql"]
    ]
    assert len(counts) == 1
    assert "LIMIT 101" in counts[0]
    assert "100+ results" in text_of(response)
    assert "Page 1 of 2" in text_of(response)


def test_equal_rows_keep_one_order_over_the_pages(cast):
    pulses(120, at=NOW)
    client = cast.client("analyst")
    names = [
        row.split(">", 1)[1].split("<")[0].strip()
        for page in (1, 2, 3)
        for row in rows_of(client.get(f"/pulses/?page={page}"))
    ]
    assert len(names) == len(set(names)) == 120


def test_the_order_asked_for_is_followed_and_shown_to_screen_readers(cast):
    pulses(3)
    response = cast.client("analyst").get("/pulses/?sort=-name")
    assert "worker 00002" in rows_of(response)[0]
    assert 'aria-sort="descending"' in text_of(response)


@pytest.mark.parametrize(
    "query",
    ["sort=nonsense", "page=x", "page=-1", "page=9999", "sort=-", "q=%00", "after=31.02.2026", "name=%00"],
)
def test_nonsense_in_the_address_is_no_error(cast, query):
    pulses(3)
    response = cast.client("analyst").get(f"/pulses/?{query}")
    assert response.status_code == 200
    assert len(rows_of(response)) == 3


def test_search_and_filters_narrow_and_show_as_chips(cast):
    pulses(30)
    response = cast.client("analyst").get("/pulses/?q=worker+0002&name=5&sort=name")
    assert len(rows_of(response)) == 1
    assert 'class="cx-chip" href="?q=worker+0002&amp;sort=name"' in text_of(response)


def test_an_impossible_filter_says_so_beside_its_field(cast):
    pulses(1)
    assert "Enter a valid date." in text_of(cast.client("analyst").get("/pulses/?after=31.02.2026"))


def test_a_choice_not_made_says_what_it_is_about_and_one_made_becomes_a_chip(cast):
    client = cast.client("analyst")
    body = text_of(client.get("/pulses/"))
    assert "Kind: any" in body
    assert "Alive: any" in body
    assert "---------" not in body
    body = " ".join(text_of(client.get("/pulses/?kind=b&alive=true")).split())
    assert '<span class="cx-faint">Kind:</span> Worker' in body
    assert '<span class="cx-faint">Alive:</span> yes' in body


def test_nothing_found_and_nothing_there_are_told_apart(cast):
    client = cast.client("analyst")
    assert "No pulse yet" in text_of(client.get("/pulses/"))
    assert "Nothing matches" in text_of(client.get("/pulses/?q=x"))


def test_csv_holds_all_filtered_rows_in_order_with_the_columns_shown(cast):
    pulses(120)
    rows = csv_rows(cast.client("analyst").get("/pulses/?export=csv&q=worker+000&sort=-name"))
    assert rows[0] == ["Process", "Seen", "Share", "Cost", "Cost, currency"]
    assert len(rows) == 101
    assert rows[1][0] == "worker 00099"
    assert rows[1][2:] == ["0.25", "99", "EUR"]


def test_exported_instants_are_in_the_reader_s_zone(cast):
    pulses(1)
    user = cast.analyst
    user.time_zone = "America/Sao_Paulo"
    user.save(update_fields=["time_zone"])
    assert csv_rows(cast.client("analyst").get("/pulses/?export=csv"))[1][1] == "2026-03-02T07:00:00-03:00"


def test_xlsx_keeps_numbers_as_numbers_and_formulas_as_text(cast):
    Heartbeat.objects.create(name="=1+1", at=NOW, detail={"share": 0.5, "cost": 7})
    response = cast.client("analyst").get("/pulses/?export=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert [cell.value for cell in sheet[2]] == ["'=1+1", dt.datetime(2026, 3, 2, 11, 0), 0.5, 7, "EUR"]


def test_an_export_reads_in_chunks_whatever_its_size(cast):
    pulses(60)
    client = cast.client("analyst")
    with CaptureQueriesContext(connection) as queries:
        assert len(csv_rows(client.get("/pulses/?export=csv"))) == 61
    assert len([query for query in queries if "core_heartbeat" in query["sql"]]) <= 1


def test_a_view_is_saved_without_its_page_and_offered_again(cast):
    client = cast.client("analyst")
    response = client.post(
        "/pulses/",
        {"do": "view-save", "name": "Fives", "query": "?name=5&page=3&q=&sort=-name", "is_shared": "1"},
    )
    assert response.status_code == 303
    assert response["Location"] == "/pulses/?name=5&sort=-name"
    assert SavedView.objects.get().query == "name=5&sort=-name"
    assert "Fives" in text_of(cast.client("executive").get("/pulses/"))


def test_only_one_s_own_view_is_deleted(cast):
    cast.client("analyst").post(
        "/pulses/", {"do": "view-save", "name": "Mine", "query": "", "is_shared": "1"}
    )
    uid = str(SavedView.objects.get().uid)
    assert cast.client("executive").post("/pulses/", {"do": "view-delete", "view": uid}).status_code in {
        403,
        404,
    }
    assert SavedView.objects.count() == 1
    cast.client("analyst").post("/pulses/", {"do": "view-delete", "view": uid})
    assert SavedView.objects.count() == 0


@pytest.mark.parametrize(
    "data", [{"do": "view-save", "name": " "}, {"do": "view-delete", "view": "x"}, {"do": "explode"}, {}]
)
def test_a_wrong_post_is_refused(cast, data):
    assert cast.client("analyst").post("/pulses/", data).status_code in {404, 422}


def test_what_is_typed_is_never_markup(cast):
    Heartbeat.objects.create(name="<script>alert(1)</script>", at=NOW)
    body = text_of(cast.client("analyst").get("/pulses/?q=<script>&name=<script>&sort=<script>"))
    assert "<script>alert" not in body
    assert '"<script>' not in body
