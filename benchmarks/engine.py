"""How fast and how honest the engine is: `python benchmarks/engine.py [--json]`.

Medians of five, warm, on the machine it runs on. Beside speed: what the engine claims of a known joint effect, what it pays an
initiative that does nothing, how often its intervals cover, and whether a rescaled KPI and another row order change anything.
"""

import argparse
import datetime as dt
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from apps.engine.attribution import attribute
from apps.engine.initiatives import InitiativeTable
from apps.engine.joint import build_design, fit_joint
from apps.engine.own_history import fit_own_history
from apps.engine.panel import Panel
from apps.engine.returns import CostFlow, KpiStream, ReturnInputs, ValueModel, compute_return
from apps.engine.treatment import spells_of
from tests.engine.worlds import World

REPEATS = 5


def median_ms(work: Callable[[], object]) -> float:
    """Milliseconds of one call: the median of five after one to warm up."""
    work()
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return round(1000 * statistics.median(times), 2)


def portfolio(seed: int, units: int = 60, periods: int = 104) -> World:
    """Four overlapping initiatives on 60 units and 104 weeks; the third does nothing, the fourth harms."""
    world = World.draw(seed, units, periods)
    random = np.random.default_rng(1000 + seed)
    for name, effect in (("one", 2.0), ("two", 1.0), ("nothing", 0.0), ("harm", -1.0)):
        treated = sorted(random.choice(units, units // 4, replace=False).tolist())
        begin = int(random.integers(periods // 3, 2 * periods // 3))
        world.add(name, treated, [begin + int(each) for each in random.integers(0, 6, len(treated))], effect)
    return world


def speed() -> dict[str, float]:
    """Milliseconds by task."""
    world = portfolio(0)
    panel, table = world.panel(), InitiativeTable.from_rows(world.rows)
    kpi, rows = panel.kpis[0], world.panel_rows()
    spells = spells_of(kpi, table)
    design = build_design(kpi, spells, [False] * 4)
    large = portfolio(1, 200, 156)
    series = World.draw(2, 1, 104).add("one", [0], 78, 1.0)
    series_spells = spells_of(series.panel().kpis[0], InitiativeTable.from_rows(series.rows))
    return {
        "panel of 6,240 cells from rows": median_ms(lambda: Panel.from_rows(rows)),
        "design, 4 initiatives, 60 x 104": median_ms(lambda: build_design(kpi, spells, [False] * 4)),
        "one KPI on that design": median_ms(lambda: fit_joint(kpi, design)),
        "attribute with all checks, 60 x 104": median_ms(lambda: attribute(panel, table)),
        "attribute with all checks, 200 x 156": median_ms(large.attribute),
        "structural series with placebos, 104 weeks": median_ms(
            lambda: fit_own_history(series.panel().kpis[0], series_spells)
        ),
        "return with ranges, 36 months": median_ms(lambda: compute_return(_return_inputs())),
    }


def _return_inputs() -> ReturnInputs:
    weeks = 52
    start = dt.date(2025, 1, 6)
    effect = np.minimum(np.arange(1, weeks + 1) / 10, 1.0) * 0.9
    stream = KpiStream(
        "nps",
        ValueModel(2.0, 0.4, "make", True),
        [start + dt.timedelta(weeks=week) for week in range(weeks)],
        effect,
        0.04 * np.outer(effect, effect) + 0.05 * np.eye(weeks),
        np.full(weeks, 1000.0),
    )
    costs = [CostFlow(dt.date(2025, 1, 1), 50_000)]
    return ReturnInputs(
        "A", "EUR", start, dt.date(2025, 12, 31), [stream], costs, share_left={6: 0.6, 12: 0.3, 24: 0.1}
    )


def honesty(worlds: int) -> dict[str, float]:
    """Shares over made-up portfolios with a known truth."""
    ratios, null, hits, count = [], [], 0, 0
    for seed in range(worlds):
        world = portfolio(seed)
        result = world.attribute()
        truth = sum(world.truth[each.initiative] * each.cells for each in result.initiatives)
        claimed = result.joint.total
        assert claimed is not None
        ratios.append((claimed, truth))
        for each in result.initiatives:
            if each.effect is None or each.ci_low is None or each.ci_high is None:
                continue
            hits += each.ci_low <= world.truth[each.initiative] <= each.ci_high
            count += 1
            null += [each.verdict != "none_found"] if each.initiative == "nothing" else []
    world = portfolio(0)
    first, second = world.answer(), World(world.value * 100, world.rows).answer()
    off = max(
        abs((b.effect or 0) / (100 * (a.effect or 1)) - 1)
        for a, b in zip(first.kpis[0].initiatives, second.kpis[0].initiatives, strict=True)
    )
    return {
        "claimed share of the true joint effect": round(
            sum(a for a, _ in ratios) / sum(b for _, b in ratios), 4
        ),
        "coverage of 95 % intervals": round(hits / count, 4),
        "effects found where there is none": round(sum(null) / len(null), 4),
        "relative change by KPI x 100": off,
        "difference between two runs": float(world.answer().to_json() != first.to_json()),
    }


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=50, help="made-up portfolios for the second table")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    answer = {"milliseconds": speed(), "honesty": honesty(options.worlds)}
    if options.json:
        print(json.dumps(answer, indent=2))
        return
    for title, table in answer.items():
        print(title)
        for name, value in table.items():
            print(f"  {name:<45} {value:g}")


if __name__ == "__main__":
    main()
