"""Pure: how sums become a value and its standard error, and how rows of several units become one number.

Let n be the answers, T and Q the sums of the measure and of its square, h the favourable ones, p and d the shares of
promoters and detractors.

    mean   T/n                      se  sqrt((Q − T²/n)/(n − 1)/n)              (n ≥ 2)
    share  100·h/n                  se  100·sqrt(s(1 − s)/n), s = h/n           (binomial)
    nps    100·(p − d)              se  100·sqrt((p + d − (p − d)²)/n)          (design, attribution.md, "Survey KPIs")
    rate   1000·h/n                 se  1000·sqrt(h)/n                          (Poisson: h events over exposure n)
    sum    T, count n               complete counts: no sampling error
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import sqrt

Z95 = 1.959963984540054
MIN_ANSWERS = 10
POOLED = ("mean", "share", "nps", "rate")


@dataclass(frozen=True, slots=True)
class Sums:
    """What a value is made of; None = not known."""

    n: int | None = None
    total: float | None = None
    total_sq: float | None = None
    hits: int | None = None
    promoters: int | None = None
    detractors: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One observation: its value, error and sums."""

    value: float
    se: float | None
    sums: Sums


@dataclass(frozen=True, slots=True)
class Combined:
    """One number over several observations. `remark` is a code: "" exact from sums, `weighted` by answers, `plain` mean."""

    value: float
    se: float | None
    n: int | None
    remark: str = ""
    low: float | None = None
    high: float | None = None


def interval(
    statistic: str, value: float, se: float | None, n: int | None
) -> tuple[float | None, float | None]:
    """The 95 % interval: Wilson's (1927) for shares, honest for few answers and at 0 and 100 %; else value ± 1.96 se.

    Fewer than `MIN_ANSWERS` answers of a mean, NPS or rate have none: the normal approximation would mislead.
    """
    if statistic == "share" and n and 0 <= value <= 100:
        share, z_sq = value / 100, Z95 * Z95
        middle = (share + z_sq / (2 * n)) / (1 + z_sq / n)
        half = Z95 * sqrt(share * (1 - share) / n + z_sq / (4 * n * n)) / (1 + z_sq / n)
        return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)
    if se is None or (n is not None and n < MIN_ANSWERS):
        return None, None
    return value - Z95 * se, value + Z95 * se


def value_of(statistic: str, sums: Sums) -> float | None:
    """The value these sums give; None when they do not suffice (or nothing was answered)."""
    n = sums.n
    if statistic == "count":
        return None if n is None else float(n)
    if statistic == "sum":
        return sums.total
    if not n:
        return None
    if statistic == "mean":
        return None if sums.total is None else sums.total / n
    if statistic == "nps":
        if sums.promoters is None or sums.detractors is None:
            return None
        return 100 * (sums.promoters - sums.detractors) / n
    if sums.hits is None:
        return None
    return (1000 if statistic == "rate" else 100) * sums.hits / n


def se_of(statistic: str, sums: Sums) -> float | None:
    """The standard error of `value_of`, in the same unit; None when it cannot be told."""
    n = sums.n
    if not n or statistic not in POOLED:
        return None
    if statistic == "mean":
        if n < 2 or sums.total is None or sums.total_sq is None:
            return None
        variance = max(0.0, sums.total_sq - sums.total * sums.total / n) / (n - 1)
        return sqrt(variance / n)
    if statistic == "nps":
        if sums.promoters is None or sums.detractors is None:
            return None
        p, d = sums.promoters / n, sums.detractors / n
        return 100 * sqrt(max(0.0, p + d - (p - d) ** 2) / n)
    if sums.hits is None:
        return None
    if statistic == "rate":
        return 1000 * sqrt(sums.hits) / n
    share = sums.hits / n
    return 100 * sqrt(max(0.0, share * (1 - share)) / n)


def se_from_value(statistic: str, value: float, n: int | None) -> float | None:
    """The error of a value that came with nothing but its number of answers: shares and rates only."""
    if not n:
        return None
    if statistic == "share" and 0 <= value <= 100:
        share = value / 100
        return 100 * sqrt(share * (1 - share) / n)
    if statistic == "rate" and value >= 0:
        return 1000 * sqrt(value * n / 1000) / n
    return None


@dataclass(frozen=True, slots=True)
class Pool:
    """Sums over several observations, as one query gives them; `*_rows` count the rows that have the figure."""

    rows: int
    value: float
    n: int = 0
    n_rows: int = 0
    total: float = 0.0
    total_rows: int = 0
    total_sq: float = 0.0
    total_sq_rows: int = 0
    hits: int = 0
    hits_rows: int = 0
    promoters: int = 0
    detractors: int = 0
    nps_rows: int = 0
    value_n: float = 0.0
    se_n_sq: float = 0.0
    se_sq: float = 0.0
    se_rows: int = 0

    def sums(self) -> Sums:
        """The sums that every row has."""
        return Sums(
            n=self.n if self.n_rows == self.rows else None,
            total=self.total if self.total_rows == self.rows else None,
            total_sq=self.total_sq if self.total_sq_rows == self.rows else None,
            hits=self.hits if self.hits_rows == self.rows else None,
            promoters=self.promoters if self.nps_rows == self.rows else None,
            detractors=self.detractors if self.nps_rows == self.rows else None,
        )


def pool_of(parts: Iterable[Part]) -> Pool:
    """The pool of these observations (what the database computes in one query, here for few and for tests)."""
    rows = list(parts)
    return Pool(
        rows=len(rows),
        value=sum(row.value for row in rows),
        n=sum(row.sums.n or 0 for row in rows),
        n_rows=sum(row.sums.n is not None for row in rows),
        total=sum(row.sums.total or 0.0 for row in rows),
        total_rows=sum(row.sums.total is not None for row in rows),
        total_sq=sum(row.sums.total_sq or 0.0 for row in rows),
        total_sq_rows=sum(row.sums.total_sq is not None for row in rows),
        hits=sum(row.sums.hits or 0 for row in rows),
        hits_rows=sum(row.sums.hits is not None for row in rows),
        promoters=sum(row.sums.promoters or 0 for row in rows),
        detractors=sum(row.sums.detractors or 0 for row in rows),
        nps_rows=sum(row.sums.promoters is not None and row.sums.detractors is not None for row in rows),
        value_n=sum(row.value * (row.sums.n or 0) for row in rows),
        se_n_sq=sum(((row.sums.n or 0) * (row.se or 0.0)) ** 2 for row in rows),
        se_sq=sum((row.se or 0.0) ** 2 for row in rows),
        se_rows=sum(row.se is not None for row in rows),
    )


def combine(statistic: str, pool: Pool) -> Combined | None:
    """One number for a pool: exact from sums; else weighted by answers; else the plain mean. None for no rows.

    Sums and counts are added up. Units are taken as independent of each other.
    """
    found = _combined(statistic, pool)
    if found is None:
        return None
    low, high = interval(statistic, found.value, found.se, found.n)
    return replace(found, low=low, high=high)


def _combined(statistic: str, pool: Pool) -> Combined | None:
    if not pool.rows:
        return None
    n = pool.n if pool.n_rows == pool.rows else None
    errors_known = pool.se_rows == pool.rows
    if statistic not in POOLED:
        return Combined(pool.value, sqrt(pool.se_sq) if errors_known else None, n)
    sums = pool.sums()
    value = value_of(statistic, sums)
    if value is not None:
        se = se_of(statistic, sums)
        if se is None and errors_known and n:
            se = sqrt(pool.se_n_sq) / n
        return Combined(value, se, n)
    if pool.rows == 1:
        return Combined(pool.value, sqrt(pool.se_sq) if errors_known else None, n)
    if n:
        return Combined(pool.value_n / n, sqrt(pool.se_n_sq) / n if errors_known else None, n, "weighted")
    return Combined(
        pool.value / pool.rows, sqrt(pool.se_sq) / pool.rows if errors_known else None, n, "plain"
    )
