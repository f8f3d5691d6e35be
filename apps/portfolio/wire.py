"""The portfolio as programs read it: the stable format of attribution.md section 7."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.portfolio.rules import Range
from apps.portfolio.selectors import Overview, Totals


def as_json(overview: Overview) -> dict[str, Any]:
    """The stable format of attribution.md section 7; amounts are JSON numbers with at most two decimals, or null."""
    t = overview.totals
    return {
        "as_of": overview.as_of.isoformat() if overview.as_of else None,
        "currency": overview.currency,
        "horizon_months": overview.horizon_months,
        "totals": _totals_json(t),
        "initiatives": [
            {
                "key": row.key,
                "name": row.name,
                "class": row.investment_class,
                "stage": row.stage,
                "currency": row.currency,
                "invested": _number(row.invested),
                "returned": {
                    "low": _number(row.returned_low), "mid": _number(row.returned_mid), "high": _number(row.returned_high),
                },
                "roi": row.roi,
                "npv": _number(row.npv_mid),
                "payback_months": row.payback_months,
                "grade": row.grade or None,
                "verdict": row.verdict,
                "stale": row.is_stale,
                "snapshot": row.snapshot_uid or None,
            }
            for row in overview.rows
        ],
        "other_currencies": [_totals_json(other) for other in overview.others],
    }  # fmt: skip


def _totals_json(t: Totals) -> dict[str, Any]:
    return {
        "currency": t.currency,
        "initiatives": t.count,
        "judged": t.judged,
        "invested": _number(t.invested),
        "returned": _range(t.returned),
        "net": _range(t.net),
        "roi": t.roi,
        "npv": _number(t.npv.mid) if t.npv else None,
        "npv_range": _range(t.npv) if t.npv else None,
        "payback_months": t.payback_months,
        "share_proven": t.share_proven,
        "proven": _range(t.proven),
        "unproven": _range(t.unproven),
        "by_ledger": {"save": _number(t.saved), "make": _number(t.made)},
        "by_cash": {"cash": _number(t.cash), "non_cash": _number(t.non_cash)},
        "grade": None,
    }


def _range(value: Range) -> dict[str, float | None]:
    return {"low": _number(value.low), "mid": _number(value.mid), "high": _number(value.high)}


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
