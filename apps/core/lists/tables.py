"""The table base: one look, stable order, and rows as data for exports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any

import django_tables2
from django.db.models import QuerySet
from django.utils.html import strip_tags
from django.utils.safestring import SafeData
from django_tables2.rows import BoundRow
from django_tables2.utils import Accessor

from apps.core.export import Cell
from apps.core.lists.columns import Column

# Rows fetched at a time by an export.
EXPORT_CHUNK = 2_000


class Table(django_tables2.Table):
    """A table of the product. The first column names the row: it is the heading of the card on a phone."""

    class Meta:
        template_name = "components/list/table.html"
        orderable = True

    def sorted_rows(self) -> Any:
        """The rows in the asked order; equal ones by key, so that no row is on two pages or on none."""
        rows = self.data.data
        if isinstance(rows, QuerySet):
            asked = rows.query.order_by or rows.model._meta.ordering or ()
            if not any(str(term).lstrip("-") in {"pk", "id"} for term in asked):
                rows = rows.order_by(*asked, "-pk")
        return rows

    def export_columns(self) -> list[Any]:
        """The bound columns that go into a file: those on screen, in their order."""
        return [column for column in self.columns.iterall() if column.visible and _goes_out(column)]

    def export_headers(self) -> list[str]:
        """The headings of a file."""
        headers: list[str] = []
        for bound in self.export_columns():
            column = bound.column
            headers += (
                column.export_headers(str(bound.header))
                if isinstance(column, Column)
                else [str(bound.header)]
            )
        return headers

    def export_rows(self, rows: Iterable[Any]) -> Iterator[list[Cell]]:
        """The cells of `rows` as data."""
        columns = self.export_columns()
        source = rows.iterator(chunk_size=EXPORT_CHUNK) if isinstance(rows, QuerySet) else iter(rows)
        for record in source:
            bound_row = BoundRow(record, table=self)
            cells: list[Cell] = []
            for bound in columns:
                cells += _cells(bound, bound_row, record)
            yield cells


def _goes_out(bound: Any) -> bool:
    return not bound.column.exclude_from_export


def _cells(bound: Any, bound_row: BoundRow, record: Any) -> list[Cell]:
    column = bound.column
    if isinstance(column, Column):
        return column.export_cells(_data(bound, bound_row, record), record)
    return [_text(bound_row.get_cell_value(bound.name))]


def _data(bound: Any, bound_row: BoundRow, record: Any) -> Any:
    """The value behind a cell: `value_<name>` of the table, else a choice's label, else the raw value."""
    given = getattr(bound._table, f"value_{bound.name}", None)
    if given is not None:
        return given(record)
    if type(column := bound.column) is Column or hasattr(bound._table, f"render_{bound.name}"):
        return _text(bound_row.get_cell_value(bound.name)) if column else None
    penultimate, remainder = Accessor(bound.accessor).penultimate(record)
    label = getattr(penultimate, f"get_{remainder}_display", None)
    return label() if label else Accessor(bound.accessor).resolve(record, safe=True, quiet=True)


def _text(value: Any) -> Any:
    return unescape(strip_tags(str(value))).strip() if isinstance(value, SafeData) else value
