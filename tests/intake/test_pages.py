"""The analyst's walk through the screens, who may see what, and pages that cost the same however many rows they show."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.feedback.models import Response
from apps.intake.fields import KINDS
from apps.intake.models import ImportJob, ImportMapping, State
from tests.intake.support import imported, previewed, submitted, worked

pytestmark = pytest.mark.django_db

TEXT = "source_id,responded_at,score,verbatim\nr1,2026-03-01,3,<b>Bad</b>\nr2,never,3,x\n"


@pytest.fixture
def browser(cast):
    return cast.client("analyst")


@pytest.fixture
def analyst(cast):
    return cast.actor("analyst")


def upload(browser, text=TEXT, name="mine.csv", **more):
    return browser.post(reverse("intake:new"), {"files": SimpleUploadedFile(name, text.encode()), **more})


def test_from_upload_to_undo(browser, analyst):
    answer = upload(browser)
    job = ImportJob.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (303, reverse("intake:map", args=[job.uid]))
    assert job.kind == "feedback"  # guessed from the header

    page = browser.get(reverse("intake:map", args=[job.uid]))
    assert b"responded_at" in page.content
    form = page.context["form"]
    data = {field.html_name: field.value() or "" for field in form}
    answer = browser.post(
        page.request["PATH_INFO"], data | {"save_as": "Monthly", "constants": "source = web"}
    )
    assert answer.status_code == 303, answer.context["form"].errors
    assert ImportMapping.objects.get().name == "Monthly"
    bar = browser.get(reverse("intake:detail", args=[job.uid]))
    assert b"<progress" in bar.content

    worked(job, analyst)
    page = browser.get(reverse("intake:detail", args=[job.uid]))
    assert b"&lt;b&gt;Bad&lt;/b&gt;" in page.content
    assert b"<b>Bad" not in page.content
    assert b"Not a date" in page.content
    rejected = browser.get(reverse("intake:rejects", args=[job.uid]), {"export": "csv"})
    assert b"responded_at" in b"".join(rejected.streaming_content)
    assert not Response.objects.exists()

    assert browser.post(reverse("intake:confirm", args=[job.uid])).status_code == 303
    worked(job, analyst)
    page = browser.get(reverse("intake:detail", args=[job.uid]))
    assert page.context["job"].state == State.DONE
    assert next(link.url for link in page.context["links"]).startswith("/feedback/")

    assert b"Undo" in browser.get(reverse("intake:undo", args=[job.uid])).content
    browser.post(reverse("intake:undo", args=[job.uid]))
    worked(job, analyst)
    assert job.state == State.UNDONE
    assert not Response.objects.exists()


def test_the_progress_bar_ends_by_sending_to_the_page(browser, analyst):
    job = submitted(analyst, "feedback", TEXT)
    ImportJob.objects.update(state="running", rows_total=10, rows_done=4)
    url = reverse("intake:progress", args=[job.uid])
    headers = {"HX-Request": "true", "HX-Target": f"import-{job.uid}"}
    assert b'value="4"' in browser.get(url, headers=headers).content
    ImportJob.objects.update(state="done")
    assert browser.get(url, headers=headers).headers["HX-Location"] == reverse(
        "intake:detail", args=[job.uid]
    )


@pytest.mark.parametrize(
    ("text", "words"), [("", b"empty"), ("<html></html>", b"web page"), ("x,y\n1,2\n", b"fit no kind")]
)
def test_a_refused_upload_says_why_and_keeps_nothing(browser, text, words, settings):
    answer = upload(browser, text)
    assert answer.status_code == 422
    assert words in answer.content
    assert not ImportJob.objects.exists()


def test_a_question_is_shown_and_answered(browser, analyst):
    upload(browser, 'source_id,responded_at,score,revenue\na,2026-01-01,1,"1,234"\n')
    job = ImportJob.objects.get()
    page = browser.get(reverse("intake:map", args=[job.uid]))
    assert b"can be read two ways" in page.content
    data = {field.html_name: field.value() or "" for field in page.context["form"]}
    browser.post(page.request["PATH_INFO"], data)
    worked(job, analyst)
    assert job.state == State.UPLOADED  # still open: nothing was guessed
    assert b"Choose which is right" in browser.get(job.get_absolute_url()).content
    browser.post(page.request["PATH_INFO"], data | {"decimal_sign": ","})
    worked(job, analyst)
    assert (job.state, job.rejected) == (State.PREVIEWED, 1)


def test_a_wrong_encoding_is_corrected(browser):
    stored = "a;source_id;responded_at\nпривет;1;2026-01-01\n".encode("cp1251")
    browser.post(reverse("intake:new"), {"files": SimpleUploadedFile("f.csv", stored)})
    job = ImportJob.objects.get()
    url = reverse("intake:map", args=[job.uid])
    page = browser.get(url)
    data = {field.html_name: field.value() or "" for field in page.context["form"]}
    browser.post(url, data | {"encoding": "cp1251", "column_0": "verbatim"})
    job.refresh_from_db()
    assert job.mapping["encoding"] == "cp1251"


def test_a_mapping_that_cannot_be_used_is_shown_again_with_what_was_typed(browser):
    upload(browser)
    job = ImportJob.objects.get()
    url = reverse("intake:map", args=[job.uid])
    data = {field.html_name: field.value() or "" for field in browser.get(url).context["form"]}
    answer = browser.post(url, data | {"column_0": "", "constants": "source = kept words"})
    assert answer.status_code == 422
    assert b"kept words" in answer.content
    assert b"source_id" in answer.content


def test_a_saved_mapping_is_applied(browser, cast):
    upload(browser, "id,when,points\n1,2026-01-01,3\n", kind="feedback")
    job = ImportJob.objects.get()
    saved = ImportMapping.objects.create(
        name="Points",
        kind="feedback",
        document={"columns": {"id": "external_id", "when": "answered_at", "points": "score"}},
    )
    page = browser.get(reverse("intake:map", args=[job.uid]), {"saved": str(saved.uid)})
    assert page.context["form"]["column_2"].value() == "score"


def test_a_bundle_needs_all_its_files(browser):
    answer = upload(browser, preset="olist")
    assert answer.status_code == 422
    assert b"The bundle lacks" in answer.content


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_file_per_kind(browser, kind):
    answer = browser.get(reverse("intake:template_file", args=[kind]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0].split(",") == [each.column for each in KINDS[kind].fields]


def test_lists_and_small_pages_open(browser, analyst):
    previewed(analyst, "feedback", TEXT)
    mapping = ImportMapping.objects.create(name="M", kind="feedback", document={})
    for name, args in [
        ("list", []), ("templates", []), ("mappings", []), ("mapping", [mapping.uid]), ("mapping_delete", [mapping.uid]), ("new", []),
    ]:  # fmt: skip
        assert browser.get(reverse(f"intake:{name}", args=args)).status_code == 200
    assert b"mine" not in browser.get(reverse("intake:list"), {"state": "done"}).content
    assert browser.get(reverse("intake:list"), {"export": "xlsx"}).status_code == 200


@pytest.mark.parametrize(
    ("who", "status"),
    [("frontline", 403), ("team_lead", 403), ("finance", 403), ("executive", 403), ("administrator", 403)],
)
def test_only_analysts_and_managers_import(cast, who, status):
    for name in ("list", "new", "templates", "mappings"):
        assert cast.client(who).get(reverse(f"intake:{name}")).status_code == status


def test_strangers_do_not_find_it(cast):
    job = submitted(cast.actor("cx_manager"), "feedback", TEXT)
    stranger = cast.client("other_unit")
    for name in ("detail", "map", "progress", "undo", "rejects"):
        assert stranger.get(reverse(f"intake:{name}", args=[job.uid])).status_code == 404
    for name in ("check", "confirm", "cancel", "undo"):
        assert stranger.post(reverse(f"intake:{name}", args=[job.uid])).status_code == 404


def queries(browser, url):
    browser.get(url)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert browser.get(url).status_code == 200
    return len(seen)


def test_lists_cost_the_same_with_two_rows_and_with_twenty(browser, analyst):
    for _each in range(2):
        submitted(analyst, "feedback", TEXT)
    few = queries(browser, reverse("intake:list"))
    for _each in range(18):
        submitted(analyst, "feedback", TEXT)
    assert queries(browser, reverse("intake:list")) == few


def test_the_page_of_an_import_costs_the_same_with_two_rejects_and_with_twenty(browser, analyst):
    few = imported(analyst, "feedback", "source_id,responded_at,score\n" + "r,never,1\n" * 2)
    many = imported(analyst, "feedback", "source_id,responded_at,score\n" + "r,never,1\n" * 20)
    for name in ("detail", "rejects"):
        assert queries(browser, reverse(f"intake:{name}", args=[few.uid])) == queries(
            browser, reverse(f"intake:{name}", args=[many.uid])
        )
