"""The initiatives: which units each treats, from when to when, with lag, ramp, plan and the reason of the choice."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .digest import digest_of
from .errors import Fault, InputError, one_line
from .panel import FaultSink, KpiPanel, Panel, parse_number
from .periods import FORMATS, Period, parse_period

ROW_FIELDS = (
    "initiative", "unit", "start", "end", "kpi", "lag", "ramp", "expected_effect", "expected_sd", "assignment",
    "chosen_until",
)  # fmt: skip
ASSIGNMENTS = ("random", "poor_results", "other")


@dataclass(frozen=True)
class InitiativeRow:
    """One treated unit of one initiative; `kpi` None means every KPI. `end` is the first period off."""

    initiative: str
    unit: str
    start: Period
    end: Period | None = None
    kpi: str | None = None
    lag: int = 0
    ramp: int = 0
    expected_effect: float | None = None
    expected_sd: float | None = None
    assignment: str | None = None
    chosen_until: Period | None = None
    row: int = 0


@dataclass(frozen=True)
class InitiativeTable:
    """All rows, and the initiatives' names in order of first appearance."""

    rows: tuple[InitiativeRow, ...]
    names: tuple[str, ...]
    digest: str
    source: str

    @classmethod
    def from_rows(
        cls, rows: Iterable[Sequence[object] | Mapping[str, object]], *, source: str = "initiatives"
    ) -> "InitiativeTable":
        """The table of rows given as mappings, or as sequences in the order of ROW_FIELDS. None and "" are absent
        values. The first row is row 1. Raises InputError with every fault."""
        mapped = (
            row if isinstance(row, Mapping) else dict(zip(ROW_FIELDS, row, strict=False)) for row in rows
        )
        return build_initiatives(enumerate(mapped, start=1), source=source)


def build_initiatives(
    rows: Iterable[tuple[int, Mapping[str, object]]], *, source: str, faults: Sequence[Fault] = ()
) -> InitiativeTable:
    """The table of numbered rows; `faults` are those a reader has met already. Raises InputError with all of them."""
    found = list(faults)
    seen: dict[tuple[str, str, str | None], int] = {}
    kept: list[InitiativeRow] = []

    def fault(row: int, column: str, what: str, remedy: str) -> None:
        found.append(Fault(source, row, column, what, remedy))

    count = 0
    for row, record in rows:
        count += 1
        before = len(found)
        parsed = _parse(row, record, fault)
        if parsed is None or len(found) > before:
            continue
        key = (parsed.initiative, parsed.unit, parsed.kpi)
        if key in seen:
            fault(
                row, "unit", f"'{one_line(parsed.unit)}' is given twice for '{one_line(parsed.initiative)}' (first in row "
                f"{seen[key]})", "keep one row per treated unit",
            )  # fmt: skip
            continue
        seen[key] = row
        kept.append(parsed)
    if not found and count == 0:
        fault(1, "initiative", "no rows", "give one row per treated unit")
    if found:
        raise InputError(sorted(found, key=lambda each: each.row))
    names = tuple(dict.fromkeys(row.initiative for row in kept))
    return InitiativeTable(tuple(kept), names, _digest(kept), source)


def check_against(panel: Panel, table: InitiativeTable) -> None:
    """Raise InputError where the initiatives name a unit, KPI or kind of period that the panel does not have."""
    found: list[Fault] = []
    by_kpi = {each.kpi: each for each in panel.kpis}
    units = {kpi: set(each.units) for kpi, each in by_kpi.items()}
    for row in table.rows:
        if row.kpi is not None and row.kpi not in by_kpi:
            known = ", ".join(one_line(kpi) for kpi in list(by_kpi)[:5])
            found.append(
                Fault(
                    table.source,
                    row.row,
                    "kpi",
                    f"'{one_line(row.kpi)}' is not in the panel",
                    f"use one of: {known}",
                )
            )
            continue
        panels = [by_kpi[row.kpi]] if row.kpi is not None else list(panel.kpis)
        if not any(row.unit in units[each.kpi] for each in panels):
            remedy = "spell it as in the panel or drop the row"
            found.append(
                Fault(table.source, row.row, "unit", f"'{one_line(row.unit)}' is not in the panel", remedy)
            )
            continue
        found += _period_faults(row, [each for each in panels if row.unit in units[each.kpi]], table.source)
    if found:
        raise InputError(found)


def _period_faults(row: InitiativeRow, panels: Sequence[KpiPanel], source: str) -> list[Fault]:
    for column, period in (("start", row.start), ("end", row.end), ("chosen_until", row.chosen_until)):
        for panel in panels:
            try:
                if period is not None:
                    panel.calendar.locate(period)
            except ValueError as error:
                remedy = f"write it like {panel.calendar.labels[0]}"
                return [
                    Fault(source, row.row, column, f"'{period.label if period else ''}' is {error}", remedy)
                ]
    return []


def _parse(row: int, record: Mapping[str, object], fault: FaultSink) -> InitiativeRow | None:
    texts = {name: _text(record.get(name)) for name in ("initiative", "unit", "kpi", "assignment")}
    for name in ("initiative", "unit"):
        if not texts[name]:
            fault(row, name, "empty", f"name the {name}")
    start = _period(record, "start", row, fault)
    end = _period(record, "end", row, fault)
    chosen_until = _period(record, "chosen_until", row, fault)
    if start and not _before(start, end):
        fault(
            row,
            "end",
            f"{_label(end)} is not after the start {start.label}",
            "give the first period off, or leave it empty",
        )
    if chosen_until and start and not _before(chosen_until, start):
        fault(
            row,
            "chosen_until",
            f"{chosen_until.label} is not before the start",
            "give the last period used for the choice",
        )
    lag = _count(record, "lag", row, fault)
    ramp = _count(record, "ramp", row, fault)
    expected = parse_number(record.get("expected_effect"), row, "expected_effect", fault)
    sd = parse_number(record.get("expected_sd"), row, "expected_sd", fault)
    if sd <= 0:
        fault(row, "expected_sd", f"{sd:g} is not above 0", "give a positive number or leave the cell empty")
    if texts["assignment"] and texts["assignment"] not in ASSIGNMENTS:
        fault(
            row,
            "assignment",
            f"'{one_line(texts['assignment'])}' is unknown",
            f"use one of {', '.join(ASSIGNMENTS)}, or leave it empty",
        )
    if start is None:
        return None
    return InitiativeRow(
        texts["initiative"], texts["unit"], start, end, texts["kpi"] or None, lag, ramp,
        None if math.isnan(expected) else expected, None if math.isnan(sd) else sd,
        texts["assignment"] or None, chosen_until, row,
    )  # fmt: skip


def _before(first: Period, second: Period | None) -> bool:
    if second is None:
        return True
    if first.form is second.form:
        return first.ordinal < second.ordinal
    days = first.first_day, second.first_day
    return days[0] is None or days[1] is None or days[0] < days[1]


def _label(period: Period | None) -> str:
    return period.label if period else ""


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _period(record: Mapping[str, object], column: str, row: int, fault: FaultSink) -> Period | None:
    raw = record.get(column)
    if column != "start" and not _text(raw):
        return None
    try:
        return parse_period("" if raw is None else raw)
    except ValueError as error:
        what = "empty" if str(error) == "empty" else f"'{one_line(raw)}': {error}"
        fault(row, column, what, FORMATS)
        return None


def _count(record: Mapping[str, object], column: str, row: int, fault: FaultSink) -> int:
    number = parse_number(record.get(column), row, column, fault)
    if math.isnan(number):
        return 0
    if number < 0 or number != int(number) or number > 100_000:
        fault(
            row,
            column,
            f"{number:g} is not a whole number of periods",
            "give 0, 1, 2, ... or leave the cell empty",
        )
        return 0
    return int(number)


def _digest(rows: Sequence[InitiativeRow]) -> str:
    return digest_of(frozenset(digest_of({name: getattr(row, name) for name in ROW_FIELDS}) for row in rows))
