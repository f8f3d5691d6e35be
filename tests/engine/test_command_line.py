"""The command line: one JSON document, one line per fault, exit codes, and nothing on standard output when it fails."""

import io
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from apps.engine.cli import main
from tests.engine.worlds import World

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a file into the working folder and return its bare name."""
    monkeypatch.chdir(tmp_path)

    def to_file(name: str, text: str | bytes) -> str:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return to_file


@pytest.fixture
def good(write):
    world = World.draw(1).add("one", range(8), 20, 1.5).add("two", range(6, 12), 26, 0.0)
    lines = [f"{unit},{period},{value}" for _, unit, period, value in world.panel_rows()]
    write("panel.csv", "\n".join(["unit,period,value", *lines]))
    rows = [f"{row['initiative']},{row['unit']},{row['start']}" for row in world.rows]
    write("initiatives.csv", "\n".join(["initiative,unit,start", *rows]))
    return ["attribute", "--panel", "panel.csv", "--initiatives", "initiatives.csv", "--json"]


def numbers(value):
    """Every number in a document."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    return [value] if isinstance(value, int | float) else []


def test_attribute_answers_in_the_stable_format(good, capsys):
    assert main(good) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) >= {"engine_version", "digest", "warnings", "kpis"}
    (kpi,) = answer["kpis"]
    assert set(kpi) >= {
        "kpi",
        "method",
        "grade",
        "warnings",
        "joint",
        "unallocated",
        "naive_total",
        "groups",
        "initiatives",
    }
    assert kpi["kpi"] == "value"
    assert set(kpi["joint"]) >= {"initiatives", "total", "se", "ci_low", "ci_high"}
    assert [each["initiative"] for each in kpi["initiatives"]] == ["one", "two"]
    one = kpi["initiatives"][0]
    keys = "initiative effect se ci_low ci_high total total_ci_low total_ci_high cells grade method verdict not_separable_from path diagnostics"
    assert set(one) >= set(keys.split())
    assert set(one["path"][0]) >= {"event_time", "effect", "ci_low", "ci_high"}
    assert one["verdict"] == "positive"
    assert {"name", "value", "threshold", "verdict", "sentence"} == set(one["diagnostics"]["checks"][0])
    assert all(math.isfinite(number) for number in numbers(answer))
    shares = sum(each["total"] for each in kpi["initiatives"])
    assert shares + kpi["unallocated"] == pytest.approx(kpi["joint"]["total"], rel=1e-9)


def test_row_order_changes_nothing_but_the_order_of_initiatives(good, capsys):
    main(good)
    first = capsys.readouterr().out
    for name in ("panel.csv", "initiatives.csv"):
        head, *rows = Path(name).read_text().splitlines()
        Path(name).write_text("\n".join([head, *rows[::-1]]))
    main(good)
    second = capsys.readouterr().out
    one, two = json.loads(first), json.loads(second)
    assert one["digest"] == two["digest"]
    two["kpis"][0]["initiatives"].reverse()
    two["kpis"][0]["joint"]["initiatives"].reverse()
    assert one == two


def test_it_runs_without_django_a_database_or_settings(good, tmp_path):
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "apps.engine", *good]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kpis"][0]["method"] == "imputation"


PANEL = "unit,period,value\na,1,2\na,2,3\nb,1,2\nb,2,4\n"
ROWS = "initiative,unit,start\none,a,2\n"


@pytest.mark.parametrize(
    ("panel", "initiatives", "line"),
    [
        ("unit,period,value\na,1,2\na,x,3\n", ROWS, "p.csv:row 3, column period: 'x'"),
        ("unit,period,value\na,1,2\na,,3\n", ROWS, "p.csv:row 3, column period: empty"),
        ("unit,period,value\n,1,2\n", ROWS, "p.csv:row 2, column unit: empty"),
        ("unit,period,value\na,1,2\na,2,abc\n", ROWS, "p.csv:row 3, column value: 'abc' is not a number"),
        ("unit,period,value\na,1,nan\n", ROWS, "p.csv:row 2, column value: 'nan' is not a number"),
        ("unit,period,value\na,1,inf\n", ROWS, "p.csv:row 2, column value: not a finite number"),
        ('unit,period,value\na,1,"2,5"\n', ROWS, "with a decimal point"),
        ("unit,period,value\na,1,2\na,1,3\n", ROWS, "p.csv:row 3, column period: unit 'a' in 1 is given twice (first in row 2)"),
        ("unit,period,value\na,1,2\na,2024-01,3\n", ROWS, "p.csv:row 3, column period: '2024-01' is a month while row 2 has an integer"),
        ("unit,period,value\na,1\n", ROWS, "p.csv:row 2, column value: 2 cells while the header has 3"),
        ("unit,period,value\na,1,2,9\n", ROWS, "p.csv:row 2, column value: 4 cells"),
        ("unit,value\na,1\n", ROWS, "p.csv:row 1, column period: missing"),
        ("unit;period;value\na;1;2\n", ROWS, "not separated by commas"),
        ("unit,period,value,value\na,1,2,3\n", ROWS, "p.csv:row 1, column value: the column is given twice"),
        ("", ROWS, "p.csv:row 1, column unit: the file is empty"),
        ("unit,period,value\n", ROWS, "p.csv:row 1, column value: no cell has a value"),
        ("unit,period,value\na,1,\n", ROWS, "p.csv:row 2, column value: no cell has a value"),
        (b"unit,period,value\na,1,\xff\n", ROWS, "p.csv:row 2, column 1: not UTF-8 text"),
        ('unit,period,value\n"a,1,2\n', ROWS, "p.csv:row 2, column 1: not readable as CSV"),
        ("unit,period,value,weight\na,1,2,0\n", ROWS, "p.csv:row 2, column weight: 0 is not above 0"),
        ("unit,period,value,se\na,1,2,-1\n", ROWS, "p.csv:row 2, column se: -1 is below 0"),
        ("unit,period,value,n\na,1,2,\n", ROWS, "p.csv:row 2, column n: empty although the row has a value"),
        ("unit,period,value,control_x\na,1,2,\n", ROWS, "p.csv:row 2, column control_x: empty"),
        (PANEL, "initiative,unit,start\none,c,2\n", "i.csv:row 2, column unit: 'c' is not in the panel"),
        (PANEL, "initiative,unit,start\none,a,\n", "i.csv:row 2, column start: empty"),
        (PANEL, "initiative,unit,start\none,a,soon\n", "i.csv:row 2, column start: 'soon'"),
        (PANEL, "initiative,unit,start\none,a,2024-05\n", "i.csv:row 2, column start: '2024-05' is written as a month"),
        (PANEL, "initiative,unit,start\n,a,2\n", "i.csv:row 2, column initiative: empty"),
        (PANEL, "initiative,unit,start\none,a,2\none,a,3\n", "i.csv:row 3, column unit: 'a' is given twice"),
        (PANEL, "initiative,unit,start\n", "i.csv:row 1, column initiative: no rows"),
        (PANEL, "initiative,unit,start,end\none,a,2,2\n", "i.csv:row 2, column end: 2 is not after the start 2"),
        (PANEL, "initiative,unit,start,lag\none,a,2,-1\n", "i.csv:row 2, column lag: -1 is not a whole number"),
        (PANEL, "initiative,unit,start,kpi\none,a,2,nps\n", "i.csv:row 2, column kpi: 'nps' is not in the panel"),
        (PANEL, "initiative,unit,start,assignment\none,a,2,lottery\n", "i.csv:row 2, column assignment: 'lottery' is unknown"),
        (PANEL, "initiative,unit,start,expected_sd\none,a,2,0\n", "i.csv:row 2, column expected_sd: 0 is not above 0"),
        (PANEL, "initiative,unit,start,chosen_until\none,a,2,2\n", "i.csv:row 2, column chosen_until: 2 is not before"),
        (PANEL, "initiative,start\none,2\n", "i.csv:row 1, column unit: missing"),
    ],
)  # fmt: skip
def test_each_fault_gives_its_one_line(write, capsys, panel, initiatives, line):
    code = main(["attribute", "--panel", write("p.csv", panel), "--initiatives", write("i.csv", initiatives)])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    (only,) = err.splitlines()
    assert line in only
    assert "; " in only


def test_several_faults_in_both_files_are_told_at_once(write, capsys):
    panel = write("p.csv", "unit,period,value\na,x,1\na,2,y\n")
    initiatives = write("i.csv", "initiative,unit,start\none,a,\n")
    assert main(["attribute", "--panel", panel, "--initiatives", initiatives]) == 2
    assert [line.split(",")[0] for line in capsys.readouterr().err.splitlines()] == [
        "p.csv:row 2",
        "p.csv:row 3",
        "i.csv:row 2",
    ]


def test_a_name_with_a_line_break_stays_on_one_line(write, capsys):
    initiatives = write("i.csv", 'initiative,unit,start\none,"a\nb",2\n')
    assert main(["attribute", "--panel", write("p.csv", PANEL), "--initiatives", initiatives]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    "options",
    [
        ["--method", "sdid"],
        ["--method", "guess"],
        ["--level", "1.5"],
        ["--level", "nan"],
        ["--panel", "nowhere.csv"],
        ["--panel", "-", "--initiatives", "-"],
        ["--unknown"],
    ],
)
def test_options_that_cannot_be_met_exit_with_two_and_one_line(good, capsys, options):
    assert main([*good, *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1


def test_no_command_is_bad_input_and_later_ones_are_not_offered(capsys):
    for arguments in ([], ["threshold"], ["simulate"]):
        assert main(arguments) == 2
        assert capsys.readouterr().out == ""


def test_standard_input_is_read_for_one_file(good, capsys, monkeypatch):
    data = Path("panel.csv").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + data)))
    good[good.index("panel.csv")] = "-"
    assert main(good) == 0
    assert json.loads(capsys.readouterr().out)["kpis"][0]["method"] == "imputation"


def test_unknown_columns_are_told_and_blank_rows_skipped(write, capsys):
    panel = write("p.csv", "Unit,period,value,colour\na,1,2,red\n\na,2,3,blue\nb,1,1,\nb,2,2,\n")
    assert main(["attribute", "--panel", panel, "--initiatives", write("i.csv", ROWS)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert any("colour" in text for text in answer["warnings"])
    assert answer["kpis"][0]["initiatives"][0]["verdict"] == "too_early"


def test_several_kpis_of_different_calendars_in_one_file(write, capsys):
    weekly = [f"w,{unit},2024-01-{day:02d},{day + len(unit)}" for unit in ("a", "bb") for day in (1, 8, 15)]
    monthly = [f"m,{unit},2024-{month:02d}-01,{month}" for unit in ("a", "bb") for month in range(1, 5)]
    panel = write("p.csv", "\n".join(["kpi,unit,period,value", *weekly, *monthly]))
    initiatives = write("i.csv", "initiative,unit,start,kpi\none,a,2024-01-08,\ntwo,a,2024-02-01,m\n")
    assert main(["attribute", "--panel", panel, "--initiatives", initiatives]) == 0
    kpis = {each["kpi"]: each for each in json.loads(capsys.readouterr().out)["kpis"]}
    assert [each["initiative"] for each in kpis["w"]["initiatives"]] == ["one"]
    assert [each["initiative"] for each in kpis["m"]["initiatives"]] == ["one", "two"]


def test_finance_answers_with_null_and_a_reason(write, capsys):
    flows = write(
        "c.csv",
        "date,amount\n2009-04-01,2750\n2008-01-01,-10000\n2008-03-01,2750\n2008-10-30,4250\n2009-02-15,3250\n",
    )
    assert main(["finance", flows, "--rate", "0.09", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["xirr"] == pytest.approx(0.373362535, abs=5e-9)
    assert answer["xnpv"] == pytest.approx(2086.647602, abs=5e-7)
    assert main(["finance", write("d.csv", "date,amount\n0,5\n1,6\n"), "--rate", "0.1"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [answer[key] for key in ("irr", "xirr", "xnpv", "roi")] == [None] * 4
    assert len(answer["warnings"]) >= 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("date,amount\n2024-01-01,x\n", "c.csv:row 2, column amount: 'x' is not a number"),
        ("date,amount\n2024-01-01,\n", "c.csv:row 2, column amount: empty"),
        ("date,amount\n2024-01,5\n", "c.csv:row 2, column date: '2024-01' is not a day"),
        ("date,amount\n0,5\n2024-01-01,5\n", "c.csv:row 3, column date: dates and integer periods are mixed"),
        ("date,amount\n", "c.csv:row 1, column amount: no rows"),
        ("day,amount\n1,2\n", "c.csv:row 1, column date: missing"),
    ],
)
def test_finance_faults(write, capsys, text, line):
    assert main(["finance", write("c.csv", text), "--rate", "0.1"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (only,) = err.splitlines()
    assert only.startswith(line)


def test_finance_refuses_an_impossible_rate(write, capsys):
    flows = write("c.csv", "date,amount\n0,-5\n1,6\n")
    for rate in ("-1", "abc", "inf"):
        assert main(["finance", flows, f"--rate={rate}"]) == 2
        assert capsys.readouterr().out == ""
