"""Figures: numbers that carry what a reader needs to trust them (unit, range, period, evidence grade, as-of time)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext_lazy as _

from apps.core import formatting
from apps.core.formatting import Numeric, Text, Tone

Kind = Literal["money", "number", "percent", "ratio", "points", "months"]

# How far a number may be trusted: the rungs of the attribution ladder, each lowered a letter by a failed check.
GRADES = {
    "A": _("Proven: units or customers were treated at random"),
    "B": _("Strong: compared with similar units that were not treated"),
    "C": _("Fair: compared with series that could not be affected, or a comparison with a failed check"),
    "D": _("Weak: own history only, nothing to compare with"),
    "E": _("Estimate: stated by people, nothing was measured"),
}


@dataclass(frozen=True)
class HonestState:
    """A result that is not a number: its name, what it means and what to do next."""

    label: Text
    meaning: Text
    next_step: Text
    tone: Tone = "neutral"


HONEST_STATES: dict[str, HonestState] = {
    "too_early": HonestState(
        _("Too early to judge"),
        _("Fewer periods have passed than the effect needs to show."),
        _("Look again when the expected lag is over."),
        "info",
    ),
    "not_separable": HonestState(
        _("Not separable"),
        _("Another initiative ran at the same time in the same units, so the effect cannot be told apart."),
        _("Read the two together, or stagger their start next time."),
        "info",
    ),
    "no_threshold": HonestState(
        _("No threshold found"),
        _("The outcome changes evenly; there is no level at which it jumps."),
        _("Work on the average instead of a cut-off."),
        "info",
    ),
    "no_comparison": HonestState(
        _("No comparison group"),
        _("Every unit was treated at the same time."),
        _("Leave some units untreated for a while, or read the before/after estimate with care."),
        "attention",
    ),
    "not_provable": HonestState(
        _("Return not provable"),
        _("The data cannot show an effect that chance does not also give."),
        _("Decide on other grounds, or collect more periods."),
        "attention",
    ),
    "not_computed": HonestState(
        _("Not computed yet"),
        _("No computation has finished for this subject."),
        _("Press Recompute, or wait for the nightly run."),
        "muted",
    ),
    "no_data": HonestState(
        _("No data"),
        _("Nothing was observed in this period."),
        _("Import observations, or widen the period."),
        "muted",
    ),
    "hidden": HonestState(
        _("Not shown to your role"),
        _("Money is shown to the people who answer for it."),
        _("Ask finance or an administrator if you need it."),
        "muted",
    ),
}


@dataclass(frozen=True)
class Trend:
    """A change against an earlier period; `good` says which direction is welcome ("up", "down" or "" for neither)."""

    change: Numeric
    against: Text
    good: Literal["up", "down", ""] = "up"
    kind: Kind = "number"
    unit: str = ""

    @property
    def direction(self) -> str:
        """ "up", "down" or "flat"."""
        return "up" if self.change > 0 else "down" if self.change < 0 else "flat"

    @property
    def is_good(self) -> bool | None:
        """Whether the movement is welcome; None when flat or when neither direction is."""
        return None if self.direction == "flat" or not self.good else self.direction == self.good

    @property
    def text(self) -> str:
        """The size of the change, signed: "+4.2", "−3 %"."""
        written = write(self.change, self.kind, self.unit, short=True)
        return f"+{written}" if self.change > 0 else written


@dataclass(frozen=True)
class Figure:
    """A number that is never naked.

    `value`, `low`, `high` share one `kind` and `unit` (currency code for money, free text for numbers; a `percent`
    is a share of one). `href` leads to the arithmetic, `rows_href` to the rows behind it. `state` is a code of
    HONEST_STATES shown in place of (or, with a value, beside) the number.
    """

    label: Text
    value: Numeric | None = None
    kind: Kind = "number"
    unit: str = ""
    low: Numeric | None = None
    high: Numeric | None = None
    level: int = 95
    period: Text = ""
    grade: str = ""
    as_of: datetime | date | None = None
    href: str = ""
    rows_href: str = ""
    state: str = ""
    state_text: Text = ""
    stale: bool = False
    note: Text = ""
    trend: Trend | None = None

    @property
    def full(self) -> str:
        """The value in full, with its unit."""
        return write(self.value, self.kind, self.unit)

    @property
    def short(self) -> str:
        """The value in short form, with its unit."""
        return write(self.value, self.kind, self.unit, short=True)

    @property
    def short_parts(self) -> tuple[str, str]:
        """The short form split into the number and what follows it, for large tiles."""
        head, _space, tail = self.short.partition(formatting.NBSP)
        return head, tail.replace(formatting.NBSP, " ")

    @property
    def range_full(self) -> str:
        """The range in full, or an empty text when there is none."""
        return self._range(short=False)

    @property
    def range_short(self) -> str:
        """The range in short form, or an empty text when there is none."""
        return self._range(short=True)

    @property
    def honest(self) -> HonestState | None:
        """The honest state in force, if any."""
        return HONEST_STATES.get(self.state)

    def _range(self, *, short: bool) -> str:
        if self.low is None or self.high is None:
            return ""
        low = write(self.low, self.kind, self.unit, short=short)
        high = write(self.high, self.kind, self.unit, short=short)
        return formatting.interval(low, high)


def write(value: Numeric | None, kind: Kind, unit: str = "", *, short: bool = False) -> str:
    """`value` of `kind` with its unit, as read on screen."""
    if value is None:
        return formatting.NO_VALUE
    number = formatting.as_decimal(value)
    if kind == "money":
        return formatting.money(value, unit, short=short)
    if kind == "percent":
        return formatting.percent(value, 0 if short and abs(number) >= Decimal("0.1") else 1)
    if kind == "ratio":
        return f"{formatting.number(value, 2)}{formatting.NBSP}\u00d7"
    if kind == "months":
        return f"{formatting.number(value, 0 if value == int(value) else 1)}{formatting.NBSP}{_('months')}"
    if kind == "points":
        return f"{formatting.number(value, 1)}{formatting.NBSP}{unit or _('points')}"
    text = formatting.short_number(value) if short and abs(number) >= 10_000 else formatting.number(value)
    return f"{text}{formatting.NBSP}{unit}" if unit else text
