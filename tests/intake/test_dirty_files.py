"""Every dirty file of the shared corpus meets its fate, as its expected.json says."""

import json
from pathlib import Path

import pytest

from apps.intake.convert import Defaults, Record
from apps.intake.mapping import mapping_parse
from apps.intake.prepare import file_prepare
from apps.intake.reading.faults import FileRefused, RowFault
from tests.shared_data import shared

STATED = {
    "10_decimal_comma": {"decimal_sign": ","},
    "12_dates": {"date_order": "dmy", "zone": "Europe/Berlin"},
}
REFUSED = {
    "07_unclosed_quote": "unclosed_quote",
    "14_missing_col": "missing_column",
    "17_empty": "empty",
    "19_dup_header": "duplicate_column",
    "24_million_cols": "too_many_columns",
    "26_xlsx_renamed": "zip",
    "27_html_page": "html",
}


def expected() -> dict:
    return json.loads(Path(shared("dirty/expected.json")).read_text())


def outcomes(name: str) -> tuple[list[Record], list[list[RowFault]]]:
    stated = mapping_parse(STATED[name], "feedback") if name in STATED else None
    path = Path(shared(f"dirty/{name}.csv"))
    prepared = file_prepare(path, path.name, kind="feedback", mapping=stated)
    assert not prepared.questions
    good, bad = [], []
    for outcome in prepared.outcomes(Defaults(zone="UTC")):
        (good if isinstance(outcome, Record) else bad).append(outcome)
    return good, bad


ACCEPTED = [
    "00_clean", "01_bom", "02_latin1", "03_cp1252_quotes", "04_utf16", "05_nul", "06_huge_cell", "08_newline_in_cell",
    "09_formula", "10_decimal_comma", "11_score_kinds", "12_dates", "15_extra_and_short", "16_semicolon",
    "18_header_only", "20_cr_only", "21_rtl_override", "22_lone_surrogate", "23_xss", "25_big_ints", "28_trailing_total",
]  # fmt: skip


def test_every_file_of_the_corpus_is_tried():
    assert {*ACCEPTED, *REFUSED, "13_dup_in_file"} == set(expected())


@pytest.mark.parametrize("name", ACCEPTED)
def test_rows_in_and_out(name):
    good, bad = outcomes(name)
    assert (len(good), len(bad)) == (expected()[name]["rows_ok"], expected()[name]["rows_rejected"])
    for faults in bad:
        assert all(fault.line >= 2 and fault.reason and fault.remedy for fault in faults)


@pytest.mark.parametrize(("name", "code"), REFUSED.items())
def test_files_refused_whole(name, code):
    with pytest.raises(FileRefused) as refused:
        outcomes(name)
    assert refused.value.code == code
    assert "\n" not in str(refused.value)


def test_a_refusal_names_what_is_wrong():
    with pytest.raises(FileRefused, match="line 2: A quote opened here"):
        outcomes("07_unclosed_quote")
    with pytest.raises(FileRefused, match="responded_at"):
        outcomes("14_missing_col")
    with pytest.raises(FileRefused, match="score"):
        outcomes("19_dup_header")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("02_latin1", "Qualité détestable"),
        ("03_cp1252_quotes", "It’s bad – really"),
        ("04_utf16", "great"),
        ("08_newline_in_cell", "two\nlines"),
        ("20_cr_only", "great"),
        ("21_rtl_override", "abc\u202ecba\u200b\ud7ff"),
        ("23_xss", "<script>alert(1)</script><img src=x onerror=alert(1)>"),
    ],
)
def test_the_words_arrive_as_they_were_written(name, words):
    good, _bad = outcomes(name)
    assert good[0].values["verbatim"] == words


def test_formulas_are_stored_as_text():
    good, _bad = outcomes("09_formula")
    assert [each.values["verbatim"] for each in good] == [
        '=HYPERLINK("http://x","y")',
        "@SUM(1)",
        "+1+1",
        "-2+3",
        "\tx",
    ]


def test_an_eight_bit_encoding_is_a_guess_and_said_to_be_one():
    path = Path(shared("dirty/02_latin1.csv"))
    assert "encoding" in file_prepare(path, path.name, kind="feedback").layout.guessed


@pytest.mark.parametrize(
    ("name", "setting"), [("10_decimal_comma", "decimal_sign"), ("12_dates", "date_order")]
)
def test_what_can_be_read_two_ways_is_asked(name, setting):
    path = Path(shared(f"dirty/{name}.csv"))
    prepared = file_prepare(path, path.name, kind="feedback")
    assert [question.setting for question in prepared.questions] == [setting]


def test_the_decimal_comma_is_never_a_guess():
    good, bad = outcomes("10_decimal_comma")
    assert str(good[0].values["revenue"]) == "1234.56"
    assert bad[0][0].line == 3
    assert bad[0][0].column == "revenue"


def test_each_bad_score_and_date_has_its_place():
    good, bad = outcomes("11_score_kinds")
    assert [str(each.values["score"]) for each in good] == ["10", "9.0", "7"]
    assert [faults[0].line for faults in bad] == [3, 4, 6, 7, 8, 9, 10, 11]
    assert {faults[0].column for faults in bad} == {"score"}
    good, bad = outcomes("12_dates")
    assert [each.line for each in good] == [2, 4, 7, 10]
    assert {faults[0].column for faults in bad} == {"responded_at"}
    assert good[1].values["answered_at"].isoformat() == "2026-04-02T22:00:00+00:00"


def test_the_row_after_a_bad_one_still_comes_in():
    good, bad = outcomes("05_nul")
    assert bad[0][0].line == 2
    assert bad[0][0].column == "verbatim"
    assert "\x00" not in bad[0][0].value
    assert good[0].line == 3
