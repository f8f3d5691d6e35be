"""Sums over initiatives in one currency. Pure; the interval of a sum is not the sum of intervals.

The variance of a sum is the sum over all pairs of their covariances (engine/portfolio.py computed them, each snapshot
keeps its row); the sum then is Gaussian with mean = sum of means. One initiative alone keeps its own interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Protocol

from apps.returns.rules import PROVEN, interval_of_sum

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


class Answer(Protocol):
    """What a sum needs of one initiative: money in cents, None where nothing is known."""

    @property
    def id(self) -> int: ...
    @property
    def invested(self) -> Decimal | None: ...
    @property
    def returned_low(self) -> Decimal | None: ...
    @property
    def returned_mid(self) -> Decimal | None: ...
    @property
    def returned_high(self) -> Decimal | None: ...
    @property
    def npv_low(self) -> Decimal | None: ...
    @property
    def npv_mid(self) -> Decimal | None: ...
    @property
    def npv_high(self) -> Decimal | None: ...
    @property
    def grade(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Range:
    """A figure with its 95 % interval, in cents."""

    low: Decimal
    mid: Decimal
    high: Decimal

    def minus(self, amount: Decimal) -> Range:
        """The range shifted down by a certain amount."""
        return Range(self.low - amount, self.mid - amount, self.high - amount)


Covariances = Mapping[int, Mapping[int, float]]


def in_cents(value: float) -> Decimal:
    """A float at the edge of money: whole cents, half to even."""
    return Decimal(repr(value)).quantize(CENT, rounding=ROUND_HALF_EVEN)


def variance_of(ids: Sequence[int], covariances: Covariances) -> float:
    """The variance of a sum: all pairs' covariances; a pair of different clusters has none."""
    total = 0.0
    for one in ids:
        row = covariances.get(one, {})
        total += row.get(one, 0.0)
        for other in ids:
            if other < one:  # the two snapshots may be of different runs: take the mean of what each says
                pair = [
                    value
                    for value in (row.get(other), covariances.get(other, {}).get(one))
                    if value is not None
                ]
                total += 2 * sum(pair) / len(pair) if pair else 0.0
    return total


def returned_sum(rows: Iterable[Answer], covariances: Covariances) -> Range:
    """The sum of what came back so far; rows without a number add nothing."""
    known = [row for row in rows if row.returned_mid is not None]
    if len(known) == 1:
        only = known[0]
        return Range(only.returned_low or ZERO, only.returned_mid or ZERO, only.returned_high or ZERO)
    return _sum([(row.id, row.returned_mid or ZERO) for row in known], covariances)


def npv_sum(rows: Iterable[Answer], covariances: Covariances) -> Range | None:
    """The sum of net present values; None when no row has one."""
    known = [row for row in rows if row.npv_mid is not None]
    if not known:
        return None
    if len(known) == 1:
        only = known[0]
        return Range(only.npv_low or ZERO, only.npv_mid or ZERO, only.npv_high or ZERO)
    return _sum([(row.id, row.npv_mid or ZERO) for row in known], covariances)


def _sum(known: Sequence[tuple[int, Decimal]], covariances: Covariances) -> Range:
    ids = [pk for pk, _mid in known]
    low, _mid, high = interval_of_sum([float(mid) for _pk, mid in known], variance_of(ids, covariances))
    mid = sum((mid for _pk, mid in known), ZERO)  # exact to the cent: what the lines show, added up
    return Range(in_cents(low), mid, in_cents(high))


def is_proven(grade: str) -> bool:
    """Grades A to C rest on a comparison; D and E do not, and are never added in without being shown apart."""
    return grade in PROVEN


def share_proven(rows: Iterable[Answer]) -> float | None:
    """The part of the expected gains that rests on grades A to C; None when there are no gains."""
    good = everything = ZERO
    for row in rows:
        gain = max(ZERO, row.returned_mid or ZERO)
        everything += gain
        good += gain if is_proven(row.grade) else ZERO
    return float(good / everything) if everything > 0 else None
