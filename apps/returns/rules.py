"""Which initiatives are computed together, which KPI pays, and which word sums a return up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

Z95 = 1.959963984540054
PROVEN = ("A", "B", "C")
# Stages that have not spent or changed anything yet take no part in an estimation.
NOT_BEGUN = frozenset({"idea", "case"})
# attribution.md 3.9: an outcome measured directly beats operational cost, which beats a link estimated from perception.
PRIORITY = {"outcome": 0, "operational": 1, "perceptive": 2}

# Verdicts without a number, the strongest reason first.
WITHOUT_NUMBER = (
    "no_comparison", "not_separable", "too_early", "no_data", "no_value", "other_currency", "no_kpi", "not_begun",
)  # fmt: skip


def clusters(kpis_of: Mapping[int, Iterable[int]]) -> list[tuple[int, ...]]:
    """Initiatives that share a KPI, directly or through others, in groups; each group and the list sorted by id.

    Sharing the KPI is enough: one's treated units must never serve as the other's comparison. `kpis_of` maps an
    initiative to the KPIs it is linked to; one without any is a group of its own.
    """
    parent = {pk: pk for pk in kpis_of}

    def root(pk: int) -> int:
        while parent[pk] != pk:
            parent[pk] = parent[parent[pk]]
            pk = parent[pk]
        return pk

    first_of: dict[int, int] = {}
    for pk in sorted(kpis_of):
        for kpi in kpis_of[pk]:
            if kpi in first_of:
                one, other = root(pk), root(first_of[kpi])
                parent[max(one, other)] = min(one, other)
            else:
                first_of[kpi] = pk
    groups: dict[int, list[int]] = {}
    for pk in sorted(kpis_of):
        groups.setdefault(root(pk), []).append(pk)
    return [tuple(group) for _first, group in sorted(groups.items())]


@dataclass(frozen=True, slots=True)
class Claim:
    """A KPI link that has a value model: `stream` is the pot of money it pays from."""

    kpi_id: int
    kpi_kind: str
    stream: str


def paying(claims: Sequence[Claim]) -> tuple[frozenset[int], dict[int, int]]:
    """(KPIs that pay, {KPI that only explains: the KPI that pays from its stream}) of one initiative.

    Each stream has one paying KPI, so that the same money is not counted twice (attribution.md 3.9).
    """
    best: dict[str, Claim] = {}
    for claim in sorted(claims, key=lambda each: (PRIORITY.get(each.kpi_kind, 9), each.kpi_id)):
        best.setdefault(claim.stream, claim)
    payers = frozenset(claim.kpi_id for claim in best.values())
    explaining = {
        claim.kpi_id: best[claim.stream].kpi_id
        for claim in claims
        if best[claim.stream].kpi_id != claim.kpi_id
    }
    return payers, explaining


def verdict_of_range(low: float, high: float) -> str:
    """The word for a range of money: positive, negative, or none_found when it holds zero."""
    return "positive" if low > 0 else "negative" if high < 0 else "none_found"


def strongest(verdicts: Iterable[str]) -> str:
    """The first honest state in the order of WITHOUT_NUMBER; no_kpi when there is nothing to judge."""
    found = set(verdicts)
    return next((word for word in WITHOUT_NUMBER if word in found), "no_kpi")


def share_left(stays: Sequence[int | None]) -> dict[int, float]:
    """{months after spending stops: share of the return left} out of the gate's answers (R 0.05)."""
    return {
        months: value / 100 for months, value in zip((6, 12, 24), stays, strict=True) if value is not None
    }


def interval_of_sum(mids: Sequence[float], variance: float) -> tuple[float, float, float]:
    """(low, mid, high) at 95 % of a sum that is Gaussian with this variance (engine/portfolio.py does the same)."""
    mid = float(sum(mids))
    reach = Z95 * sqrt(max(0.0, variance))
    return mid - reach, mid, mid + reach
