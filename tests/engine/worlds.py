"""Made-up panels whose truth is known: units and periods with levels, common shocks, memory in the noise, and effects."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from apps.engine.attribution import attribute
from apps.engine.initiatives import InitiativeTable
from apps.engine.panel import KpiPanel, Panel
from apps.engine.periods import build_calendar, parse_period
from apps.engine.results import AttributionResult, KpiResult


@dataclass
class World:
    """A panel in the making; `add` treats units and remembers the true mean effect of each initiative."""

    value: np.ndarray
    rows: list[dict[str, object]] = field(default_factory=list)
    truth: dict[str, float] = field(default_factory=dict)

    @classmethod
    def draw(
        cls, seed: int, units: int = 24, periods: int = 40, *, memory: float = 0.4, noise: float = 1.0
    ) -> "World":
        """Unit levels, a common random walk and noise with memory."""
        random = np.random.default_rng(seed)
        error = np.empty((units, periods))
        error[:, 0] = random.normal(size=units)
        for period in range(1, periods):
            error[:, period] = memory * error[:, period - 1] + np.sqrt(1 - memory**2) * random.normal(
                size=units
            )
        level = random.normal(0, 5, (units, 1))
        common = np.cumsum(random.normal(0, 0.5, periods))
        return cls(50 + level + common + noise * error)

    def add(
        self, name: str, units: Iterable[int], starts: int | Sequence[int], effect: float, *, end: int | None = None,
        ramp: int = 0, **columns: object,
    ) -> "World":  # fmt: skip
        """Treat units from their start on; with `ramp` the effect grows in equal steps over that many periods."""
        units = list(units)
        begin = [starts] * len(units) if isinstance(starts, int) else list(starts)
        total = count = 0.0
        for unit, start in zip(units, begin, strict=True):
            length = max(0, min(end or 10**6, self.value.shape[1]) - start)
            path = effect * np.minimum((np.arange(length) + 1) / (ramp + 1), 1.0)
            self.value[unit, start : start + length] += path
            total, count = total + path.sum(), count + length
            self.rows.append(
                {"initiative": name, "unit": unit_name(unit), "start": start, "end": end, **columns}
            )
        self.truth[name] = total / count if count else 0.0
        return self

    def panel(self, **tables: np.ndarray) -> Panel:
        """The panel without the detour over rows."""
        calendar = build_calendar([parse_period(period) for period in range(self.value.shape[1])])
        names = tuple(unit_name(unit) for unit in range(len(self.value)))
        return Panel((KpiPanel("value", names, calendar, self.value, **tables),), "made up")

    def attribute(self, method: str = "auto", **tables: np.ndarray) -> KpiResult:
        """The result on the only KPI."""
        return self.answer(method, **tables).kpis[0]

    def answer(self, method: str = "auto", **tables: np.ndarray) -> AttributionResult:
        """The whole result."""
        return attribute(self.panel(**tables), InitiativeTable.from_rows(self.rows), method=method)

    def panel_rows(self) -> list[tuple[object, ...]]:
        """The panel as rows (kpi, unit, period, value)."""
        units, periods = self.value.shape
        return [
            ("value", unit_name(unit), period, float(self.value[unit, period]))
            for unit in range(units)
            for period in range(periods)
        ]


def unit_name(index: int) -> str:
    """A name that sorts like the number."""
    return f"unit {index:03d}"
