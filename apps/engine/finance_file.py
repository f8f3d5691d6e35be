"""Cash flows from a CSV file with the columns date and amount."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from .csvfile import read_csv
from .errors import Fault, InputError, one_line
from .panel import FaultSink, parse_number
from .periods import Form, Period, parse_period


@dataclass(frozen=True)
class Flows:
    """Amounts in order of time; `when` are all dates or all integer periods."""

    amounts: tuple[float, ...]
    when: Sequence[dt.date] | Sequence[int]
    warnings: tuple[str, ...]


def read_flows(path: str) -> Flows:
    """The flows of a file, earliest first (rows of one date keep their order). Raises InputError with every fault."""
    file = read_csv(path, required=("date", "amount"))
    found: list[Fault] = list(file.faults)
    rows: list[tuple[Period, float]] = []

    def fault(row: int, column: str, what: str, remedy: str) -> None:
        found.append(Fault(file.source, row, column, what, remedy))

    for row, record in file.rows:
        period = _when(record["date"], row, fault)
        amount = parse_number(record["amount"], row, "amount", fault)
        if not record["amount"].strip():
            fault(row, "amount", "empty", "give the amount, negative for money spent")
        if period is not None and not math.isnan(amount):
            rows.append((period, amount))
    forms = {period.form for period, _ in rows}
    if not found and len(forms) > 1:
        odd = next(
            number
            for (period, _), (number, _) in zip(rows, file.rows, strict=True)
            if period.form is not rows[0][0].form
        )
        fault(odd, "date", "dates and integer periods are mixed", "write all rows in one way")
    if not found and not rows:
        fault(1, "amount", "no rows", "give one row per cash flow")
    if found:
        raise InputError(sorted(found, key=lambda each: each.row))
    rows.sort(key=lambda each: each[0].ordinal)
    amounts = tuple(amount for _, amount in rows)
    if rows[0][0].form is Form.INTEGER:
        return Flows(amounts, [period.ordinal for period, _ in rows], file.warnings)
    return Flows(amounts, [dt.date.fromordinal(period.ordinal) for period, _ in rows], file.warnings)


def _when(text: str, row: int, fault: FaultSink) -> Period | None:
    try:
        period = parse_period(text)
        if period.form in (Form.INTEGER, Form.DATE):
            return period
        what = f"'{one_line(text)}' is not a day"
    except ValueError as error:
        what = "empty" if str(error) == "empty" else f"'{one_line(text)}': {error}"
    fault(row, "date", what, "write YYYY-MM-DD or an integer period")
    return None
