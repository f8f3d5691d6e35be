"""A mapping: the JSON document that says what each column of a file means.

    {
      "columns": {"review_score": "score", "when": {"field": "answered_at", "date_order": "dmy"}},
      "constants": {"source": "olist", "scale_min": 1, "scale_max": 5},
      "derived": [{"field": "external_id", "concat": ["review_id", "order_id"], "separator": "+"}],
      "inherit": ["attributes.days_late"], "skip_when_empty": ["delivered"],
      "encoding": "utf-8", "delimiter": ",", "decimal_sign": ".", "date_order": "dmy",
      "zone": "America/Sao_Paulo", "sheet": ""
    }

Only what is stated is believed: a decimal sign or date order that the file leaves open is a `Question`.
"""

import json
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, replace
from dataclasses import field as default
from typing import Any

from django.utils.translation import gettext as _

from apps.intake.fields import ATTRIBUTE, FieldSpec, KindSpec, kind_spec
from apps.intake.reading import moments
from apps.intake.reading.faults import FileRefused

SIGNS = (".", ",")
OPERATIONS = ("constant", "concat", "scale", "days_between", "present", "choose")
_KEYS = {
    "version", "kind", "columns", "constants", "derived", "inherit", "skip_when_empty",
    "encoding", "delimiter", "decimal_sign", "date_order", "zone", "sheet",
}  # fmt: skip
_COLUMN_KEYS = {"field", "decimal_sign", "date_order", "format", "zone", "values", "empty"}
_MOST = 200


def _wrong(message: str, remedy: str = "") -> FileRefused:
    return FileRefused("mapping", _("Mapping: %(fault)s") % {"fault": message}, remedy=remedy)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file read into one field, with what is stated about how it is written."""

    name: str
    field: str
    decimal_sign: str = ""
    date_order: str = ""
    format: str = ""
    zone: str = ""
    values: MappingType[str, Any] = default(default_factory=dict)
    empty: str = ""

    def document(self) -> Any:
        stated = {
            key: getattr(self, key)
            for key in ("decimal_sign", "date_order", "format", "zone", "values", "empty")
            if getattr(self, key)
        }
        return {"field": self.field, **stated} if stated else self.field


@dataclass(frozen=True, slots=True)
class Derived:
    """A field computed from columns: `operation` is one of OPERATIONS, `columns` its inputs, `options` the rest."""

    field: str
    operation: str
    columns: tuple[str, ...]
    options: MappingType[str, Any] = default(default_factory=dict)

    def document(self) -> dict[str, Any]:
        return {"field": self.field, **self.options}


@dataclass(frozen=True, slots=True)
class Mapping:
    kind: str
    columns: tuple[Column, ...] = ()
    constants: MappingType[str, Any] = default(default_factory=dict)
    derived: tuple[Derived, ...] = ()
    inherit: tuple[str, ...] = ()
    skip_when_empty: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""
    decimal_sign: str = ""
    date_order: str = ""
    zone: str = ""
    sheet: str = ""

    @property
    def spec(self) -> KindSpec:
        return kind_spec(self.kind)

    def fields(self) -> set[str]:
        """Every field that gets a value from somewhere."""
        return (
            {column.field for column in self.columns}
            | {each.field for each in self.derived}
            | set(self.constants)
            | set(self.inherit)
        )

    def document(self) -> dict[str, Any]:
        """The JSON document again; `mapping_parse(mapping.document(), kind) == mapping`."""
        columns: dict[str, Any] = {}
        for column in self.columns:
            columns.setdefault(column.name, []).append(column.document())
        found: dict[str, Any] = {
            "version": 1,
            "kind": self.kind,
            "columns": {name: each[0] if len(each) == 1 else each for name, each in columns.items()},
        }
        for key in ("constants", "inherit", "skip_when_empty"):
            if value := getattr(self, key):
                found[key] = dict(value) if key == "constants" else list(value)
        if self.derived:
            found["derived"] = [each.document() for each in self.derived]
        for key in ("encoding", "delimiter", "decimal_sign", "date_order", "zone", "sheet"):
            if value := getattr(self, key):
                found[key] = value
        return found


def _text(value: Any, key: str, longest: int = 200) -> str:
    if not isinstance(value, str) or len(value) > longest or "\x00" in value:
        raise _wrong(_("%(key)s must be a short text.") % {"key": key})
    return value


def _field(spec: KindSpec, name: Any) -> FieldSpec:
    found = spec.field(name) if isinstance(name, str) else None
    if found is None:
        raise _wrong(
            _("there is no field %(name)s in %(kind)s.") % {"name": str(name)[:60], "kind": spec.kind},
            _("Fields: %(names)s, %(attribute)s<name>.")
            % {"names": ", ".join(each.name for each in spec.fields), "attribute": ATTRIBUTE},
        )
    return found


def _column(spec: KindSpec, name: str, stated: Any) -> Column:
    if isinstance(stated, str):
        stated = {"field": stated}
    if not isinstance(stated, dict) or "field" not in stated:
        raise _wrong(_("column %(name)s must name a field.") % {"name": name[:60]})
    unknown = set(stated) - _COLUMN_KEYS
    if unknown:
        raise _wrong(
            _("column %(name)s has unknown keys: %(keys)s.")
            % {"name": name[:60], "keys": ", ".join(sorted(unknown))}
        )
    _field(spec, stated["field"])
    values = stated.get("values", {})
    if not isinstance(values, dict) or len(values) > _MOST:
        raise _wrong(_("the values of column %(name)s must be a small object.") % {"name": name[:60]})
    column = Column(
        name=name,
        values=values,
        **{
            key: _text(stated.get(key, ""), key)
            for key in ("field", "decimal_sign", "date_order", "format", "zone", "empty")
        },
    )
    _reading(column.decimal_sign, column.date_order, column.zone)
    if column.empty not in ("", "allow"):
        raise _wrong(_("empty must be “allow”."))
    return column


def _reading(sign: str, order: str, zone: str) -> None:
    if sign and sign not in SIGNS:
        raise _wrong(_("decimal_sign must be “.” or “,”."))
    if order and order not in moments.ORDERS:
        raise _wrong(_("date_order must be ymd, dmy or mdy."))
    if zone:
        moments.zone(zone)


def _derived(spec: KindSpec, stated: Any) -> Derived:
    if not isinstance(stated, dict):
        raise _wrong(_("each derived field must be an object."))
    name = _field(spec, stated.get("field")).name
    operations = [key for key in OPERATIONS if key in stated]
    if len(operations) != 1:
        raise _wrong(
            _("derived field %(name)s needs exactly one of %(operations)s.")
            % {"name": name, "operations": ", ".join(OPERATIONS)}
        )
    operation = operations[0]
    options = {key: value for key, value in stated.items() if key != "field"}
    allowed = {
        "constant": {"constant"},
        "concat": {"concat", "separator", "skip_empty"},
        "scale": {"scale", "a", "b", "decimal_sign"},
        "days_between": {"days_between", "by", "date_order"},
        "present": {"present"},
        "choose": {"choose", "above", "then", "else", "decimal_sign"},
    }[operation]
    if set(options) - allowed:
        raise _wrong(
            _("derived field %(name)s has unknown keys: %(keys)s.")
            % {"name": name, "keys": ", ".join(sorted(set(options) - allowed))}
        )
    inputs = options[operation]
    columns: tuple[str, ...]
    if operation == "constant":
        columns = ()
    elif isinstance(inputs, str):
        columns = (inputs,)
    elif (
        isinstance(inputs, list)
        and inputs
        and all(isinstance(each, str) for each in inputs)
        and len(inputs) <= 20
    ):
        columns = tuple(inputs)
    else:
        raise _wrong(_("derived field %(name)s must name its columns.") % {"name": name})
    expected = {"days_between": 2, "scale": 1, "present": 1, "choose": 1}.get(operation)
    if expected is not None and len(columns) != expected:
        raise _wrong(_("derived field %(name)s needs %(count)d columns.") % {"name": name, "count": expected})
    if options.get("by", "timestamp") not in ("timestamp", "calendar_day"):
        raise _wrong(_("by must be timestamp or calendar_day."))
    _reading(options.get("decimal_sign", ""), options.get("date_order", ""), "")
    for key in ("a", "b", "above"):
        if key in options and (isinstance(options[key], bool) or not isinstance(options[key], (int, float))):
            raise _wrong(_("%(key)s must be a number.") % {"key": key})
    return Derived(field=name, operation=operation, columns=columns, options=options)


def mapping_parse(document: Any, kind: str) -> Mapping:
    """A checked mapping from a JSON text or object. Raises FileRefused (code `mapping`) saying what is wrong."""
    if isinstance(document, (str, bytes)):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError) as broken:
            raise _wrong(_("not valid JSON (%(fault)s).") % {"fault": str(broken)[:120]}) from broken
    if not isinstance(document, dict):
        raise _wrong(_("it must be a JSON object."))
    unknown = set(document) - _KEYS
    if unknown:
        raise _wrong(
            _("unknown keys: %(keys)s.") % {"keys": ", ".join(sorted(map(str, unknown)))[:200]},
            _("Keys: %(keys)s.") % {"keys": ", ".join(sorted(_KEYS))},
        )
    if document.get("kind", kind) != kind:
        raise _wrong(_("it is for %(kind)s.") % {"kind": str(document["kind"])[:40]})
    spec = kind_spec(kind)
    stated = document.get("columns", {})
    if not isinstance(stated, dict) or len(stated) > _MOST:
        raise _wrong(_("columns must be an object with at most %(most)d entries.") % {"most": _MOST})
    columns = tuple(
        _column(spec, _text(name, "column"), each)
        for name, targets in stated.items()
        if targets not in (None, "", [])
        for each in (targets if isinstance(targets, list) else [targets])
    )
    constants = document.get("constants", {})
    derived = document.get("derived", [])
    if not isinstance(constants, dict) or not isinstance(derived, list) or len(derived) > _MOST:
        raise _wrong(_("constants must be an object and derived a list."))
    for name, value in constants.items():
        _field(spec, name)
        if not isinstance(value, (str, int, float, bool)):
            raise _wrong(_("the constant %(name)s must be a text or a number.") % {"name": str(name)[:60]})
    mapping = Mapping(
        kind=kind,
        columns=columns,
        constants=constants,
        derived=tuple(_derived(spec, each) for each in derived),
        inherit=_names(document, "inherit"),
        skip_when_empty=_names(document, "skip_when_empty"),
        **{
            key: _text(document.get(key, ""), key)
            for key in ("encoding", "delimiter", "decimal_sign", "date_order", "zone", "sheet")
        },
    )
    for name in mapping.inherit:
        _field(spec, name)
    _reading(mapping.decimal_sign, mapping.date_order, mapping.zone)
    targets = [column.field for column in columns] + [each.field for each in mapping.derived]
    twice = {name for name in targets if targets.count(name) > 1}
    if twice:
        raise _wrong(_("two sources for the field %(names)s.") % {"names": ", ".join(sorted(twice))})
    return mapping


def _names(document: dict[str, Any], key: str) -> tuple[str, ...]:
    value = document.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value) or len(value) > _MOST:
        raise _wrong(_("%(key)s must be a list of names.") % {"key": key})
    return tuple(value)


def mapping_guess(kind: str, names: list[str]) -> Mapping:
    """The mapping the column names suggest: each field takes the first column that bears one of its names."""
    spec = kind_spec(kind)
    by_name = {_plain(name): name for name in names}
    columns: list[Column] = []
    used: set[str] = set()
    for each in spec.fields:
        for synonym in (each.column, each.name, *each.synonyms):
            name = by_name.get(_plain(synonym))
            if name is not None and name not in used:
                columns.append(Column(name=name, field=each.name))
                used.add(name)
                break
    return Mapping(kind=kind, columns=tuple(columns))


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def kind_guess(names: list[str]) -> str:
    """The kind whose required fields the header meets best; empty when it meets none."""
    from apps.intake.fields import KINDS

    best, best_score = "", 0.0
    for kind, spec in KINDS.items():
        found = mapping_guess(kind, names).fields()
        required = [each.name for each in spec.fields if each.required]
        met = sum(1 for name in required if name in found)
        if not required or met < len(required):
            continue
        score = met + len(found) / 100 + len(found) / max(len(names), 1)
        if score > best_score:
            best, best_score = kind, score
    return best


def mapping_check(mapping: Mapping, names: list[str]) -> None:
    """Refuse a file that lacks a column the mapping reads, or a mapping that leaves a required field without source."""
    present = set(names)
    needed = [column.name for column in mapping.columns]
    needed += [name for each in mapping.derived for name in each.columns if not name.startswith(ATTRIBUTE)]
    needed += list(mapping.skip_when_empty)
    missing = [name for name in dict.fromkeys(needed) if name not in present]
    if not missing:
        given = mapping.fields()
        missing = [
            each.column
            for each in mapping.spec.fields
            if each.required and each.name not in given and not (set(each.unless) & given)
        ]
    if missing:
        raise FileRefused(
            "missing_column",
            _("The file has no column %(names)s.") % {"names": ", ".join(missing)},
            remedy=_("Add it, or map another column to it."),
        )


def with_answers(mapping: Mapping, *, signs: dict[str, str], orders: dict[str, str]) -> Mapping:
    """The mapping with what the file itself proved written down per column, so that later runs read it the same."""
    return replace(
        mapping,
        columns=tuple(
            replace(
                column,
                decimal_sign=column.decimal_sign or signs.get(column.name, ""),
                date_order=column.date_order or orders.get(column.name, ""),
            )
            for column in mapping.columns
        ),
        derived=tuple(_answered(each, signs, orders) for each in mapping.derived),
    )


def _answered(each: Derived, signs: dict[str, str], orders: dict[str, str]) -> Derived:
    """A derived field with what was proven about its inputs, in case they are mapped nowhere else."""
    options = dict(each.options)
    if each.operation == "days_between":
        proven, key = {orders[name] for name in each.columns if name in orders}, "date_order"
    elif each.operation in ("scale", "choose"):
        proven, key = {signs[name] for name in each.columns if name in signs}, "decimal_sign"
    else:
        return each
    if len(proven) == 1:
        options.setdefault(key, proven.pop())
    return replace(each, options=options)
