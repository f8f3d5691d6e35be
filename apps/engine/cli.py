"""The command line: one JSON document on standard output, faults on standard error, exit 0 answered, 2 bad input, 1 a defect."""

import argparse
import json
import math
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from .attribution import METHODS, attribute
from .csvfile import read_csv
from .errors import Fault, InputError, OptionError
from .finance import evaluate
from .finance_file import read_flows
from .initiatives import ROW_FIELDS, build_initiatives
from .panel import build_panel

ANSWERED, DEFECT, BAD_INPUT = 0, 1, 2


class _Parser(argparse.ArgumentParser):
    """argparse whose errors are one line on standard error."""

    def error(self, message: str) -> NoReturn:
        raise OptionError(message)


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    try:
        options = _parser().parse_args(arguments)
        answer: Mapping[str, Any] = options.run(options)
        text = json.dumps(answer, allow_nan=False, ensure_ascii=False)
    except InputError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except OptionError as error:
        print("apps.engine: " + " ".join(str(error).split()), file=sys.stderr)
        return BAD_INPUT
    except Exception:  # a defect is reported whole, never half an answer on standard output
        traceback.print_exc(file=sys.stderr)
        return DEFECT
    sys.stdout.buffer.write(text.encode("utf-8") + b"\n")
    sys.stdout.flush()
    return ANSWERED


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m apps.engine", description="Attribution and finance on plain CSV files.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("attribute", help="what each initiative changed in a KPI")
    one.add_argument(
        "--panel",
        required=True,
        metavar="P.csv",
        help="unit, period, value[, kpi, weight, n, se, exposure, control_*]",
    )
    one.add_argument(
        "--initiatives", required=True, metavar="I.csv", help="initiative, unit, start[, end, kpi, lag, ...]"
    )
    one.add_argument("--method", choices=METHODS, default="auto")
    one.add_argument("--level", type=number, default=0.95, help="of the intervals, 0.95 unless told")
    one.add_argument(
        "--seed", type=int, default=1, help="accepted for stability; no method of this version draws numbers"
    )
    one.set_defaults(run=_attribute)
    two = commands.add_parser("finance", help="npv, irr, payback of one series of cash flows")
    two.add_argument("flows", metavar="C.csv", help="date, amount")
    two.add_argument("--rate", type=number, required=True, help="0.1 for ten per cent")
    two.add_argument(
        "--first-flow", type=int, choices=(0, 1), default=0, help="1 discounts the first row by one period"
    )
    two.add_argument("--finance-rate", type=number)
    two.add_argument("--reinvest-rate", type=number)
    two.set_defaults(run=_finance)
    for command in (one, two):
        command.add_argument("--json", action="store_true", help="the only format, and the default")
    return parser


def number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text} is not a finite number")
    return value


def _attribute(options: argparse.Namespace) -> Mapping[str, Any]:
    if options.panel == options.initiatives == "-":
        raise OptionError("only one input can be read from standard input (-)")
    problems: list[Fault] = []
    panel = table = None
    panel_file = initiatives_file = None
    try:
        panel_file = read_csv(
            options.panel, required=("unit", "period", "value"),
            optional=("kpi", "weight", "n", "se", "exposure"), prefix="control_",
        )  # fmt: skip
        panel = build_panel(panel_file.rows, source=panel_file.source, faults=panel_file.faults)
    except InputError as error:
        problems += error.faults
    try:
        initiatives_file = read_csv(options.initiatives, required=ROW_FIELDS[:3], optional=ROW_FIELDS[3:])
        table = build_initiatives(
            initiatives_file.rows, source=initiatives_file.source, faults=initiatives_file.faults
        )
    except InputError as error:
        problems += error.faults
    if panel is None or table is None or panel_file is None or initiatives_file is None:
        raise InputError(problems)
    answer = attribute(panel, table, method=options.method, level=options.level).to_json()
    answer["warnings"] = [*panel_file.warnings, *initiatives_file.warnings, *answer["warnings"]]
    return answer


def _finance(options: argparse.Namespace) -> Mapping[str, Any]:
    flows = read_flows(options.flows)
    answer = evaluate(
        flows.amounts, flows.when, options.rate, first_flow=options.first_flow, finance_rate=options.finance_rate,
        reinvest_rate=options.reinvest_rate,
    ).to_json()  # fmt: skip
    answer["warnings"] = [*flows.warnings, *answer["warnings"]]
    return answer
