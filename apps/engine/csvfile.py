"""CSV files as numbered records (the header is row 1), with the faults a person can act on."""

import csv
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import Fault, InputError, one_line

# The limit is the whole process's: another reader's larger one stays.
csv.field_size_limit(max(csv.field_size_limit(), 1_000_000))


@dataclass(frozen=True)
class CsvFile:
    """The records of one file. `rows` are (row number, column -> text); `faults` are those of single rows."""

    source: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]


def read_csv(
    path: str, *, required: Sequence[str], optional: Sequence[str] = (), prefix: str = "\0"
) -> CsvFile:
    """Read a UTF-8 CSV file (`-` is standard input). Columns that are neither named nor begin with `prefix` are left
    out with a warning. Raises InputError when the file as a whole cannot be read."""
    source = "-" if path == "-" else path
    records = _records(_text(path, source), source)
    first = next(records, None)
    if first is None:
        raise InputError(
            [Fault(source, 1, required[0], "the file is empty", f"begin with a header: {','.join(required)}")]
        )
    header = [name.strip().lower() for name in first[1]]
    found = [
        Fault(source, 1, name or str(index + 1), "the column is given twice", "keep one of them")
        for index, name in enumerate(header)
        if name and name in header[:index]
    ]
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        fault = "the cells are not separated by commas"
        raise InputError(
            [Fault(source, 1, header[0], fault, "save the file with commas between the columns")]
        )
    remedy = f"add it to the header ({','.join(required)})"
    found += [Fault(source, 1, name, "missing", remedy) for name in required if name not in header]
    if found:
        raise InputError(found)
    wanted = {name for name in header if name in required or name in optional or name.startswith(prefix)}
    unknown = [name for name in header if name and name not in wanted]
    rows, faults = [], []
    for number, cells in records:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            what = f"{len(cells)} cells while the header has {len(header)}"
            column = header[min(len(cells), len(header) - 1)] or str(len(cells))
            faults.append(
                Fault(
                    source,
                    number,
                    column,
                    what,
                    "give each column one cell; quote text that contains a comma",
                )
            )
            continue
        rows.append(
            (number, {name: cell for name, cell in zip(header, cells, strict=True) if name in wanted})
        )
    warnings = (
        (f"{source}: column {', '.join(one_line(name) for name in unknown)} is not used",) if unknown else ()
    )
    return CsvFile(source, tuple(header), tuple(rows), tuple(faults), warnings)


def _text(path: str, source: str) -> str:
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            [Fault(source, 1, "1", f"cannot be read ({error.strerror})", "give the path of a readable file")]
        ) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            [Fault(source, row, "1", "not UTF-8 text", "save the file as CSV in UTF-8")]
        ) from None


def _records(text: str, source: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    while True:
        number += 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(
                [Fault(source, number, "1", f"not readable as CSV ({error})", "check the quotes of this row")]
            ) from None
