"""Who is treated when: the cells of one KPI's panel that each initiative touches, and the bins of time since its start."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Bools, Floats, Ints
from .initiatives import InitiativeRow, InitiativeTable
from .panel import KpiPanel

BIN_EDGES = (0, 2, 4, 6, 8, 13, 26)
"""Whole periods since the start at which a new level of the effect may begin; the last bin is open."""
SHORT_HORIZON = 8
"""Up to this many periods since the start, each has a bin of its own."""
LONGEST_RAMP = 13
_WASHOUT = {"day": 14, "week": 8, "month": 3, "quarter": 2, "year": 1, "integer": 8}


@dataclass(frozen=True, eq=False)
class Spell:
    """One initiative on one KPI. Arrays are (N, T) unless said.

    `event`: whole periods since the start (0 = first). `active`: after the lag and before the end, the cells that count.
    `shadow`: neither clean nor counted (a period that began before the start, the lag, the wash-out after the end).
    `start` (N,): position of the first full period, infinite for units it does not treat.
    """

    name: str
    start: Floats
    event: Ints
    active: Bools
    lag: Bools
    washout: Bools
    ramp: int
    expected_effect: float | None
    expected_sd: float | None
    assignments: frozenset[str | None]
    chosen_until: int | None

    @property
    def treated(self) -> Bools:
        """(N,): the units it treats."""
        return np.isfinite(self.start)

    @property
    def shadow(self) -> Bools:
        """Cells that are neither clean nor counted."""
        return self.lag | self.washout

    @property
    def touched(self) -> Bools:
        """Every cell that may hold an effect."""
        return self.active | self.lag | self.washout

    @property
    def is_random(self) -> bool:
        """Whether the units were chosen by lot."""
        return self.assignments == {"random"}

    def is_everywhere_at_once(self) -> bool:
        """Whether it starts in all of several units in one period, so that no unit shows what else happened then."""
        return len(self.start) > 1 and bool(self.treated.all()) and len(np.unique(self.start)) == 1


def spells_of(panel: KpiPanel, table: InitiativeTable) -> list[Spell]:
    """The spells of the initiatives that touch this KPI, in order of name (so that no number depends on row order)."""
    index = {unit: position for position, unit in enumerate(panel.units)}
    by_name: dict[str, dict[str, InitiativeRow]] = {}
    for row in sorted(
        table.rows, key=lambda each: each.kpi is not None
    ):  # a row for this KPI beats one for all
        if row.kpi in (None, panel.kpi) and row.unit in index:
            by_name.setdefault(row.initiative, {})[row.unit] = row
    return [_spell(panel, name, by_name[name], index) for name in sorted(by_name)]


def _spell(panel: KpiPanel, name: str, rows: dict[str, InitiativeRow], index: dict[str, int]) -> Spell:
    count, calendar = len(panel.units), panel.calendar
    start, end = np.full(count, np.inf), np.full(count, np.inf)
    lag, partial = np.zeros(count), np.zeros(count)
    for unit in sorted(rows):
        row, at = rows[unit], index[unit]
        position, exact = calendar.locate(row.start)
        start[at] = position if exact else position + 1
        partial[at] = 0 if exact else 1
        lag[at] = row.lag
        if row.end is not None:
            end[at] = max(calendar.locate(row.end)[0], start[at])
    positions = calendar.positions[None, :].astype(float)
    begun = positions >= start[:, None]
    on = begun & (positions < end[:, None])
    counted = on & (positions >= (start + lag)[:, None])
    in_lag = (on & ~counted) | ((positions >= (start - partial)[:, None]) & ~begun)
    span = int(calendar.positions[-1]) + 1
    length = min(_WASHOUT[calendar.kind], max(1, round(span / 8)))
    washout = (positions >= end[:, None]) & (positions < end[:, None] + length)
    since = np.where(
        np.isfinite(start)[:, None], positions - np.where(np.isfinite(start), start, 0)[:, None], -1
    )
    first = [rows[unit] for unit in sorted(rows)]
    expected = [row.expected_effect for row in first if row.expected_effect is not None]
    sds = [row.expected_sd for row in first if row.expected_sd is not None]
    chosen = [calendar.locate(row.chosen_until)[0] for row in first if row.chosen_until is not None]
    return Spell(
        name=name,
        start=start,
        event=since.astype(np.int64),
        active=counted,
        lag=in_lag,
        washout=washout,
        ramp=min(max(row.ramp for row in first), LONGEST_RAMP),
        expected_effect=float(np.mean(expected)) if expected else None,
        expected_sd=float(np.mean(sds)) if expected and sds else None,
        assignments=frozenset(row.assignment for row in first),
        chosen_until=max(chosen) if chosen else None,
    )


def event_bins(spell: Spell, cells: Bools, edges: Sequence[int] | None = None) -> list[Bools]:
    """The initiative's counted cells (N, T), parted by time since the start.

    A bin that rests on fewer than three units (or all of the initiative's, if it has fewer) joins the bin before it: a
    level that one unit alone supports would fit that unit's error and hide it from the standard error. `edges` replaces the
    usual ones.
    """
    events = spell.event[cells]
    if events.size == 0:
        return []
    low, high = int(events.min()), int(events.max())
    if edges is None:
        edges = BIN_EDGES
        if high - low < SHORT_HORIZON:
            edges = range(low, high + 1)
        elif spell.ramp:
            edges = [*range(spell.ramp + 1), *(edge for edge in BIN_EDGES if edge > spell.ramp)]
    number = np.searchsorted(np.asarray(edges), np.where(cells, spell.event, 0), side="right")
    enough = min(3, int(cells.any(axis=1).sum()))
    bins: list[Bools] = []
    pending = np.zeros_like(cells)
    for label in reversed(np.unique(number[cells])):
        pending = pending | (cells & (number == label))
        if int(pending.any(axis=1).sum()) >= enough:
            bins.append(pending)
            pending = np.zeros_like(cells)
    if pending.any():  # the first periods rest on too few units: they join the next bin
        bins[-1] = bins[-1] | pending
    return bins[::-1]
