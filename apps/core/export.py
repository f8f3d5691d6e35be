"""CSV and XLSX files of exactly what is shown, written row by row, harmless when opened in a spreadsheet.

A cell that begins like a formula would run in the reader's spreadsheet (CWE-1236), so it gets an apostrophe in front;
`restore` takes it off again when the file comes back by an import. Numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any
from urllib.parse import quote

import xlsxwriter
from django.conf import settings
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation

from apps.core import formatting

Cell = Any
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# ASCII and full-width forms, and the two control characters that spreadsheets strip before looking again.
DANGEROUS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2212"
_STARTS = tuple(DANGEROUS)
# Excel refuses longer cells and these control characters.
XLSX_CELL_LIMIT = 32_767
_XML_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def neutralise(text: str) -> str:
    """`text` with an apostrophe in front when a spreadsheet could take it for a formula.

    Text that already begins with apostrophes before such a sign gets one more, so that `restore` is exact.
    """
    return f"'{text}" if text.lstrip("' \u00a0\u3000\ufeff\x00\u200b").startswith(_STARTS) else text


def restore(text: str) -> str:
    """The inverse of `neutralise`: `restore(neutralise(x)) == x` for every text."""
    return text[1:] if text.startswith("'") and neutralise(text[1:]) == text else text


def plain(value: Cell) -> str | int | float | Decimal:
    """A value as a file holds it: numbers as they are, dates in ISO form, anything else as harmless text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return value
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return local.isoformat(timespec="seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return neutralise(str(value))


class _Echo:
    """A file that hands each written line straight back."""

    def write(self, text: str) -> str:
        return text


def csv_lines(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The lines of a CSV file, with a byte order mark so that spreadsheets read it as UTF-8."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow([neutralise(str(header)) for header in headers])
    for row in rows:
        yield writer.writerow([plain(value) for value in row])


def xlsx_file(headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, sheet: str = "Data") -> IO[bytes]:
    """An XLSX file in a temporary file, written with constant memory; texts are never formulas or links."""
    target = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - the response closes it
    book = xlsxwriter.Workbook(
        target,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
            "default_date_format": "yyyy-mm-dd hh:mm:ss",
        },
    )
    page = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", sheet)[:31].strip() or "Data")
    bold = book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    page.freeze_panes(1, 0)
    for column, header in enumerate(headers):
        page.write_string(0, column, _sheet_text(neutralise(str(header))), bold)
        page.set_column(column, column, max(12, min(40, len(str(header)) + 4)))
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            _write_cell(page, number, column, value, day)
    book.close()
    target.seek(0)
    return target


def csv_response(name: str, headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponseBase:
    """A CSV file as a streaming answer."""
    lines = _as_now(csv_lines(headers, rows))
    response = StreamingHttpResponse(line.encode("utf-8", "replace") for line in lines)
    return _as_download(response, f"{name}.csv", CSV_TYPE)


def xlsx_response(name: str, headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponseBase:
    """An XLSX file as an answer; the file is complete before the first byte leaves."""
    return _as_download(FileResponse(xlsx_file(headers, rows, sheet=name)), f"{name}.xlsx", XLSX_TYPE)


def file_name(text: str) -> str:
    """A file name without path parts, control characters or a leading formula sign."""
    cleaned = re.sub(r"[\x00-\x1f\x7f/\\:*?\"<>|\u202a-\u202e\u2066-\u2069]", "_", text).strip(" .")
    return cleaned.lstrip(DANGEROUS + "' ")[:120] or "export"


def _as_download(response: HttpResponseBase, name: str, content_type: str) -> HttpResponseBase:
    safe = file_name(name)
    ascii_name = safe.encode("ascii", "replace").decode().replace("?", "_")
    response["Content-Type"] = content_type
    # RFC 6266: a plain name for old readers, the exact one in UTF-8 for the rest.
    response["Content-Disposition"] = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(safe)}"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _as_now(lines: Iterator[str]) -> Iterator[str]:
    """Produce each line under the zone, language and number format of this moment.

    A streamed answer is written after the middleware has put these back.
    """
    zone, language = timezone.get_current_timezone(), translation.get_language() or settings.LANGUAGE_CODE
    style = formatting.number_format().key

    def later() -> Iterator[str]:
        while True:
            with timezone.override(zone), translation.override(language), formatting.number_format_as(style):
                line = next(lines, None)
            if line is None:
                return
            yield line

    return later()


def _write_cell(page: Any, row: int, column: int, value: Cell, day: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        if local.year >= 1900:
            page.write_datetime(row, column, local.replace(tzinfo=None))
            return
    elif isinstance(value, date) and value.year >= 1900:
        page.write_datetime(row, column, value, day)
        return
    written = plain(value)
    # 15 digits are all a spreadsheet keeps: a longer whole number (an account, a card) is text there.
    if isinstance(written, (int, float, Decimal)) and abs(formatting.as_decimal(written)) < 10**15:
        page.write_number(row, column, written)
        return
    page.write_string(row, column, _sheet_text(str(written)))


def _sheet_text(text: str) -> str:
    return _XML_FORBIDDEN.sub("\ufffd", text)[:XLSX_CELL_LIMIT]


def csv_text(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A small CSV file as one text (reject files, mails)."""
    buffer = io.StringIO()
    for line in csv_lines(headers, rows):
        buffer.write(line)
    return buffer.getvalue()
