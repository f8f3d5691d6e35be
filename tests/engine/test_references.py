"""Published figures on the data that lie beside the checkout."""

import csv

import numpy as np
import pytest

from apps.engine.attribution import attribute
from apps.engine.initiatives import InitiativeTable
from apps.engine.panel import Panel
from tests.shared_data import shared


@pytest.fixture
def restaurants() -> list[tuple[bool, int, float]]:
    """(treated, period, employment) of Card and Krueger's restaurants, without missing values."""
    with shared("reference/card_krueger.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["fte"]]
    return [(row["nj"] == "1", int(row["d"]), float(row["fte"])) for row in rows]


def test_card_and_krueger_by_separate_samples(restaurants):
    """Each row a unit of its own: the difference of the differences of four means, and its least-squares error."""
    rows = [
        ("fte", f"{treated} {number}", period, value)
        for number, (treated, period, value) in enumerate(restaurants)
    ]
    treated = [("law", row[1], 1) for row, each in zip(rows, restaurants, strict=True) if each[0]]
    result = attribute(Panel.from_rows(rows), InitiativeTable.from_rows(treated), method="holdout")
    effect = result.kpis[0].initiative("law")
    assert effect.effect == pytest.approx(2.7536, abs=5e-5)
    assert effect.se == pytest.approx(1.6884, abs=5e-5)


def test_card_and_krueger_by_the_means_of_the_states(restaurants):
    """The same four means as a panel of two states with their standard errors, by imputation."""
    rows = []
    for treated, name in ((True, "New Jersey"), (False, "Pennsylvania")):
        for period in (0, 1):
            values = np.array([value for law, at, value in restaurants if (law, at) == (treated, period)])
            rows.append(("fte", name, period, values.mean(), None, values.std(ddof=1) / np.sqrt(len(values))))
    table = InitiativeTable.from_rows([("law", "New Jersey", 1)])
    effect = attribute(Panel.from_rows(rows), table, method="imputation").kpis[0].initiative("law")
    assert effect.effect == pytest.approx(2.7536, abs=5e-5)
    assert effect.se == pytest.approx(1.79, abs=0.02)  # unpooled: sqrt of the sum of the four squared errors
    assert effect.grade == "D"


def test_german_reunification_has_the_published_sign_and_size():
    """One treated country and 16 others: the published synthetic gap is -1,554.4 a year; the plain comparison with all
    others is biased, so the placebo-based interval must be wide and the grade low."""
    with shared("reference/germany.csv").open() as file:
        rows = [("gdp", row["country"], int(row["year"]), float(row["gdp"])) for row in csv.DictReader(file)]
    name = next(row[1] for row in rows if "Germany" in row[1])
    result = attribute(Panel.from_rows(rows), InitiativeTable.from_rows([("union", name, 1990)]))
    effect = result.kpis[0].initiative("union")
    assert effect.method == "imputation"
    assert effect.grade == "D"
    assert effect.cells == 14
    assert effect.ci_low < -1.5544 < effect.ci_high  # thousands of dollars a head
