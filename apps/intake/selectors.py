"""Reads for the pages of imports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.models import Unit
from apps.core.actor import Actor, Role
from apps.intake.fields import FieldSpec, kind_spec
from apps.intake.importers.registry import defaults_for
from apps.intake.mapping import Mapping, kind_guess, mapping_guess, mapping_parse
from apps.intake.models import ImportJob
from apps.intake.prepare import file_prepare, sample, scale_guess
from apps.intake.reading.faults import FileRefused, Question
from apps.intake.reading.sniff import Layout, layout_guess
from apps.intake.reading.table import Table
from apps.intake.reading.workbook import sheet_names
from apps.intake.storage import path_of

FIRST_ROWS = 20_000
"""Rows looked at while a person waits; the check of all rows is a worker's."""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What a file seems to be: kind, how it is written, its columns, the mapping they suggest, open questions."""

    kind: str
    layout: Layout
    names: list[str]
    mapping: Mapping
    questions: list[Question] = field(default_factory=list)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column on the mapping page: its name, its first cells, the fields it is read into."""

    name: str
    cells: list[str]
    field: str


def look(stored_as: str, filename: str, *, kind: str = "", mapping: Mapping | None = None) -> FirstLook:
    """A first look at a kept upload. Raises FileRefused for what cannot be a table or fits no kind."""
    path = path_of(stored_as)
    stated = mapping or Mapping(kind=kind or "feedback")
    layout = layout_guess(
        path, filename, encoding=stated.encoding, delimiter=stated.delimiter, sheet=stated.sheet
    )
    table = Table(path, layout)
    names = list(table.names)
    table.close()
    kind = kind or kind_guess(names)
    if not kind:
        raise FileRefused(
            "kind",
            _("The columns fit no kind of import: %(names)s.") % {"names": ", ".join(names)[:200]},
            remedy=_("Choose the kind, then say what the columns mean."),
        )
    chosen = mapping if mapping and (mapping.columns or mapping.derived) else mapping_guess(kind, names)
    try:
        prepared = file_prepare(path, filename, kind=kind, mapping=chosen, most_rows=FIRST_ROWS)
    except FileRefused as refused:
        if refused.code != "missing_column":
            raise
        return FirstLook(kind, layout, names, chosen, fault=str(refused))
    return FirstLook(kind, layout, names, prepared.mapping, list(prepared.questions))


def job_columns(job: ImportJob, mapping: Mapping) -> list[ColumnView]:
    """The columns of a job's file with their first cells."""
    layout = Layout(**{**job.layout, "guessed": tuple(job.layout.get("guessed", ()))})
    table = Table(path_of(job.stored_as), layout)
    names = table.names
    table.close()
    rows = sample(path_of(job.stored_as), layout, 3)
    fields = {column.name: column.field for column in reversed(mapping.columns)}
    return [
        ColumnView(name, [row[place] for row in rows if place < len(row)], fields.get(name, ""))
        for place, name in enumerate(names)
    ]


def job_mapping(job: ImportJob) -> Mapping:
    return mapping_parse(job.mapping, job.kind)


def job_sheets(job: ImportJob) -> list[str]:
    return sheet_names(path_of(job.stored_as)) if job.layout.get("form") == "xlsx" else []


def job_zone(mapping: Mapping) -> str:
    """The zone times without one are read in."""
    return mapping.zone or defaults_for(mapping).zone


def job_scale(job: ImportJob, mapping: Mapping) -> tuple[Any, Any]:
    """The scale stated, else that of the named source, else the one its scores suggest."""
    low, high = mapping.constants.get("scale_min"), mapping.constants.get("scale_max")
    if low is not None and high is not None:
        return low, high
    known = defaults_for(mapping).scale
    if known:
        return known
    column = next((each.name for each in mapping.columns if each.field == "score"), "")
    if not column:
        return 0, 10
    return scale_guess(path_of(job.stored_as), Layout(**{**job.layout, "guessed": ()}), column)


def field_choices(kind: str) -> list[FieldSpec]:
    """Fields a column may be read into; the scale is the same for the whole file."""
    return [each for each in kind_spec(kind).fields if each.name not in ("scale_min", "scale_max")]


def units_for(actor: Actor) -> Any:
    """Units into which the actor may import."""
    return Unit.objects.visible_to(actor).filter(
        pk__in=actor.units(Role.CX_MANAGER, Role.ANALYST), is_active=True
    )


def template_rows(kind: str) -> tuple[list[str], list[str]]:
    """Header and one example row of a kind's template file."""
    spec = kind_spec(kind)
    return [each.column for each in spec.fields], [each.example for each in spec.fields]
