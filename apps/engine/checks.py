"""The checks shown with every comparison with other units, in plain words."""

import numpy as np
from scipy.special import fdtrc, stdtrit

from .arrays import Bools, Floats, any_along
from .estimation import loadings_by
from .fixed_effects import UntreatedFit
from .joint import JointFit
from .panel import KpiPanel
from .results import Check
from .treatment import Spell

MINIMUM_PERIODS, MINIMUM_COMPARISON, MINIMUM_TREATED = 8, 8, 2
LARGEST_SHIFT_IN_ANSWERS = 0.2
SIGNIFICANT = 0.05


def joint_checks(
    panel: KpiPanel, fit: JointFit, index: int, effect: float, *, found: bool, level: float
) -> list[Check]:
    """All checks of one initiative of a joint estimation; `effect` is its mean effect, `found` whether the interval at
    `level` excludes 0."""
    spell, untreated = fit.design.spells[index], fit.design.fit
    before = untreated.clean & (spell.event < 0) & spell.treated[:, None]
    return [
        *_trend_checks(untreated, fit.tau, spell, before, effect, level),
        _leave_one_out(fit, index, effect, found=found),
        _fit_before(panel, untreated, fit.tau, before, effect),
        count_check(
            "treated_units",
            int(any_along(fit.design.counted[index], 1).sum()),
            MINIMUM_TREATED,
            "treated units",
        ),
        count_check("comparison_units", comparison_units(fit, index), MINIMUM_COMPARISON, "comparison units"),
        count_check("periods_before", periods_before(before), MINIMUM_PERIODS, "periods before the start"),
        _gaps(fit, index),
        *_levelled(fit, index),
        *response_rate(panel, spell),
        *selection(spell),
    ]


def _levelled(fit: JointFit, index: int) -> list[Check]:
    if index not in fit.design.levelled:
        return []
    sentence = (
        "It ran in the same units as another initiative; to tell the two apart, its effect is taken as level "
        "instead of following its own path."
    )
    return [Check("free_path", None, None, "fail", sentence)]


def comparison_units(fit: JointFit, index: int) -> int:
    """Units with clean cells both before the initiative's first start and while it is active."""
    counted, clean = fit.design.counted[index], fit.design.fit.clean
    during = any_along(counted, 0)
    first = int(np.flatnonzero(during)[0]) if during.any() else 0
    return int((any_along(clean[:, during], 1) & any_along(clean[:, :first], 1)).sum())


def periods_before(before: Bools) -> int:
    """The median number of clean periods before the start over the treated units."""
    counts = before.sum(axis=1)[any_along(before, 1)]
    return int(np.median(counts)) if counts.size else 0


def count_check(name: str, value: int, threshold: int, words: str) -> Check:
    """A minimum that data should reach."""
    enough = value >= threshold
    tail = "enough" if enough else f"fewer than the {threshold} that a comparison should have"
    return Check(
        name,
        float(value),
        float(threshold),
        "pass" if enough else "fail",
        f"There are {value} {words}: {tail}.",
    )


def response_rate(panel: KpiPanel, spell: Spell) -> list[Check]:
    """Whether the number of answers of the treated units moved by more than a fifth against the others."""
    if panel.n is None:
        return []
    after = spell.active & panel.observed
    before = panel.observed & (spell.event < 0) & spell.treated[:, None]
    rest = panel.observed & ~spell.treated[:, None]
    during = any_along(after, 0)[None, :]
    answers = np.nan_to_num(panel.n)

    def mean(cells: Bools) -> float:
        return float(answers[cells].mean()) if cells.any() else 0.0

    own, base = mean(after), mean(before)
    if own <= 0 or base <= 0:
        return []
    ratio = own / base
    if mean(rest & during) > 0 and mean(rest & ~during) > 0:
        ratio /= mean(rest & during) / mean(rest & ~during)
    moved = abs(ratio - 1)
    verdict = "fail" if moved > LARGEST_SHIFT_IN_ANSWERS else "pass"
    sentence = f"The number of answers per unit changed by {100 * (ratio - 1):+.0f} % against the others after the start"
    end = "; other people may be answering." if verdict == "fail" else ", too little to matter."
    return [Check("response_rate", moved, LARGEST_SHIFT_IN_ANSWERS, verdict, sentence + end)]


def selection(spell: Spell) -> list[Check]:
    """Whether the units were chosen because they did badly."""
    if "poor_results" not in spell.assignments:
        return []
    kept = (
        " The periods used for the choice are left out where the history allows."
        if spell.chosen_until is not None
        else ""
    )
    sentence = "The units were chosen for poor results, which tend to recover by themselves." + kept
    return [Check("selection", None, None, "fail", sentence)]


def _trend_checks(
    fit: UntreatedFit, tau: Floats, spell: Spell, before: Bools, effect: float, level: float
) -> list[Check]:
    """Joint pre-trend test, drift with its bound, placebo in time: regressions on clean cells only."""
    lengths = before.sum(axis=1)[any_along(before, 1)]
    history = int(np.median(lengths)) if lengths.size else 0
    if history < 4:
        sentence = f"Only {history} periods before the start: the course before cannot be tested."
        return [Check("pre_trend", None, SIGNIFICANT, "unknown", sentence)]
    width = max(1, min(4, history // 4))
    lead = spell.event
    bins = [before & (lead >= -(k + 1) * width) & (lead < -k * width) for k in range(3)]
    window = before & (lead >= -min(8, history // 2))
    drift = np.where(before, lead, 0.0) - np.where(before, -history, 0.0)
    leads, slope, placebo = (
        _regress(fit, tau, np.array(columns, dtype=float)) for columns in (bins, [drift], [window])
    )
    checks = []
    if leads is None:
        checks.append(
            Check(
                "pre_trend",
                None,
                SIGNIFICANT,
                "unknown",
                "The course before the start cannot be tested here.",
            )
        )
    else:
        p = leads.joint_p()
        verdict = "fail" if p < SIGNIFICANT else "pass"
        words = "moved apart" if verdict == "fail" else "moved alike"
        checks.append(
            Check("pre_trend", p, SIGNIFICANT, verdict, f"Before the start the groups {words} (p = {p:.3f}).")
        )
    if slope is not None:
        low, high = slope.interval(level)
        bound = max(abs(low), abs(high))
        after = spell.event[spell.active]
        reach = float(np.mean(after)) + history / 2 if after.size else 0.0
        explained = bound * reach
        sentence = (
            f"Before the start the groups drifted apart by at most {bound:.4g} a period; "
            f"that could explain {explained:.4g} of the {abs(effect):.4g} found."
        )
        verdict = "pass" if explained < abs(effect) else "unknown"
        checks.append(Check("drift_bound", explained, abs(effect), verdict, sentence))
    if placebo is not None:
        p = placebo.joint_p()
        low, high = placebo.interval(level)
        verdict = "fail" if p < SIGNIFICANT else "pass"
        words = "finds an effect before there was one" if verdict == "fail" else "rightly finds nothing"
        value = float(placebo.slope[0])
        sentence = f"A made-up start {min(8, history // 2)} periods earlier {words}: {value:.4g} ({low:.4g} to {high:.4g})."
        checks.append(Check("placebo_in_time", p, SIGNIFICANT, verdict, sentence))
    return checks


class _Regression:
    """A regression on clean cells next to unit and period effects, with leave-one-unit-out errors."""

    def __init__(self, slope: Floats, covariance: Floats, df: float) -> None:
        self.slope, self.covariance, self.df = slope, covariance, df

    def joint_p(self) -> float:
        """Hotelling's test that all slopes are 0."""
        size = len(self.slope)
        lower = max(1.0, self.df - size + 1)
        wald = float(self.slope @ np.linalg.pinv(self.covariance, hermitian=True) @ self.slope)
        return float(fdtrc(size, lower, wald * lower / (size * self.df)))

    def interval(self, level: float) -> tuple[float, float]:
        """The interval of the first slope."""
        reach = float(stdtrit(self.df, (1 + level) / 2) * np.sqrt(self.covariance[0, 0]))
        return float(self.slope[0]) - reach, float(self.slope[0]) + reach


def _regress(fit: UntreatedFit, tau: Floats, columns: Floats) -> _Regression | None:
    rest = np.where(fit.clean, fit.residual(columns), 0.0)
    weighted = rest * fit.weight
    grams = np.einsum("knt,lnt->nkl", weighted, rest)
    moments = np.einsum("knt,nt->nk", weighted, np.where(fit.clean, tau, 0.0))
    gram, moment = grams.sum(axis=0), moments.sum(axis=0)
    size = np.einsum("knt,knt->k", columns, columns)
    if (np.linalg.eigvalsh(gram)[0]) <= 1e-9 * max(float(size.max()), 1e-300):
        return None
    slope = np.linalg.solve(gram, moment)
    share = np.trace(grams, axis1=1, axis2=2)
    df = float(share.sum() ** 2 / (share**2).sum() - 1)
    if df < len(columns):
        return None
    units = np.flatnonzero(share > 0)
    without = gram - grams[units]
    if np.linalg.eigvalsh(without)[:, 0].min() <= 1e-9 * float(size.max()):
        return None
    off = np.linalg.solve(without, (moment - moments[units])[:, :, None])[:, :, 0] - slope
    covariance = off.T @ off * ((len(units) - 1) / len(units))
    tiny = 1e-10 * max(1e-300, float(np.abs(tau).max()))
    return _Regression(slope, covariance + tiny**2 * np.eye(len(slope)), df)


def _leave_one_out(fit: JointFit, index: int, effect: float, *, found: bool) -> Check:
    """The range of the effect when each treated unit is left out of the allocation. An effect that is not told from 0
    has no sign that one unit could carry."""
    counted = fit.counted[index]
    units = np.flatnonzero(any_along(counted, 1))
    if len(units) < 2:
        sentence = "One unit alone carries the effect; leaving it out leaves nothing."
        return Check("leave_one_out", None, 0.0, "fail", sentence)
    _, sums = loadings_by(
        fit, index, np.broadcast_to(np.arange(len(counted))[:, None], counted.shape), np.ones(counted.shape)
    )
    sizes = counted.sum(axis=1)[units]
    own = (sums.sum(axis=0) - sums) / (sizes.sum() - sizes)[:, None]
    values = np.einsum("up,up->u", own, fit.clusters.left_out[units])
    low, high = float(values.min()), float(values.max())
    flips = found and (low * effect < 0 or high * effect < 0)
    sentence = f"Leaving out one unit at a time, the effect lies between {low:.4g} and {high:.4g}"
    end = ": its sign rests on one unit." if flips else "."
    return Check(
        "leave_one_out",
        low if abs(low - effect) > abs(high - effect) else high,
        0.0,
        "fail" if flips else "pass",
        sentence + end,
    )


def _fit_before(panel: KpiPanel, fit: UntreatedFit, tau: Floats, before: Bools, effect: float) -> Check:
    """How far the mean of the treated units missed the comparison before, against how far the KPI itself moves."""
    count = before.sum(axis=0)
    use = count > 0
    if int(use.sum()) < 2:
        return Check("fit_before", None, 1.0, "unknown", "Too few periods before the start to judge the fit.")
    gap = np.where(before, tau, 0.0).sum(axis=0)[use] / count[use]
    error = float(np.sqrt(np.average(gap**2, weights=count[use])))
    clean = fit.clean
    own = np.where(clean, np.nan_to_num(panel.value), 0.0)
    within = own - (own.sum(axis=1) / np.maximum(clean.sum(axis=1), 1))[:, None]
    moves = float(np.sqrt(np.mean(within[clean] ** 2)))
    ratio = error / moves if moves > 0 else 0.0
    verdict = "pass" if ratio <= 1.0 else "fail"
    sentence = f"Before the start the comparison missed the treated units by {error:.4g} a period (the effect found is {effect:.4g})."
    return Check("fit_before", ratio, 1.0, verdict, sentence)


def _gaps(fit: JointFit, index: int) -> Check:
    design = fit.design
    lost, kept = int(design.lost[index]), int(design.counted[index].sum())
    share = lost / max(1, lost + kept)
    touched = any_along(design.observed, 1)
    missing = 1 - float(design.observed[touched].mean())
    sentence = f"{100 * missing:.0f} % of the panel's cells are missing; {lost} of {lost + kept} treated cells have no clean counterpart."
    return Check("data_gaps", share, 0.0, "fail" if lost else "pass", sentence)
