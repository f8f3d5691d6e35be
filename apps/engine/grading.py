"""Grades of evidence: where each method starts, what costs a letter, and what would raise it."""

from collections.abc import Sequence

from .results import Check

LETTERS = "ABCDE"
START = {"holdout": "A", "imputation": "B", "sdid": "B", "its": "D"}
WORST_MEASURED = "D"
PLANNED = "E"

COSTS_A_LETTER = {
    "pre_trend": "a steady course of both groups before the start",
    "fit_before": "a closer fit before the start",
    "leave_one_out": "more units, so that no single one carries the effect",
    "periods_before": "at least 8 periods before the start",
    "response_rate": "an even number of answers before and after",
    "selection": "units chosen by lot instead of by poor results",
    "treated_units": "at least 2 treated units",
    "comparison_units": "at least 8 comparison units",
    "data_gaps": "a clean counterpart for every treated cell",
    "free_path": "some units in which it runs alone, so that its path need not be taken as level",
    "separable": "a start at another time or in other units than the initiatives it runs with",
}
"""The checks whose failure costs one letter, and the remedy in words."""


def start_grade(method: str, *, randomised: bool = False, controls: bool = False) -> str:
    """The letter a method starts at: A when units were chosen by lot, C for own history with controls."""
    if randomised and method in ("holdout", "imputation"):
        return "A"
    if method == "holdout":
        return "B"
    if method == "its" and controls:
        return "C"
    return START[method]


def lowered(start: str, checks: Sequence[Check]) -> tuple[str, list[str]]:
    """(grade, what would raise it): one letter down for each failed check that costs one, never below D."""
    failed = [check.name for check in checks if check.verdict == "fail" and check.name in COSTS_A_LETTER]
    index = min(LETTERS.index(start) + len(failed), LETTERS.index(WORST_MEASURED))
    return LETTERS[index], [COSTS_A_LETTER[name] for name in failed]


def worst(grades: Sequence[str | None]) -> str | None:
    """The lowest of the grades, or None without any."""
    known = [grade for grade in grades if grade]
    return max(known) if known else None
