"""From a file and what was stated about it to rows that can be read: opens, guesses, asks, never assumes."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from apps.intake.convert import Defaults, Outcome, Reader
from apps.intake.mapping import Column, Mapping, mapping_check, mapping_guess, with_answers
from apps.intake.reading import limits, moments, numerals
from apps.intake.reading.faults import CellFault, Question
from apps.intake.reading.sniff import Layout, layout_guess
from apps.intake.reading.table import Table

_NUMBERS = {"number", "money", "whole", "score"}
_DATES = {"instant", "day", "period"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file ready to be read: how it is written, its columns, the complete mapping, and what is still open."""

    path: Path
    layout: Layout
    names: tuple[str, ...]
    mapping: Mapping
    questions: tuple[Question, ...] = ()
    rows: int = 0

    def outcomes(self, defaults: Defaults, *, after_line: int = 0) -> Iterator[Outcome]:
        """Each row after `after_line` as a Record, a Skipped or its faults."""
        table = Table(self.path, self.layout)
        reader = Reader(self.mapping, table.names, defaults)
        try:
            for row in table:
                if row.line > after_line:
                    yield reader.read(row)
        finally:
            table.close()


def file_prepare(
    path: Path, filename: str, *, kind: str, mapping: Mapping | None = None, most_rows: int | None = None
) -> Prepared:
    """Open a file for a kind. Raises FileRefused for a file that cannot be one; open points become `questions`.

    Reads the whole file once: a quote that is never closed and a cell that makes a column ambiguous are found
    here, wherever they stand, before anything is written. `most_rows` looks at the first rows only (a first guess).
    """
    stated = mapping or Mapping(kind=kind)
    layout = layout_guess(
        path, filename, encoding=stated.encoding, delimiter=stated.delimiter, sheet=stated.sheet
    )
    table = Table(path, layout)
    names = list(table.names)
    if mapping is None or not (mapping.columns or mapping.derived):
        guessed = mapping_guess(kind, names)
        mapping = _over(guessed, stated)
    mapping_check(mapping, names)
    rows, signs, orders, questions = _evidence(table, mapping, names, most_rows)
    complete = with_answers(mapping, signs=signs, orders=orders)
    return Prepared(path, layout, tuple(names), complete, tuple(questions), rows)


def _over(guessed: Mapping, stated: Mapping) -> Mapping:
    """The guessed columns, less those whose field is stated otherwise, with everything that was stated."""
    from dataclasses import replace

    kept = tuple(column for column in guessed.columns if column.field not in stated.constants)
    return replace(stated, columns=kept)


def _evidence(
    table: Table, mapping: Mapping, names: list[str], most_rows: int | None
) -> tuple[int, dict[str, str], dict[str, str], list[Question]]:
    """What all cells together prove about decimal signs and date orders, and the questions they leave open."""
    places = {name: place for place, name in enumerate(names)}
    numbers: dict[str, set[str]] = {}
    dates: dict[str, set[str]] = {}
    for name in _unstated(mapping, _NUMBERS, lambda column: column.decimal_sign, mapping.decimal_sign):
        numbers[name] = set()
    for name in _unstated(
        mapping, _DATES, lambda column: column.date_order or column.format, mapping.date_order
    ):
        dates[name] = set()
    rows = 0
    for row in islice(table, most_rows):
        rows += 1
        if row.fault is not None:
            continue
        for name, seen in numbers.items():
            seen |= numerals.sign_evidence((row.cells[places[name]],))
        for name, seen in dates.items():
            seen |= moments.order_evidence((row.cells[places[name]],))
    signs = {name: next(iter(seen - {"?"})) for name, seen in numbers.items() if len(seen - {"?"}) == 1}
    orders = {
        name: next(iter(seen & {"dmy", "mdy"}))
        for name, seen in dates.items()
        if len(seen & {"dmy", "mdy"}) == 1
    }
    questions = []
    unsure = tuple(name for name, seen in numbers.items() if seen and name not in signs)
    if unsure:
        questions.append(
            Question(
                "decimal_sign",
                _("The decimal sign of %(columns)s can be read two ways.") % {"columns": ", ".join(unsure)},
                choices=(".", ","),
                columns=unsure,
                remedy=_('State it in the mapping: "decimal_sign": "." or ",".'),
            )
        )
    unsure = tuple(name for name, seen in dates.items() if seen - {"ymd"} and name not in orders)
    if unsure:
        questions.append(
            Question(
                "date_order",
                _("Day and month of %(columns)s can be read two ways.") % {"columns": ", ".join(unsure)},
                choices=("dmy", "mdy"),
                columns=unsure,
                remedy=_('State it in the mapping: "date_order": "dmy" or "mdy".'),
            )
        )
    return rows, signs, orders, questions


def _unstated(mapping: Mapping, types: set[str], stated: Any, for_all: str) -> list[str]:
    """Columns of these types about which nothing is stated, derived fields' inputs included."""
    if for_all:
        return []
    found = []
    for column in mapping.columns:
        spec = mapping.spec.field(column.field)
        if spec is not None and spec.type in types and not stated(column):
            found.append(column.name)
    inputs = {"days_between"} if types is _DATES else {"scale", "choose"}
    sources: dict[str, Column] = {column.name: column for column in mapping.columns}
    for each in mapping.derived:
        if each.operation in inputs:
            found += [
                name
                for name in each.columns
                if not name.startswith("attributes.") and not (name in sources and stated(sources[name]))
            ]
    return list(dict.fromkeys(found))


def sample(path: Path, layout: Layout, rows: int = 5) -> list[list[str]]:
    """The first rows as text, for the mapping page."""
    table = Table(path, layout)
    try:
        return [[str(cell)[:200] for cell in row.cells] for row in islice(table, rows)]
    finally:
        table.close()


def scale_guess(path: Path, layout: Layout, column: str) -> tuple[int, int]:
    """The usual scale that holds the first scores of a column: 1 to 5, else 0 to 10, else 0 to 100."""
    table = Table(path, layout)
    place = table.names.index(column)
    found: list[Decimal] = []
    try:
        for row in islice(table, limits.GUESS_ROWS):
            if row.fault is None:
                try:
                    found.append(numerals.number(row.cells[place]))
                except CellFault:
                    continue
    finally:
        table.close()
    if found and min(found) >= 1 and max(found) <= 5 and len(found) >= 5:
        return 1, 5
    return (0, 100) if found and max(found) > 10 and min(found) >= 0 else (0, 10)
