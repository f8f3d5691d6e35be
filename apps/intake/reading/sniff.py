"""Guess how a file is written: kind of content, encoding, delimiter. Every guess is shown and may be overridden."""

import codecs
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from apps.intake.reading import limits
from apps.intake.reading.faults import FileRefused

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = (
    "utf-8",
    "utf-16",
    "cp1252",
    "latin-1",
    "cp1250",
    "cp1251",
    "mac-roman",
    "shift_jis",
    "gb18030",
    "big5",
)

_CHUNK = 1024 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ZIP = b"PK\x03\x04"
_HTML = re.compile(rb"^\s*<(?:!doctype|html|head|body|\?xml|svg|script)", re.IGNORECASE)
# A surrogate half written as if it were a character: broken UTF-8, and no sign of another encoding.
_SURROGATE_UTF8 = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_GOOD_UTF8 = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xe0[\xa0-\xbf][\x80-\xbf]"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_HIGH = re.compile(rb"[\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written. `guessed` names the parts that were guessed rather than stated or marked."""

    form: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    guessed: tuple[str, ...] = ()


def _refuse(code: str, message: str, remedy: str) -> FileRefused:
    return FileRefused(code, message, remedy=remedy)


def content_check(path: Path, filename: str) -> str:
    """Say `csv` or `xlsx` by the first bytes; refuse what is neither, is empty or is too big."""
    size = path.stat().st_size
    if size == 0:
        raise _refuse("empty", _("The file is empty."), _("Export it again with its header line."))
    if size > limits.MAX_FILE_BYTES:
        raise _refuse(
            "too_big",
            _("The file is larger than %(limit)d MB.") % {"limit": limits.MAX_FILE_BYTES // limits.MEGABYTE},
            _("Split it into several files."),
        )
    with path.open("rb") as handle:
        head = handle.read(4096)
    named_xlsx = filename.lower().endswith((".xlsx", ".xlsm"))
    if head.startswith(_ZIP):
        if named_xlsx:
            return "xlsx"
        raise _refuse(
            "zip",
            _("The content is a zip archive, not CSV."),
            _("Unpack it, or give an Excel workbook its own name ending in .xlsx."),
        )
    if named_xlsx:
        raise _refuse(
            "not_xlsx",
            _("The file is named as an Excel workbook but is not one."),
            _("Save it again from Excel."),
        )
    if _HTML.match(head.removeprefix(codecs.BOM_UTF8)):
        raise _refuse(
            "html",
            _("The content is a web page, not CSV."),
            _("Sign in to the source system and export again."),
        )
    for magic, name in (
        (b"%PDF", "PDF"),
        (b"\x1f\x8b", "gzip"),
        (b"\xd0\xcf\x11\xe0", "Excel 97"),
        (b"\x89PNG", "PNG"),
    ):
        if head.startswith(magic):
            raise _refuse(
                "binary",
                _("The content is %(kind)s, not CSV.") % {"kind": name},
                _("Save it as CSV (UTF-8) or .xlsx."),
            )
    return "csv"


def _wide_without_mark(head: bytes) -> str:
    """UTF-16 without a byte order mark: Latin text then has a NUL in every second place."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(len(head) // 2, 1)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return ""


def encoding_guess(path: Path) -> tuple[str, bool]:
    """(encoding, whether it is a guess). Reads the whole file once, so that an accent on the last line counts.

    UTF-8 with a few broken rows stays UTF-8: those rows are rejected one by one, never turned into mojibake.
    """
    with path.open("rb") as handle:
        head = handle.read(4096)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, False
    wide = _wide_without_mark(head)
    if wide:
        return wide, True
    good = high = 0
    surrogates = 0
    broken = False
    sample = bytearray()
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            if not broken:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    broken = True
            if not chunk.isascii():
                good += sum(len(found) for found in _GOOD_UTF8.findall(chunk))
                high += len(_HIGH.findall(chunk))
                surrogates += 3 * len(_SURROGATE_UTF8.findall(chunk))
                if len(sample) < _CHUNK:
                    sample += b"\n".join(line for line in chunk.splitlines() if not line.isascii())
    if not broken:
        try:
            decoder.decode(b"", final=True)
            return "utf-8", False
        except UnicodeDecodeError:
            pass
    if good + surrogates > (high - good - surrogates):
        return "utf-8", True
    return _eight_bit_guess(bytes(sample)), True


def _eight_bit_guess(sample: bytes) -> str:
    """Which eight-bit (or Asian multi-byte) encoding. Western text has few high bytes among its letters."""
    letters = len(re.findall(rb"[A-Za-z]", sample)) + len(_HIGH.findall(sample))
    if len(_HIGH.findall(sample)) > 0.35 * letters:
        from charset_normalizer import from_bytes  # heavy, and needed for few files

        best = from_bytes(sample).best()
        if best is not None:
            return str(best.encoding)
    if re.search(rb"[\x80-\x9f]", sample) and not re.search(rb"[\x81\x8d\x8f\x90\x9d]", sample):
        return "cp1252"
    return "latin-1"


def delimiter_guess(text: str) -> str:
    """The delimiter that splits the header most while the following rows have as many cells; comma when none does."""
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        rows = []
        try:
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
                if row:
                    rows.append(len(row))
                if len(rows) > 50:
                    break
        except csv.Error:
            pass
        if not rows or rows[0] < 2:
            continue
        agree = (
            sum(1 for width in rows[1:] if width == rows[0]) / max(len(rows) - 1, 1) if len(rows) > 1 else 1.0
        )
        score = (1.0 + round(agree, 1), rows[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def layout_guess(
    path: Path, filename: str, *, encoding: str = "", delimiter: str = "", sheet: str = ""
) -> Layout:
    """How the file is written, keeping what was stated. Raises FileRefused for what cannot be a table."""
    form = content_check(path, filename)
    if form == "xlsx":
        return Layout(form="xlsx", sheet=sheet)
    guessed: list[str] = []
    if not encoding:
        encoding, unsure = encoding_guess(path)
        guessed += ["encoding"] if unsure else []
    try:
        codecs.lookup(encoding)
    except LookupError as unknown:
        raise _refuse(
            "encoding",
            _("Unknown encoding %(name)s.") % {"name": encoding},
            _("Use for example utf-8 or cp1252."),
        ) from unknown
    if not delimiter:
        with path.open("r", encoding=encoding, errors="replace", newline="") as handle:
            delimiter = delimiter_guess(handle.read(64 * 1024))
        guessed.append("delimiter")
    elif len(delimiter) != 1 or delimiter in '"\r\n':
        raise _refuse("delimiter", _("The delimiter must be one character."), _("Use , ; | or a tab."))
    return Layout(form="csv", encoding=encoding, delimiter=delimiter, guessed=tuple(guessed))
