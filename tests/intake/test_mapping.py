"""A mapping says what columns mean, is checked in words, and survives being stored."""

from decimal import Decimal

import pytest

from apps.intake.convert import Defaults, Record, Skipped
from apps.intake.fields import KINDS
from apps.intake.mapping import kind_guess, mapping_guess, mapping_parse
from apps.intake.prepare import file_prepare
from apps.intake.reading.faults import FileRefused


def read(tmp_path, text, document, kind="feedback"):
    path = tmp_path / "file.csv"
    path.write_text(text)
    prepared = file_prepare(path, path.name, kind=kind, mapping=mapping_parse(document, kind))
    assert not prepared.questions
    return list(prepared.outcomes(Defaults(zone="America/Sao_Paulo")))


DOCUMENT = {
    "columns": {
        "review": {"field": "score", "values": {"five": "5"}},
        "answered": "answered_at",
        "order": ["ref", "attributes.order"],
    },
    "constants": {"source": "olist", "scale_min": 1, "scale_max": 5},
    "derived": [
        {"field": "external_id", "concat": ["id", "order"], "separator": "+"},
        {"field": "attributes.days_late", "days_between": ["promised", "delivered"], "by": "calendar_day"},
        {"field": "attributes.hours", "scale": "days", "a": 24, "b": 1},
        {"field": "attributes.arrived", "present": "delivered"},
        {
            "field": "attributes.late",
            "choose": "attributes.days_late",
            "above": 0,
            "then": "late",
            "else": "on time",
        },
    ],
    "skip_when_empty": ["answered"],
}
TEXT = (
    "id,order,review,answered,promised,delivered,days\n"
    "r1,o1,five,2018-01-02 10:00,2018-01-01 00:00:00,2018-01-01 23:00:00,0.5\n"
    "r2,o2,4,2018-01-05 10:00,2018-01-01 00:00:00,2018-01-04 01:00:00,2\n"
    "r3,o3,4,2018-01-05 10:00,2018-01-01 00:00:00,,\n"
    "r4,o4,4,,2018-01-01 00:00:00,,\n"
)


def test_derived_fields(tmp_path):
    first, second, third, fourth = read(tmp_path, TEXT, DOCUMENT)
    assert first.values["external_id"] == "r1+o1"
    assert first.values["ref"] == "o1"
    assert first.values["score"] == 5
    assert first.attributes == {
        "order": "o1",
        "days_late": 0,
        "hours": 13,
        "arrived": "yes",
        "late": "on time",
    }
    assert second.attributes["days_late"] == 3
    assert second.attributes["late"] == "late"
    assert third.attributes == {"order": "o3", "arrived": "no"}
    assert isinstance(fourth, Skipped)


def test_days_by_the_clock_are_fractions(tmp_path):
    document = DOCUMENT | {
        "derived": [
            DOCUMENT["derived"][0],
            {"field": "attributes.days", "days_between": ["promised", "delivered"]},
        ]
    }
    assert read(tmp_path, TEXT, document)[0].attributes["days"] == pytest.approx(23 / 24, abs=1e-4)


def test_a_mapping_survives_being_stored():
    mapping = mapping_parse(DOCUMENT, "feedback")
    assert mapping_parse(mapping.document(), "feedback") == mapping


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "not valid JSON"),
        ([], "must be a JSON object"),
        ({"colums": {}}, "unknown keys: colums"),
        ({"columns": {"a": "nope"}}, "no field nope"),
        ({"columns": {"a": "score", "b": "score"}}, "two sources for the field score"),
        ({"columns": {"a": {"field": "score", "decimal_sign": ";"}}}, "decimal_sign must be"),
        ({"zone": "Mars/Olympus"}, "Unknown time zone"),
        ({"derived": [{"field": "external_id"}]}, "exactly one of"),
        ({"derived": [{"field": "external_id", "concat": []}]}, "must name its columns"),
        ({"derived": [{"field": "attributes.d", "days_between": ["a"]}]}, "needs 2 columns"),
        ({"kind": "customers"}, "it is for customers"),
        ({"constants": {"score": None}}, "must be a text or a number"),
    ],
)
def test_a_wrong_mapping_is_refused_in_words(document, words):
    with pytest.raises(FileRefused, match=words):
        mapping_parse(document, "feedback")


def test_a_mapped_column_that_is_absent_is_named(tmp_path):
    with pytest.raises(FileRefused, match="answered"):
        read(tmp_path, "id,order,review\n1,2,3\n", DOCUMENT)


def test_the_header_suggests_kind_and_mapping():
    names = ["review_id", "review_score", "review_comment_message", "review_answer_timestamp", "noise"]
    assert kind_guess(names) == "feedback"
    assert {column.name: column.field for column in mapping_guess("feedback", names).columns} == {
        "review_id": "external_id",
        "review_answer_timestamp": "answered_at",
        "review_score": "score",
        "review_comment_message": "verbatim",
    }
    assert kind_guess(["nothing", "of", "this"]) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_file_maps_itself(kind):
    spec = KINDS[kind]
    names = [each.column for each in spec.fields]
    assert mapping_guess(kind, names).fields() == {each.name for each in spec.fields}


def test_all_faults_of_a_row_are_told_at_once(tmp_path):
    text = "source_id,responded_at,score\n,soon,99\n"
    path = tmp_path / "file.csv"
    path.write_text(text)
    (faults,) = file_prepare(path, path.name, kind="feedback").outcomes(Defaults())
    assert [(fault.line, fault.column) for fault in faults] == [
        (2, "source_id"),
        (2, "responded_at"),
        (2, "score"),
    ]


def test_what_the_file_proves_is_written_into_the_mapping(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text('source_id,responded_at,score,revenue\na,31/12/2025,9,"1,5"\nb,01/02/2026,9,"1,234"\n')
    prepared = file_prepare(path, path.name, kind="feedback")
    assert not prepared.questions
    good = list(prepared.outcomes(Defaults()))
    assert all(isinstance(each, Record) for each in good) is False  # 1,234 has three places: not money
    assert good[0].values["revenue"] == Decimal("1.5")
    assert good[0].values["answered_at"].isoformat() == "2025-12-31T00:00:00+00:00"
