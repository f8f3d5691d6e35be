"""The walk down the ladder on one KPI: what cannot be answered, the joint estimation, own history, and the books."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.special import stdtrit

from . import checks as checking
from .arrays import Floats, any_along
from .effects import (
    NO_COMPARISON,
    TOO_EARLY,
    Interval,
    empty_effect,
    group_effect,
    initiative_effect,
    mean_loadings,
    naive_of,
    naive_total,
    t_interval,
)
from .errors import NotIdentified
from .estimation import total_loading
from .grading import lowered, start_grade, worst
from .holdout import HoldoutFit, fit_holdout
from .initiatives import InitiativeTable
from .joint import JointFit, fit_joint
from .levels import separable_design
from .own_history import SeriesFit, fit_own_history
from .panel import KpiPanel
from .results import Check, GroupEffect, InitiativeEffect, JointEffect, KpiResult
from .separability import Separation, separate
from .treatment import Spell, spells_of

REASONS: Final = {
    "holdout": "The units were chosen by lot, so treated and held-out units are compared directly.",
    "imputation": "Other units were free of initiatives at the same time; they show what would have happened.",
    "its": "There is no other unit to compare with; only the own history before the start is used.",
    "none": "Nothing shows what would have happened without the initiative.",
}


@dataclass
class Ladder:
    """The work on one KPI: collects results by initiative while walking down the ladder."""

    panel: KpiPanel
    table: InitiativeTable
    method: str
    level: float
    warnings: list[str] = field(default_factory=list)
    found: dict[str, InitiativeEffect] = field(default_factory=dict)
    groups: list[GroupEffect] = field(default_factory=list)
    blocks: list[Floats] = field(default_factory=list)
    joint: JointEffect = field(default_factory=JointEffect)
    unallocated: float | None = None
    used: str = "none"

    def result(self) -> KpiResult:
        """Walk the ladder and put the result together."""
        spells = spells_of(self.panel, self.table)
        alone = len(self.panel.units) == 1
        everywhere = [spell.is_everywhere_at_once() for spell in spells]
        early = [self._cells(spell) < (2 if self.method == "auto" else 1) for spell in spells]
        open_ = [not (everyone and self.method != "its") for everyone in everywhere]
        for spell, too_early, answerable in zip(spells, early, open_, strict=True):
            if not answerable:
                self._everywhere(spell)
            elif too_early:
                self.found[spell.name] = empty_effect(
                    spell.name, TOO_EARLY, self._cells(spell), "none", diagnostics=self._early()
                )
        candidates = [spell for spell, answerable in zip(spells, open_, strict=True) if answerable]
        young = [flag for flag, answerable in zip(early, open_, strict=True) if answerable]
        rest = [spell for spell, flag in zip(candidates, young, strict=True) if not flag]
        if self.method in ("auto", "holdout"):
            rest = self._holdout(spells, rest)
        if self.method in ("auto", "imputation") and rest and not (alone and self.method == "auto"):
            rest = self._joint(candidates, young, rest)
        if self.method in ("auto", "its") and rest:
            rest = self._own_history(rest)
        for spell in rest:
            self._no_comparison(spell)
        ordered = tuple(self.found[name] for name in self.table.names if name in self.found)
        return KpiResult(
            kpi=self.panel.kpi,
            method=self.used,
            grade=worst([each.grade for each in ordered]),
            warnings=tuple(self.warnings),
            joint=self.joint,
            unallocated=self.unallocated,
            naive_total=naive_total(self.panel, spells),
            groups=tuple(self.groups),
            initiatives=ordered,
            blocks=tuple(self.blocks),
        )

    def _cells(self, spell: Spell) -> int:
        return int((spell.active & self.panel.observed).sum())

    def _early(self) -> dict[str, Any]:
        return {
            "reason": "Fewer than two measured periods since the start (after the lag): too early to say."
        }

    def _everywhere(self, spell: Spell) -> None:
        """An initiative that starts in all units at once: no number of its own, a series estimate beside."""
        reason = "It started in all units at once, so nothing tells it from whatever else happened then."
        diagnostics: dict[str, Any] = {"reason": reason, "naive": naive_of(self.panel, spell), "series": None}
        series = None
        try:
            series = self._series_beside(fit_own_history(self.panel, [spell]))
            answer = series.to_json()
            keys = (
                "effect",
                "se",
                "ci_low",
                "ci_high",
                "total",
                "total_ci_low",
                "total_ci_high",
                "grade",
                "method",
                "path",
            )
            diagnostics["series"] = {key: answer[key] for key in keys}
        except NotIdentified as error:
            diagnostics["series_reason"] = str(error)
        empty = empty_effect(spell.name, NO_COMPARISON, self._cells(spell), "none", diagnostics=diagnostics)
        self.found[spell.name] = replace(empty, series=series)

    def _series_beside(self, fit: SeriesFit) -> InitiativeEffect:
        effect = initiative_effect(
            self.panel, fit, 0, interval=self._series_interval(fit), block=len(self.blocks), method="its",
            start=start_grade("its", controls=bool(self.panel.controls)), checks=self._series_checks(fit, 0),
            separation=Separation(()), cells=self._cells(fit.spells[0]), diagnostics={"reason": REASONS["its"]},
        )  # fmt: skip
        self.blocks.append(fit.covariance)
        return effect

    def _no_comparison(self, spell: Spell) -> None:
        diagnostics = {"reason": REASONS["none"], "naive": naive_of(self.panel, spell)}
        self.found[spell.name] = empty_effect(
            spell.name, NO_COMPARISON, self._cells(spell), "none", diagnostics=diagnostics
        )

    def _holdout(self, spells: Sequence[Spell], rest: list[Spell]) -> list[Spell]:
        """Initiatives with recorded randomisation that run alone; forced: whichever can be computed."""
        left, taken = [], []
        for spell in rest:
            others = [each for each in spells if each is not spell]
            if self.method == "auto" and (not spell.is_random or others):
                left.append(spell)
                continue
            busy = (
                any_along(np.array([each.touched for each in others]), 0)
                if others
                else np.zeros_like(spell.active)
            )
            try:
                fit = fit_holdout(self.panel, spell, busy)
            except NotIdentified as error:
                self.warnings.append(f"holdout: {error}")
                left.append(spell)
                continue
            if self.method == "holdout" and not spell.is_random:
                self.warnings.append(
                    f"{spell.name}: a hold-out comparison without recorded randomisation (assignment)"
                )
            self._take_holdout(fit)
            taken.append(fit)
        if len(taken) == 1:  # several are estimated one by one, not jointly
            self._book_joint(taken[0], [0], taken[0].df, [])
        return left

    def _take_holdout(self, fit: HoldoutFit) -> None:
        spell = fit.spells[0]
        interval = t_interval(fit, lambda _: fit.df, self.level)
        words = [
            checking.count_check(
                "treated_units", fit.treated_units, checking.MINIMUM_TREATED, "treated units"
            ),
            checking.count_check(
                "comparison_units", fit.control_units, checking.MINIMUM_COMPARISON, "held-out units"
            ),
            *checking.response_rate(self.panel, spell),
        ]
        self._store(fit, 0, interval, "holdout", words, Separation(()), spell.is_random)
        self.blocks.append(fit.covariance)

    def _joint(self, candidates: list[Spell], young: list[bool], rest: list[Spell]) -> list[Spell]:
        """The joint estimation against clean cells; returns the initiatives that have to step down."""
        waiting = {spell.name for spell in rest}
        aside = [flag or spell.name not in waiting for spell, flag in zip(candidates, young, strict=True)]
        strict = self.method == "auto"
        while not all(aside):
            try:
                fit = fit_joint(self.panel, separable_design(self.panel, candidates, aside))
            except NotIdentified as error:
                self.warnings.append(f"no comparison with other units: {error}")
                break
            down = [
                i
                for i in range(len(candidates))
                if not aside[i] and self._must_step_down(fit, i, strict=strict)
            ]
            if not down:
                self._take_joint(fit, aside)
                return [spell for spell in rest if spell.name not in self.found]
            for index in down:
                aside[index] = True
                self.warnings.append(
                    f"{candidates[index].name}: {self._lost_words(fit, index)}; a lower rung is used"
                )
        return rest

    def _must_step_down(self, fit: JointFit, index: int, *, strict: bool) -> bool:
        kept, lost = int(fit.counted[index].sum()), int(fit.design.lost[index])
        if kept < (2 if strict else 1):
            return True
        return strict and (lost > kept or checking.comparison_units(fit, index) < 2)

    def _lost_words(self, fit: JointFit, index: int) -> str:
        lost, kept = int(fit.design.lost[index]), int(fit.counted[index].sum())
        if not lost:
            count = checking.comparison_units(fit, index)
            return f"only {count} unit was free of initiatives both before and after the start"
        names = str(NotIdentified("", units=fit.design.lost_units, periods=fit.design.lost_periods))
        return f"{lost} of {lost + kept} treated cells have no counterpart free of initiatives{names}"

    def _take_joint(self, fit: JointFit, aside: Sequence[bool]) -> None:
        members = [index for index, skip in enumerate(aside) if not skip]
        loadings = mean_loadings(fit)
        inner = separate(
            loadings[members],
            fit.null,
            fit.likelihood,
            self._prior_ratio(fit)[members].tolist(),
            fit.counted[members],
        )
        separation = Separation(tuple(tuple(members[i] for i in group) for group in inner.groups))
        interval = t_interval(fit, fit.degrees, self.level)
        grades: dict[int, str] = {}
        for index in members:
            spell = fit.spells[index]
            effect = float(loadings[index] @ fit.coefficients)
            low, high, _ = interval(loadings[index])
            words = checking.joint_checks(
                self.panel, fit, index, effect, found=low > 0 or high < 0, level=self.level
            )
            grades[index] = self._group_grade(spell, words)
            for check in words:
                if check.verdict == "fail" and check.name in (
                    "comparison_units",
                    "treated_units",
                    "periods_before",
                ):
                    self.warnings.append(f"{spell.name}: {check.sentence}")
            if fit.design.lost[index]:
                self.warnings.append(f"{spell.name}: {self._lost_words(fit, index)}; they are left out")
            self._store(fit, index, interval, "imputation", words, separation, spell.is_random)
        for group in separation.groups:
            grade = worst([grades[member] for member in group])
            self.groups.append(group_effect(fit, group, interval, grade or start_grade("imputation")))
        self.blocks.append(fit.covariance)
        self._book_joint(fit, members, fit.joint_df, separation.groups)

    def _group_grade(self, spell: Spell, words: Sequence[Check]) -> str:
        """The grade a member lends to its group: all but what only concerns the split."""
        kept = [check for check in words if check.name != "leave_one_out"]
        return lowered(start_grade("imputation", randomised=spell.is_random), kept)[0]

    def _prior_ratio(self, fit: JointFit) -> Floats:
        """(I,): prior variance over residual variance; without a plan, the residual variance of one cell."""
        size = max(fit.sigma, 1e-300) ** 2
        ratio: Floats = np.where(np.isfinite(fit.prior_variance), fit.prior_variance / size, 1.0)
        return ratio

    def _book_joint(
        self, fit: JointFit | HoldoutFit, members: Sequence[int], df: float, groups: Sequence[Sequence[int]]
    ) -> None:
        """The joint total and what is left after all shares: sum of shares + unallocated = joint total."""
        reach = float(stdtrit(df, (1 + self.level) / 2)) * fit.joint_se
        names = {fit.spells[index].name for index in members}
        ordered = tuple(name for name in self.table.names if name in names)
        total = fit.joint_total
        self.joint = JointEffect(ordered, total, fit.joint_se, total - reach, total + reach)
        grouped = {index for group in groups for index in group}
        shares = [float(total_loading(fit, i) @ fit.coefficients) for i in members if i not in grouped]
        self.unallocated = total - sum(shares) - sum(group.total for group in self.groups)

    def _own_history(self, rest: list[Spell]) -> list[Spell]:
        """Before and after on own history, in groups that share units; returns what cannot be answered either."""
        treated = np.array([spell.treated for spell in rest]).astype(int)
        parts, label = connected_components(csr_array(treated @ treated.T), directed=False)
        left = []
        for part in range(parts):
            members = [rest[index] for index in np.flatnonzero(label == part)]
            try:
                fit = fit_own_history(self.panel, members)
            except NotIdentified as error:
                self.warnings.append(f"no series: {error}")
                left += members
                continue
            self._take_series(fit)
        return left

    def _take_series(self, fit: SeriesFit) -> None:
        interval = self._series_interval(fit)
        count = len(fit.spells)
        separation = separate(mean_loadings(fit), fit.null, None, [1.0] * count, fit.counted)
        for index in range(count):
            self._store(
                fit, index, interval, "its", self._series_checks(fit, index), separation, randomised=False
            )
        for group in separation.groups:
            self.groups.append(
                group_effect(fit, group, interval, start_grade("its", controls=bool(self.panel.controls)))
            )
        self.blocks.append(fit.covariance)

    def _series_interval(self, fit: SeriesFit) -> Interval:
        def interval(loading: Floats) -> tuple[float, float, float]:
            low, high = fit.interval(loading, self.level)
            return low, high, float("inf")

        return interval

    def _series_checks(self, fit: SeriesFit, index: int) -> list[Check]:
        spell = fit.spells[index]
        missed = Check(
            "placebo_in_time", fit.widening, 1.0, "pass" if fit.widening <= 1.5 else "fail",
            f"At made-up starts before the real one the forecast missed by {fit.widening:.2f} of its own error or less; "
            "the interval is widened by that.",
        )  # fmt: skip
        words = ", ".join(fit.terms)
        terms = Check("forecast_terms", None, None, "pass", f"The forecast follows the series' own {words}.")
        before = checking.count_check(
            "periods_before", fit.periods_before, checking.MINIMUM_PERIODS, "periods before the start"
        )
        return [before, missed, terms, *checking.response_rate(self.panel, spell), *checking.selection(spell)]

    def _store(
        self, fit: JointFit | SeriesFit | HoldoutFit, index: int, interval: Interval, method: str, words: list[Check],
        separation: Separation, randomised: bool,
    ) -> None:  # fmt: skip
        spell = fit.spells[index]
        start = start_grade(method, randomised=randomised, controls=bool(self.panel.controls))
        self.found[spell.name] = initiative_effect(
            self.panel, fit, index, interval=interval, block=len(self.blocks), method=method, start=start, checks=words,
            separation=separation, cells=int(fit.counted[index].sum()), diagnostics={"reason": REASONS[method]},
        )  # fmt: skip
        if self.used == "none" or method != "its":
            self.used = method
