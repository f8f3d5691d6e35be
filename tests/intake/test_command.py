"""`import_file` answers in counts, refuses in one line with exit 2, and writes nothing on a dry run."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.cases.models import Case
from apps.customers.models import Customer
from apps.feedback.models import Response
from apps.intake.models import ImportJob
from apps.intake.services import mapping_save
from apps.notifications.models import Outbox
from tests.intake.support import NOW
from tests.intake.test_dirty_files import ACCEPTED, REFUSED, STATED
from tests.shared_data import shared

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _people(cast):
    """An organisation to import into."""


def run(*arguments: str, **options) -> dict:
    out = StringIO()
    call_command("import_file", *arguments, "--json", stdout=out, **options)
    return json.loads(out.getvalue())


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "file.csv"
    path.write_text(text)
    return str(path)


FILE = (
    "source_id,responded_at,score,verbatim,revenue\ns1,2026-03-01T10:00:00Z,9,great,10.50\ns2,never,9,x,1\n"
)


def test_the_counts_reconcile_and_the_rejects_lie_in_a_file(tmp_path):
    report = run("feedback", written(tmp_path, FILE))
    assert {key: report[key] for key in ("kind", "rows", "added", "changed", "skipped", "rejected")} == {
        "kind": "feedback", "rows": 2, "added": 1, "changed": 0, "skipped": 0, "rejected": 1,
    }  # fmt: skip
    lines = Path(report["rejects_file"]).read_text(encoding="utf-8-sig").splitlines()
    assert lines[1].startswith("3,responded_at,never,")
    assert ImportJob.objects.get().uid.hex == report["job"].replace("-", "")


def test_a_dry_run_counts_the_same_and_writes_nothing(tmp_path):
    report = run("feedback", written(tmp_path, FILE), "--dry-run")
    assert (report["rows"], report["added"], report["rejected"], report["rejects_file"]) == (2, 1, 1, None)
    for model in (Response, ImportJob, Outbox, Customer):
        assert not model.objects.exists(), model


def test_nobody_is_needed_but_a_person_may_be_named(tmp_path, cast):
    run("feedback", written(tmp_path, FILE), "--as", "analyst@example.org")
    assert ImportJob.objects.get().created_by == cast.analyst
    with pytest.raises(CommandError, match="one of these roles") as refused:
        run("feedback", written(tmp_path, FILE), "--as", "finance@example.org")
    assert refused.value.returncode == 2


def test_a_saved_mapping_by_its_name_and_json_and_a_file(tmp_path, cast):
    path = written(tmp_path, "a,b,c\nx1,2026-03-01,3\n")
    document = {"columns": {"a": "external_id", "b": "answered_at", "c": "score"}}
    mapping_save(actor=cast.actor("analyst"), now=NOW, name="My stars", kind="feedback", document=document)
    assert run("feedback", path, "--mapping", "my STARS")["added"] == 1
    assert run("feedback", path, "--mapping", json.dumps(document))["skipped"] == 1
    (tmp_path / "m.json").write_text(json.dumps(document))
    assert run("feedback", path, "--mapping", f"@{tmp_path / 'm.json'}")["skipped"] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["feedback", "absent.csv"], "no file"),
        (["nonsense", "FILE"], "no kind nonsense"),
        (["feedback", "FILE", "--mapping", "unknown name"], "no mapping"),
        (["feedback", "FILE", "--mapping", "{broken"], "not valid JSON"),
        (["feedback", "FILE", "--mapping", '{"columns": {"zzz": "score"}}'], "no column zzz"),
        (["feedback", "FILE", "--as", "nobody@nowhere.org"], "nobody has the address"),
        (["feedback", "FILE", "--now", "noon"], "ISO 8601"),
        (["feedback"], "Name the file"),
    ],
)
def test_refusals_are_one_line_with_exit_two_and_write_nothing(tmp_path, arguments, words):
    path = written(tmp_path, FILE)
    with pytest.raises(CommandError, match=words) as refused:
        run(*[path if each == "FILE" else each for each in arguments])
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)
    assert not Response.objects.exists()


def test_an_open_question_is_refused_unless_the_mapping_answers(tmp_path):
    path = written(tmp_path, 'source_id,responded_at,score,revenue\na,03/04/2026,9,"1,234"\n')
    with pytest.raises(CommandError, match="decimal_sign") as refused:
        run("feedback", path)
    assert refused.value.returncode == 2
    report = run("feedback", path, "--mapping", '{"decimal_sign": ".", "date_order": "dmy"}')
    assert report["added"] == 1


def test_a_fixed_now_is_the_now_of_the_import(tmp_path):
    run("feedback", written(tmp_path, FILE), "--now", "2026-03-01T12:00:00Z")
    assert ImportJob.objects.get().finished_at.isoformat() == "2026-03-01T12:00:00+00:00"


@pytest.mark.parametrize("name", [*ACCEPTED, "13_dup_in_file"])
def test_dirty_files_by_command(name):
    wanted = json.loads(shared("dirty/expected.json").read_text())[name]
    document = {"constants": {"source": "dirty"}, **STATED.get(name, {})}
    report = run("feedback", str(shared(f"dirty/{name}.csv")), "--mapping", json.dumps(document))
    assert (report["added"], report["rejected"]) == (wanted["rows_ok"], wanted["rows_rejected"])
    assert report["rows"] == wanted["rows_ok"] + wanted["rows_rejected"]
    assert Response.objects.count() == wanted["rows_ok"]


@pytest.mark.parametrize("name", [*REFUSED, *STATED])
def test_dirty_files_that_are_refused(name):
    with pytest.raises(CommandError) as refused:
        run("feedback", str(shared(f"dirty/{name}.csv")))
    assert refused.value.returncode == 2
    assert not Response.objects.exists()


def test_a_bundle_lacking_a_file_is_refused(tmp_path):
    with pytest.raises(CommandError, match="olist_orders") as refused:
        run(str(tmp_path), "--preset", "olist")
    assert refused.value.returncode == 2
    assert not Case.objects.exists()
