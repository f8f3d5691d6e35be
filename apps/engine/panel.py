"""The panel: one value per KPI, unit and period, with optional precision, measurement error, exposure and controls."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from .arrays import Bools, Floats
from .digest import digest_of_lines
from .errors import Fault, InputError, one_line
from .periods import FORMATS, Calendar, Period, build_calendar, parse_period

ROW_FIELDS = ("kpi", "unit", "period", "value", "n", "se", "weight", "exposure")
DEFAULT_KPI = "value"
_ARTICLE = {
    form: ("an " if form[0] in "aeiou" else "a ") + form for form in ("integer", "month", "quarter", "date")
}
_EXTRA = ("n", "se", "weight", "exposure")

FaultSink = Callable[[int, str, str, str], None]


@dataclass(frozen=True, eq=False)
class KpiPanel:
    """One KPI as a table of units (N, sorted) by periods (T, ascending). Missing cells are NaN in `value`.

    `weight` is precision only; `n` answers or `se` is measurement error; `exposure` multiplies effects into totals.
    All arrays are (N, T).
    """

    kpi: str
    units: tuple[str, ...]
    calendar: Calendar
    value: Floats
    n: Floats | None = None
    se: Floats | None = None
    weight: Floats | None = None
    exposure: Floats | None = None
    controls: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def observed(self) -> Bools:
        """(N, T): the cells that have a value."""
        return ~np.isnan(self.value)


@dataclass(frozen=True, eq=False)
class Panel:
    """All KPIs of one question, by name; `digest` does not depend on the order of the rows."""

    kpis: tuple[KpiPanel, ...]
    digest: str
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_rows(
        cls, rows: Iterable[Sequence[object] | Mapping[str, object]], *, source: str = "panel"
    ) -> "Panel":
        """A panel from rows (kpi, unit, period, value[, n, se, weight, exposure]) or mappings with these names and
        `control_*`. None, NaN and "" are missing cells. The first row is row 1. Raises InputError with every fault."""
        mapped = (
            row if isinstance(row, Mapping) else dict(zip(ROW_FIELDS, row, strict=False)) for row in rows
        )
        return build_panel(enumerate(mapped, start=1), source=source)


@dataclass(frozen=True)
class _Cell:
    row: int
    period: Period
    numbers: dict[str, float]


def build_panel(
    rows: Iterable[tuple[int, Mapping[str, object]]], *, source: str, faults: Sequence[Fault] = ()
) -> Panel:
    """The panel of numbered rows; `faults` are those a reader has met already. Raises InputError with all of them."""
    found = list(faults)
    cells: dict[str, dict[tuple[str, Period], _Cell]] = {}
    forms: dict[str, tuple[str, int]] = {}
    lines: list[str] = []

    def fault(row: int, column: str, what: str, remedy: str) -> None:
        found.append(Fault(source, row, column, what, remedy))

    count = 0
    for row, record in rows:
        count += 1
        before = len(found)
        kpi = DEFAULT_KPI if record.get("kpi") is None else str(record["kpi"]).strip()
        unit = str(_given(record.get("unit"))).strip()
        if not kpi:
            fault(row, "kpi", "empty", "name the KPI or drop the column")
        if not unit:
            fault(row, "unit", "empty", "name the unit")
        period = _period(record, row, fault)
        if period is not None:
            form, first = forms.setdefault(kpi, (period.form.value, row))
            if form != period.form.value:
                fault(
                    row, "period", f"'{one_line(record['period'])}' is {_ARTICLE[period.form.value]} while row {first} has {_ARTICLE[form]}",
                    "write all periods of a KPI in one way",
                )  # fmt: skip
        numbers = _numbers(record, row, fault)
        if len(found) > before or period is None:
            continue
        earlier = cells.setdefault(kpi, {}).get((unit, period))
        if earlier is not None:
            fault(
                row, "period", f"unit '{one_line(unit)}' in {period.label} is given twice (first in row {earlier.row})",
                "keep one of the two rows",
            )  # fmt: skip
            continue
        cells[kpi][unit, period] = _Cell(row, period, numbers)
        values = " ".join(f"{name}={number.hex()}" for name, number in sorted(numbers.items()))
        lines.append(f"{kpi!r} {unit!r} {period.form} {period.ordinal} {values}")
    if not found and not any(
        not math.isnan(c.numbers["value"]) for kpi in cells.values() for c in kpi.values()
    ):
        fault(1 if count == 0 else 2, "value", "no cell has a value", "give at least one row with a value")
    if found:
        raise InputError(sorted(found, key=lambda each: each.row))
    panels = (_table(kpi, cells[kpi]) for kpi in sorted(cells))
    kept = tuple(panel for panel in panels if panel is not None)
    return Panel(kept, digest_of_lines(lines), _warnings(kept))


def _given(value: object) -> object:
    return "" if value is None else value


def _period(record: Mapping[str, object], row: int, fault: FaultSink) -> Period | None:
    raw = _given(record.get("period"))
    try:
        return parse_period(raw)
    except ValueError as error:
        what = "empty" if str(error) == "empty" else f"'{one_line(raw)}': {error}"
        fault(row, "period", what, FORMATS)
        return None


def _numbers(record: Mapping[str, object], row: int, fault: FaultSink) -> dict[str, float]:
    """The numbers of a row by column; an empty value makes the others optional."""
    numbers = {"value": parse_number(record.get("value"), row, "value", fault)}
    missing = math.isnan(numbers["value"])
    controls = [name for name in record if name.startswith("control_")]
    for name in (*_EXTRA, *controls):
        if name not in record or (record[name] is None and name in _EXTRA):
            continue
        number = numbers[name] = parse_number(record[name], row, name, fault)
        if math.isnan(number):
            if not missing:
                fault(
                    row, name, "empty although the row has a value", "give the number or empty the value too"
                )
        elif name in ("n", "weight") and number <= 0:
            fault(row, name, f"{number:g} is not above 0", "give a positive number or empty the value")
        elif name in ("se", "exposure") and number < 0:
            fault(row, name, f"{number:g} is below 0", "give 0 or a positive number")
    return numbers


def parse_number(raw: object, row: int, column: str, fault: FaultSink) -> float:
    """A finite number, or NaN for an empty cell; anything else is reported (and NaN returned)."""
    if raw is None or (isinstance(raw, float) and math.isnan(raw)):
        return math.nan
    if isinstance(raw, int | float | Decimal | np.number) and not isinstance(raw, bool):
        number = float(raw)
    else:
        text = str(raw).strip()
        if not text:
            return math.nan
        try:
            number = float(text) if "_" not in text else math.nan
        except ValueError:
            number = math.nan
        if math.isnan(number):
            remedy = "write numbers like 1234.5" + (" with a decimal point" if "," in text else "")
            fault(row, column, f"'{one_line(text)}' is not a number", remedy + ", or leave the cell empty")
            return math.nan
    if math.isinf(number):
        fault(row, column, "not a finite number", "correct it or leave the cell empty")
        return math.nan
    return number


def _table(kpi: str, cells: Mapping[tuple[str, Period], _Cell]) -> KpiPanel | None:
    """The rectangular form of one KPI, without units or periods that have no value at all."""
    valued = {key: cell for key, cell in cells.items() if not math.isnan(cell.numbers["value"])}
    if not valued:
        return None
    units = sorted({unit for unit, _ in valued})
    calendar = build_calendar({period for _, period in valued})
    rows = {unit: index for index, unit in enumerate(units)}
    columns = {period: index for index, period in enumerate(calendar.periods)}
    at = ([rows[unit] for unit, _ in valued], [columns[period] for _, period in valued])
    names = {name for cell in valued.values() for name in cell.numbers}

    def grid(name: str) -> Floats | None:
        if name not in names:
            return None
        table = np.full((len(units), len(calendar)), np.nan)
        table[at] = [cell.numbers.get(name, math.nan) for cell in valued.values()]
        return table

    value = grid("value")
    assert value is not None
    controls = {
        name: table
        for name in sorted(names)
        if name.startswith("control_") and (table := grid(name)) is not None
    }
    return KpiPanel(
        kpi, tuple(units), calendar, value, grid("n"), grid("se"), grid("weight"), grid("exposure"), controls
    )


def _warnings(panels: Sequence[KpiPanel]) -> tuple[str, ...]:
    texts = []
    for panel in panels:
        if panel.n is not None and (small := int((panel.n < 30).sum())):
            texts.append(
                f"{panel.kpi}: {small} cells rest on fewer than 30 answers; they weigh little, pool units if you can"
            )
        for name in _EXTRA:
            table: Floats | None = getattr(panel, name)
            if table is not None and np.isnan(table[panel.observed]).any():
                texts.append(
                    f"{panel.kpi}: {name} is given for some cells only; the others count as typical ones"
                )
    return tuple(texts)
