"""A file as a stream of rows with the line each one starts on."""

import csv
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from apps.intake.reading import limits, workbook
from apps.intake.reading.faults import FileRefused, RowFault
from apps.intake.reading.sniff import Layout

_UNDECODED = re.compile("[\ud800-\udfff]")

# csv keeps one limit for the whole process (another reader's larger one stays); the reader below checks the real limits.
csv.field_size_limit(max(csv.field_size_limit(), limits.MAX_RECORD_CHARS))


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line it starts on (the header is line 1), its cells, and what makes it unusable, if anything."""

    line: int
    cells: list[Any]
    fault: RowFault | None = None


def header_check(cells: list[Any]) -> list[str]:
    """Column names, trimmed. Raises FileRefused when there are too many, none, or one name stands twice."""
    if len(cells) > limits.MAX_COLUMNS:
        raise FileRefused(
            "too_many_columns",
            _("The file has %(count)d columns; at most %(limit)d can be read.")
            % {"count": len(cells), "limit": limits.MAX_COLUMNS},
            remedy=_("Export only the columns you need."),
            line=1,
        )
    names = [str(cell if cell is not None else "").strip() for cell in cells]
    if not any(names):
        raise FileRefused(
            "no_header",
            _("The first line names no columns."),
            remedy=_("Put the column names on line 1."),
            line=1,
        )
    names = [name or f"column_{place}" for place, name in enumerate(names, start=1)]
    for name in names:
        if len(name) > 200 or "\x00" in name or _UNDECODED.search(name):
            raise FileRefused(
                "header",
                _("A column name on line 1 cannot be read."),
                remedy=_("Check the encoding and the first line."),
                line=1,
            )
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise FileRefused(
                "duplicate_column",
                _("The column %(name)s is named twice.") % {"name": name},
                remedy=_("Rename or remove one of them."),
                line=1,
            )
        seen.add(name.casefold())
    return names


def cells_check(line: int, names: list[str], cells: list[Any], encoding: str = "utf-8") -> RowFault | None:
    """The first reason why a record's text cannot be stored, or None."""
    for place, cell in enumerate(cells):
        if not isinstance(cell, str):
            continue
        column = names[place] if place < len(names) else f"column_{place + 1}"
        if len(cell) > limits.MAX_CELL_CHARS:
            return RowFault(
                line,
                column,
                cell[:80] + "…",
                _("The cell is longer than %(limit)d characters.") % {"limit": limits.MAX_CELL_CHARS},
                _("Shorten the text."),
            )
        if "\x00" in cell:
            return RowFault(
                line,
                column,
                cell.replace("\x00", "␀"),
                _("The cell holds a NUL character."),
                _("Remove it and import again."),
            )
        if _UNDECODED.search(cell):
            return RowFault(
                line,
                column,
                _UNDECODED.sub("\ufffd", cell),
                _("The cell is not %(encoding)s.") % {"encoding": encoding.upper().removesuffix("-SIG")},
                _("Export the file again as UTF-8, or choose its encoding."),
            )
    return None


def _width_fault(line: int, names: list[str], cells: list[Any], lines: int) -> RowFault | None:
    if len(cells) == len(names):
        return None
    remedy = _("Check for a missing quote or an unquoted delimiter.")
    if lines > 1:
        remedy = _("A quote opened on this line may not be closed.")
    return RowFault(
        line,
        "",
        "",
        _("The row has %(found)d cells, the header has %(expected)d columns.")
        % {"found": len(cells), "expected": len(names)},
        remedy,
    )


class _Lines:
    """Physical lines of a text file, remembering whether the current record holds anything suspicious.

    A plain check per line is far cheaper than one per cell, and nearly all lines are clean.
    """

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self.suspicious = False
        self.length = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line: str = self.handle.readline(limits.MAX_RECORD_CHARS)
        if not line:
            raise StopIteration
        self.length += len(line)
        if (
            self.length > limits.MAX_CELL_CHARS
            or "\x00" in line
            or not (line.isascii() or _UNDECODED.search(line) is None)
        ):
            self.suspicious = True
        return line

    def next_record(self) -> None:
        self.suspicious = False
        self.length = 0


def _unclosed(line: int) -> FileRefused:
    return FileRefused(
        "unclosed_quote",
        _("A quote opened here is never closed."),
        remedy=_("Close it or double it, then import again. Nothing was imported."),
        line=line,
    )


class Table:
    """Opens a file by its layout; `names` is the header, iterating yields `Row`s. Reads in constant memory."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path = path
        self.layout = layout
        self._rows = self._xlsx() if layout.form == "xlsx" else self._csv()
        self.names: list[str] = next(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return self._rows

    def close(self) -> None:
        self._rows.close()

    def _csv(self) -> Generator[Any, None, None]:
        encoding = self.layout.encoding
        errors = "surrogatepass" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
        with self.path.open("r", encoding=encoding, errors=errors, newline="") as handle:
            lines = _Lines(handle)
            reader = csv.reader(lines, delimiter=self.layout.delimiter, strict=True)
            names: list[str] | None = None
            while True:
                start = reader.line_num + 1
                lines.next_record()
                try:
                    cells = next(reader)
                except StopIteration:
                    break
                except UnicodeError as broken:
                    raise FileRefused(
                        "encoding",
                        _("The file is not %(encoding)s.") % {"encoding": encoding.upper()},
                        remedy=_("Choose its encoding."),
                        line=start,
                    ) from broken
                except csv.Error as broken:
                    yield self._broken(str(broken), start, reader.line_num, names)
                    continue
                if not cells:
                    continue
                if names is None:
                    if "\x00" in "".join(cells[: limits.MAX_COLUMNS]):
                        raise FileRefused(
                            "binary",
                            _("The content is not text."),
                            remedy=_("Save it as CSV (UTF-8) or .xlsx."),
                        )
                    names = header_check(cells)
                    yield names
                    continue
                fault = cells_check(start, names, cells, encoding) if lines.suspicious else None
                fault = fault or _width_fault(start, names, cells, reader.line_num - start + 1)
                yield Row(start, cells, fault)
            if names is None:
                raise FileRefused(
                    "empty", _("The file is empty."), remedy=_("Export it again with its header line.")
                )

    def _broken(self, what: str, start: int, end: int, names: list[str] | None) -> Row:
        """A record csv could not split: one bad row when it fits on a line, else a quote that swallowed others."""
        if "field larger" in what or names is None:
            raise FileRefused(
                "record", _("The record cannot be read."), remedy=_("Check the quotes around it."), line=start
            )
        if "unexpected end" in what or end > start:
            raise _unclosed(start)
        return Row(
            start,
            [],
            RowFault(
                start,
                "",
                "",
                _("There is text after a closing quote."),
                _("Double the quotes inside the cell."),
            ),
        )

    def _xlsx(self) -> Generator[Any, None, None]:
        rows = workbook.rows(self.path, self.layout.sheet)
        names: list[str] | None = None
        for line, cells in rows:
            if names is None:
                if not any(cell not in (None, "") for cell in cells):
                    continue
                while cells and cells[-1] in (None, ""):
                    cells.pop()
                names = header_check(cells)
                yield names
                continue
            while len(cells) > len(names) and cells[-1] in (None, ""):
                cells.pop()
            cells += [""] * (len(names) - len(cells))
            if all(cell in (None, "") for cell in cells):
                continue
            cells = ["" if cell is None else cell for cell in cells]
            fault = cells_check(line, names, cells, "UTF-8") or _width_fault(line, names, cells, 1)
            yield Row(line, cells, fault)
        if names is None:
            raise FileRefused("empty", _("The sheet is empty."), remedy=_("Choose another sheet."))
