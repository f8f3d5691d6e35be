"""Exported files are exactly what is shown, and harmless when a spreadsheet opens them."""

import csv
import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.export import (
    csv_response,
    csv_text,
    file_name,
    neutralise,
    plain,
    restore,
    xlsx_file,
    xlsx_response,
)

FORMULAS = [
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=cmd|' /C calc'!A0",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
    "  =1+1",
    "'=1+1",
    "\ufeff=1+1",
    '=HYPERLINK("http://example.org","x")',
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gets_an_apostrophe(text):
    assert neutralise(text) == f"'{text}"
    assert restore(neutralise(text)) == text


@pytest.mark.parametrize("text", ["", "plain", "5 = 5", "a@b.org", "'tis", "''", "O'Neill", "é-"])
def test_other_text_stays_as_it_is(text):
    assert neutralise(text) == text
    assert restore(text) == text


@given(st.text())
def test_restore_undoes_neutralise_for_every_text(text):
    assert restore(neutralise(text)) == text


@given(st.text(alphabet=" '=+-@\t\r\na\uff1d\u00a0\ufeff", max_size=6))
def test_restore_undoes_neutralise_for_awkward_text(text):
    assert restore(neutralise(text)) == text


def test_csv_keeps_numbers_as_numbers_and_neutralises_headers_and_cells():
    rows = [["=cmd", -5, Decimal("-1.50"), None, True, dt.date(2026, 3, 1), "two\nlines"]]
    text = csv_text(["=head", "n", "d", "none", "flag", "day", "words"], rows)
    assert text.startswith("\ufeff")
    head, row = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert head[0] == "'=head"
    assert row == ["'=cmd", "-5", "-1.50", "", "true", "2026-03-01", "two\nlines"]


def test_instants_are_written_with_their_offset():
    assert plain(dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)).endswith("+00:00")


def test_xlsx_holds_numbers_dates_and_text_but_no_formula_and_no_link():
    rows = [
        [
            "=1+1",
            -5,
            Decimal("1.25"),
            dt.date(2026, 3, 1),
            "http://example.org",
            "\x00bad\x0b",
            12345678901234567,
        ]
    ]
    book = openpyxl.load_workbook(xlsx_file(["@head", "n", "d", "day", "link", "odd", "long"], rows))
    sheet = book.active
    assert sheet["A1"].value == "'@head"
    assert (sheet["A2"].data_type, sheet["A2"].value) == ("s", "'=1+1")
    assert (sheet["B2"].value, sheet["C2"].value) == (-5, 1.25)
    assert sheet["D2"].value == dt.datetime(2026, 3, 1)
    assert sheet["E2"].hyperlink is None
    assert sheet["F2"].value == "\ufffdbad\ufffd"
    assert sheet["G2"].value == "12345678901234567"


def test_xlsx_survives_infinite_and_very_long_values():
    sheet = openpyxl.load_workbook(xlsx_file(["a", "b"], [[float("inf"), "x" * 40_000]])).active
    assert len(sheet["B2"].value) == 32_767


@pytest.mark.parametrize(
    ("asked", "given_name"),
    [
        ("=cmd.csv", "cmd.csv"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\r\nSet-Cookie: x", "a__Set-Cookie_ x"),
        ("invoice\u202egpj.exe", "invoice_gpj.exe"),
        ("\uff1d1", "1"),
        ("...", "export"),
    ],
)
def test_file_names_are_harmless(asked, given_name):
    assert file_name(asked) == given_name


def test_downloads_carry_a_plain_and_an_exact_name():
    response = csv_response("Fälle", ["a"], [])
    assert (
        response["Content-Disposition"]
        == "attachment; filename=\"F_lle.csv\"; filename*=UTF-8''F%C3%A4lle.csv"
    )
    assert response["Content-Type"].startswith("text/csv")
    assert b"".join(response) == b"\xef\xbb\xbfa\r\n"


def test_an_xlsx_download_is_a_readable_book():
    body = b"".join(xlsx_response("cases", ["a"], [["x"]]))
    assert openpyxl.load_workbook(io.BytesIO(body)).active["A2"].value == "x"
