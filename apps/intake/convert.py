"""Rows into records: a mapping compiled once for a file, applied to each row."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.intake.fields import ATTRIBUTE, FieldSpec
from apps.intake.mapping import Column, Derived, Mapping, mapping_check
from apps.intake.reading import moments, numerals
from apps.intake.reading.faults import CellFault, FileRefused, RowFault
from apps.intake.reading.table import Row

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SHOWN = 200


@dataclass(slots=True)
class Record:
    """One usable row: its line, the fields that hold a value, and its free attributes."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row the mapping leaves out on purpose."""

    line: int
    reason: str


Outcome = Record | Skipped | list[RowFault]
Cast = Callable[[Any], Any]


def _text_cast(spec: FieldSpec) -> Cast:
    limit = spec.length

    def cast(value: Any) -> str:
        text = (value if isinstance(value, str) else _plain(value)).strip()
        if len(text) > limit:
            raise CellFault(_("Longer than %(limit)d characters.") % {"limit": limit}, _("Shorten it."))
        return text

    return cast


def _plain(value: Any) -> str:
    """A workbook's typed cell as the text a person would have typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _choice_cast(spec: FieldSpec) -> Cast:
    def cast(value: Any) -> str:
        word = _plain(value).strip().casefold().replace(" ", "_").replace("-", "_")
        if word not in spec.choices:
            raise CellFault(
                _("Unknown word."), _("Use one of: %(choices)s.") % {"choices": ", ".join(spec.choices)}
            )
        return word

    return cast


def _email(value: Any) -> str:
    text = _plain(value).strip()
    if not _EMAIL.fullmatch(text):
        raise CellFault(_("Not an e-mail address."), _("Write it as name@example.org."))
    return text


def _currency(value: Any) -> str:
    text = _plain(value).strip().upper()
    if not _CURRENCY.fullmatch(text):
        raise CellFault(_("Not a currency code."), _("Write three letters, for example EUR."))
    return text


def _words_cast(spec: FieldSpec) -> Cast:
    """People's words are kept exactly as they came: blanks, line breaks and all."""
    limit = spec.length if spec.type == "long_text" else 2_000

    def cast(value: Any) -> Any:
        if spec.type == "attribute" and isinstance(value, (bool, int, float)):
            return value  # a typed cell or JSON number stays one
        text = value if isinstance(value, str) else _plain(value)
        if len(text) > limit:
            raise CellFault(_("Longer than %(limit)d characters.") % {"limit": limit}, _("Shorten it."))
        return text

    return cast


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where the mapping is silent: the zone (IANA name), and the scale of the feedback's source."""

    zone: str = "UTC"
    scale: tuple[Decimal, Decimal] | None = None


class Reader:
    """A mapping compiled for one header. `read(row)` gives a Record, a Skipped, or the row's faults."""

    def __init__(self, mapping: Mapping, names: list[str], defaults: Defaults) -> None:
        mapping_check(mapping, names)
        self.mapping = mapping
        self.places = {name: place for place, name in enumerate(names)}
        self.zone = mapping.zone or defaults.zone
        self.tz = moments.zone(self.zone)
        self.scale = self._scale(defaults.scale or (Decimal(0), Decimal(10)))
        self.constants = self._constants()
        self.columns = [
            (self.places[column.name], column, *self._spec_cast(column))
            for column in mapping.columns
            if column.field not in ("scale_min", "scale_max")
        ]
        self.sources = {column.name: column for column in mapping.columns}
        self.skips = [(name, self.places[name]) for name in mapping.skip_when_empty]
        supplied = {column.field for column in mapping.columns} | {each.field for each in mapping.derived}
        # A required field that also has a constant falls back to it; one that may be inherited is checked later.
        self.required = {
            spec.name
            for spec in mapping.spec.fields
            if spec.required
            and spec.name in supplied
            and spec.name not in mapping.inherit
            and not set(spec.unless) & supplied
        }

    def _spec_cast(self, column: Column) -> tuple[FieldSpec, Cast]:
        spec = self.mapping.spec.field(column.field)
        assert spec is not None  # mapping_parse admits only known fields
        return spec, self.cast(spec, column)

    def _scale(self, usual: tuple[Decimal, Decimal]) -> tuple[Decimal, Decimal]:
        """The ends of the score's scale: stated constants, else those of the source, else 0 to 10."""
        ends = []
        for name, default in (("scale_min", usual[0]), ("scale_max", usual[1])):
            if any(column.field == name for column in self.mapping.columns):
                raise FileRefused(
                    "mapping",
                    _("The scale must be the same for the whole file."),
                    remedy=_("State it as a constant; import other scales from other files."),
                )
            try:
                ends.append(numerals.number(self.mapping.constants.get(name, default)))
            except CellFault as wrong:
                raise FileRefused("mapping", _("The scale must be numbers."), remedy=wrong.remedy) from wrong
        if ends[0] >= ends[1]:
            raise FileRefused("mapping", _("The scale's low end must be below its high end."))
        return ends[0], ends[1]

    def _constants(self) -> dict[str, Any]:
        found = {}
        for name, value in self.mapping.constants.items():
            spec = self.mapping.spec.field(name)
            assert spec is not None
            try:
                found[name] = self.cast(spec, Column(name=name, field=name, date_order="ymd"))(value)
            except CellFault as wrong:
                raise FileRefused(
                    "mapping",
                    _("The constant %(name)s: %(reason)s") % {"name": name, "reason": wrong.reason},
                    remedy=wrong.remedy,
                ) from wrong
        return found

    def cast(self, spec: FieldSpec, column: Column) -> Cast:
        """The function that reads one cell of a column into its field's type."""
        sign = column.decimal_sign or self.mapping.decimal_sign or "."
        when: dict[str, Any] = {
            "order": column.date_order or self.mapping.date_order,
            "tz": moments.zone(column.zone) if column.zone else self.tz,
            "pattern": column.format,
        }
        low, high = getattr(self, "scale", (Decimal(0), Decimal(10)))
        casts: dict[str, Cast] = {
            "text": _text_cast(spec),
            "code": _text_cast(spec),
            "attribute": _words_cast(spec),
            "long_text": _words_cast(spec),
            "email": _email,
            "currency": _currency,
            "choice": _choice_cast(spec),
            "truth": numerals.truth,
            "number": lambda value: numerals.bounded(value, sign, digits=18, places=6),
            "money": lambda value: numerals.money(value, sign),
            "whole": lambda value: numerals.whole(value, sign),
            "score": lambda value: numerals.score(value, sign, low=low, high=high),
            "instant": lambda value: moments.instant(value, **when),
            "day": lambda value: moments.day(value, **when),
            "period": lambda value: moments.period(value, **when),
        }
        return casts[spec.type]

    def read(self, row: Row) -> Outcome:
        """The row as a record; all its faults, not only the first, when it cannot be used."""
        if row.fault is not None:
            return [row.fault]
        cells = row.cells
        for name, place in self.skips:
            if _blank(cells[place]):
                return Skipped(row.line, _("%(column)s is empty.") % {"column": name})
        record = Record(row.line, {k: v for k, v in self.constants.items() if not k.startswith(ATTRIBUTE)})
        record.attributes = {
            k.removeprefix(ATTRIBUTE): v for k, v in self.constants.items() if k.startswith(ATTRIBUTE)
        }
        faults: list[RowFault] = []
        for place, column, spec, cast in self.columns:
            cell = cells[place]
            if column.values:
                cell = column.values.get(cell if isinstance(cell, str) else _plain(cell), cell)
            if cell == "" or (spec.type != "long_text" and _blank(cell)):
                if (spec.name in self.required and spec.name not in record.values) or (
                    spec.type == "score" and column.empty != "allow"
                ):
                    faults.append(_missing(row.line, column.name, spec))
                continue
            try:
                self._keep(record, spec.name, cast(cell))
            except CellFault as wrong:
                faults.append(RowFault(row.line, column.name, _shown(cell), wrong.reason, wrong.remedy))
        for each in self.mapping.derived:
            try:
                value = self._derive(each, cells, record)
                if value is not None:
                    self._keep(record, each.field, value)
                elif each.field in self.required:
                    faults.append(
                        RowFault(
                            row.line,
                            ", ".join(each.columns),
                            "",
                            _("The value is missing."),
                            _("Fill in the cells."),
                        )
                    )
            except CellFault as wrong:
                faults.append(RowFault(row.line, ", ".join(each.columns), "", wrong.reason, wrong.remedy))
        return faults or record

    def _keep(self, record: Record, name: str, value: Any) -> None:
        if name.startswith(ATTRIBUTE):
            record.attributes[name.removeprefix(ATTRIBUTE)] = value
        else:
            record.values[name] = value

    def _cell(self, name: str, cells: list[Any], record: Record) -> Any:
        """An input of a derived field: a column of the file, or an attribute derived before it."""
        if name.startswith(ATTRIBUTE):
            return record.attributes.get(name.removeprefix(ATTRIBUTE), "")
        return cells[self.places[name]]

    def _derive(self, each: Derived, cells: list[Any], record: Record) -> Any:
        inputs = [self._cell(name, cells, record) for name in each.columns]
        options = each.options
        if each.operation == "constant":
            return self._typed(each.field, options["constant"])
        if each.operation == "present":
            return "no" if _blank(inputs[0]) else "yes"
        if each.operation == "concat":
            parts = [_plain(cell) for cell in inputs]
            kept = [part for part in parts if part.strip()]
            if not kept:
                return None
            if not options.get("skip_empty", True):
                kept = parts
            return self._typed(each.field, str(options.get("separator", "")).join(kept))
        if any(_blank(cell) for cell in inputs):
            return None
        if each.operation == "days_between":
            return self._typed(each.field, self._days(each, inputs))
        sign = each.options.get("decimal_sign") or self._sign(each.columns[0])
        found = numerals.number(inputs[0], sign)
        if each.operation == "scale":
            found = found * Decimal(str(options.get("a", 1))) + Decimal(str(options.get("b", 0)))
            return self._typed(each.field, found)
        chosen = options.get("then" if found > Decimal(str(options.get("above", 0))) else "else", "")
        return self._typed(each.field, chosen) if chosen != "" else None

    def _days(self, each: Derived, inputs: list[Any]) -> Decimal:
        """Days from the first to the second moment: whole calendar days, or by the clock to four places."""
        by_day = each.options.get("by", "timestamp") == "calendar_day"
        found = []
        for name, cell in zip(each.columns, inputs, strict=True):
            column = self.sources.get(name)
            when: dict[str, Any] = {
                "order": (column.date_order if column else "")
                or each.options.get("date_order", "")
                or self.mapping.date_order,
                "tz": self.tz,
                "pattern": column.format if column else "",
            }
            found.append(moments.day(cell, **when) if by_day else moments.instant(cell, **when))
        span = found[1] - found[0]
        if by_day:
            return Decimal(span.days)
        return round(Decimal(str(span.total_seconds())) / 86_400, 4)

    def _sign(self, name: str) -> str:
        if name.startswith(ATTRIBUTE):
            return "."
        column = self.sources.get(name)
        return (column.decimal_sign if column else "") or self.mapping.decimal_sign or "."

    def _typed(self, name: str, value: Any) -> Any:
        spec = self.mapping.spec.field(name)
        assert spec is not None
        if spec.type == "attribute":
            return _number_out(value)
        return self.cast(spec, Column(name=name, field=name))(value)


def _number_out(value: Any) -> Any:
    """Attributes are kept as JSON: a Decimal becomes a plain number."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _shown(cell: Any) -> str:
    text = _plain(cell) if not isinstance(cell, str) else cell
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _missing(line: int, column: str, spec: FieldSpec) -> RowFault:
    reasons = {
        "score": _("The score is missing."),
        "instant": _("The date is missing."),
        "day": _("The date is missing."),
        "period": _("The period is missing."),
    }
    return RowFault(
        line, column, "", reasons.get(spec.type, _("The value is missing.")), _("Fill in the cell.")
    )
