"""Files are opened as they are written: guesses, limits, line numbers."""

import csv
import io
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from apps.intake.reading import limits
from apps.intake.reading.faults import FileRefused
from apps.intake.reading.sniff import Layout, delimiter_guess, encoding_guess, layout_guess
from apps.intake.reading.table import Table


def rows_of(path: Path, **stated):
    return list(Table(path, layout_guess(path, path.name, **stated)))


def written(tmp_path: Path, content: bytes | str, name: str = "file.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_line_numbers_count_physical_lines_across_quoted_breaks(tmp_path):
    path = written(tmp_path, 'a,b\n1,"x\ny\nz"\n2,q\n\n3,"p\r\nq"\n4,r\n')
    assert [(row.line, row.cells[0]) for row in rows_of(path)] == [(2, "1"), (5, "2"), (7, "3"), (9, "4")]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending(tmp_path, ending):
    path = written(tmp_path, ending.join(["a,b", "1,2", "3,4"]))
    assert [(row.line, row.cells) for row in rows_of(path)] == [(2, ["1", "2"]), (3, ["3", "4"])]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_guessed(delimiter):
    assert delimiter_guess(f"a{delimiter}b{delimiter}c\n1,5{delimiter}2{delimiter}3\n") == delimiter


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("é" * 5 + "plain text", "utf-8"),
        ("naïve café", "latin-1"),
        ("it’s – bad", "cp1252"),
        ("größe", "utf-16-le"),
    ],
)
def test_the_encoding_is_guessed(tmp_path, text, encoding):
    path = written(tmp_path, ("column\n" + text + "\n").encode(encoding))
    assert encoding_guess(path)[0] == encoding


def test_an_accent_on_the_last_line_of_a_long_file_counts(tmp_path):
    path = written(tmp_path, b"a,b\n" + b"1,plain\n" * 300_000 + "2,façade\n".encode("latin-1"))
    assert encoding_guess(path) == ("latin-1", True)


def test_a_stated_encoding_is_believed(tmp_path):
    path = written(tmp_path, "a\nпривет\n".encode("cp1251"))
    assert rows_of(path, encoding="cp1251", delimiter=",")[0].cells == ["привет"]


def test_a_few_broken_rows_do_not_make_utf8_something_else(tmp_path):
    path = written(tmp_path, "a,b\n1,é\n2,ü\n3,".encode() + b"\xe9\n")
    found = rows_of(path)
    assert [row.fault is None for row in found] == [True, True, False]
    assert found[2].fault.column == "b"


def test_text_after_a_closing_quote_is_one_bad_row(tmp_path):
    found = rows_of(written(tmp_path, 'a,b\n1,"x"y\n2,z\n'))
    assert found[0].fault is not None
    assert found[0].line == 2
    assert found[1].cells == ["2", "z"]


def test_a_quote_closed_by_a_later_row_is_refused_where_it_opened(tmp_path):
    path = written(tmp_path, 'a,b\n1,"open\n2,x\n3,"y"\n')
    with pytest.raises(FileRefused, match="line 2"):
        rows_of(path)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7", "binary"),
        (b"PK\x03\x04rest", "zip"),
        (b" <HTML>", "html"),
        (b"\x1f\x8b\x08", "binary"),
        (b"\n\n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b",,\n1,2,3\n", "no_header"),
        (b"a,A\n1,2\n", "duplicate_column"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content, code):
    with pytest.raises(FileRefused) as refused:
        rows_of(written(tmp_path, content))
    assert refused.value.code == code


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 10)
    with pytest.raises(FileRefused) as refused:
        layout_guess(written(tmp_path, "a,b\n" * 10), "x.csv")
    assert refused.value.code == "too_big"


def workbook(tmp_path: Path, *rows) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    path = tmp_path / "book.xlsx"
    book.save(path)
    return path


def test_a_workbook_is_read_under_its_own_name_with_its_types(tmp_path):
    path = workbook(
        tmp_path,
        ["id", "when", "x"],
        ["1", datetime(2026, 3, 1, 10), 10.5],
        [None, None, None],
        ["2", None, 3],
    )
    assert [(row.line, row.cells) for row in rows_of(path)] == [
        (2, ["1", datetime(2026, 3, 1, 10), 10.5]),
        (4, ["2", "", 3]),
    ]


def test_a_csv_named_as_a_workbook_is_refused(tmp_path):
    with pytest.raises(FileRefused) as refused:
        rows_of(written(tmp_path, "a,b\n1,2\n", "x.xlsx"))
    assert refused.value.code == "not_xlsx"


def test_a_workbook_that_unpacks_to_too_much_is_refused_unopened(tmp_path, monkeypatch):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 200_000)
    assert path.stat().st_size < 1_000
    monkeypatch.setattr(limits, "XLSX_MAX_UNPACKED_BYTES", 100_000)
    with pytest.raises(FileRefused) as refused:
        rows_of(path)
    assert refused.value.code == "zip_bomb"


def test_a_workbook_with_too_many_parts_is_refused(tmp_path):
    path = tmp_path / "parts.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for place in range(limits.XLSX_MAX_MEMBERS + 1):
            archive.writestr(f"part{place}", b"")
    with pytest.raises(FileRefused) as refused:
        rows_of(path)
    assert refused.value.code == "zip_bomb"


# Lone surrogates cannot be written as UTF-8; NUL is rejected by design and tested elsewhere.
CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1, max_size=8))
def test_what_csv_writes_is_read_back(tmp_path_factory, rows):
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([["first", "second"], *rows])
    path = tmp_path_factory.mktemp("csv") / "file.csv"
    path.write_bytes(buffer.getvalue().encode())
    found = list(Table(path, Layout(form="csv", encoding="utf-8", delimiter=",")))
    assert [row.cells for row in found] == rows
    assert all(row.fault is None for row in found)
