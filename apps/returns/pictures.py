"""What the pages of returns draw: figures, charts and the arithmetic in words, out of stored snapshots. No queries."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core import formatting
from apps.core.charts import Chart, CumulativeChart, Line, LineChart, Mark
from apps.core.figures import Figure
from apps.returns.models import Snapshot
from apps.returns.selectors import Standing
from apps.returns.words import METHODS, NEXT, NOTES, SHORT, VERDICTS, honest_state


def snapshot_url(snapshot: Snapshot) -> str:
    """The arithmetic page of a snapshot."""
    return reverse("returns:snapshot", args=[snapshot.uid])


def verdict_figure(standing: Standing, label: Any) -> Figure:
    """The returned amount with its range, or the honest state that stands in its place."""
    snapshot = standing.snapshot
    if snapshot is None:
        return Figure(label=label, state="not_computed")
    verdict = snapshot.verdict
    state = honest_state(verdict)
    if snapshot.returned_mid is None:
        text = VERDICTS.get(verdict, "")
        return Figure(
            label=label, state=state or "not_provable", state_text=str(text), href=snapshot_url(snapshot)
        )
    return Figure(
        label=label,
        value=snapshot.returned_mid,
        kind="money",
        unit=snapshot.currency,
        low=snapshot.returned_low,
        high=snapshot.returned_high,
        grade=snapshot.grade,
        as_of=snapshot.as_of,
        href=snapshot_url(snapshot),
        state=state,
        state_text=str(VERDICTS.get(verdict, "")),
        stale=standing.is_stale,
    )


def headline(standing: Standing) -> list[Figure]:
    """Invested, returned, return on investment, net present value, payback: so far and over the horizon, apart."""
    snapshot = standing.snapshot
    if snapshot is None:
        return [verdict_figure(standing, _("Returned so far"))]
    href = snapshot_url(snapshot)
    common = {"as_of": snapshot.as_of, "href": href, "stale": standing.is_stale}
    months = snapshot.inputs.get("horizon_months", "")
    over = _("over %(n)s months, projection included") % {"n": months}
    found = [
        Figure(
            label=_("Invested so far"),
            value=snapshot.invested,
            kind="money",
            unit=snapshot.currency,
            **common,
        ),
        verdict_figure(standing, _("Returned so far")),
    ]
    if snapshot.returned_mid is None:
        return found
    if snapshot.roi is not None:
        so_far = snapshot.result["so_far"]["roi"] or {}
        found.append(
            Figure(
                label=_("ROI so far"), value=snapshot.roi, kind="percent", low=so_far.get("low"),
                high=so_far.get("high"), grade=snapshot.grade, note=_("(returns − costs) ÷ costs, discounted"), **common,
            )
        )  # fmt: skip
    if snapshot.npv_mid is not None:
        found.append(
            Figure(
                label=_("Net present value"), value=snapshot.npv_mid, kind="money", unit=snapshot.currency,
                low=snapshot.npv_low, high=snapshot.npv_high, grade=snapshot.grade, period=over, **common,
            )
        )  # fmt: skip
        if snapshot.payback_months is not None:
            found.append(
                Figure(
                    label=_("Payback"),
                    value=round(snapshot.payback_months, 1),
                    kind="months",
                    period=over,
                    **common,
                )
            )
        else:
            found.append(
                Figure(
                    label=_("Payback"),
                    state="not_provable",
                    state_text=_("It does not pay back within the horizon."),
                )
            )
    return found


def sentence(standing: Standing) -> str:
    """What is known of the return, in one plain sentence."""
    snapshot = standing.snapshot
    if snapshot is None:
        return _("Its return was not computed yet.")
    invested = formatting.money(snapshot.invested, snapshot.currency, short=True)
    if snapshot.returned_mid is None:
        return _("%(invested)s invested so far. %(verdict)s") % {
            "invested": invested,
            "verdict": VERDICTS.get(snapshot.verdict, ""),
        }
    return _("%(invested)s invested so far, %(range)s came back (grade %(grade)s). %(verdict)s") % {
        "invested": invested,
        "range": formatting.interval(
            formatting.money(snapshot.returned_low, snapshot.currency, short=True),
            formatting.money(snapshot.returned_high, snapshot.currency, short=True),
        ),
        "grade": snapshot.grade,
        "verdict": VERDICTS.get(snapshot.verdict, ""),
    }


def split(snapshot: Snapshot) -> list[tuple[str, Figure]]:
    """Save and make, cash and not cash: each apart; together they are what was returned."""
    if snapshot.returned_mid is None:
        return []
    saved, made = snapshot.saved_mid or Decimal(0), snapshot.made_mid or Decimal(0)
    cash = snapshot.cash_mid or Decimal(0)
    parts = [
        (_("Saved"), saved),
        (_("Made"), made),
        (_("Cash"), cash),
        (_("Not cash"), snapshot.returned_mid - cash),
    ]
    return [
        (label, Figure(label=label, value=amount, kind="money", unit=snapshot.currency))
        for label, amount in parts
    ]


def words_of(snapshot: Snapshot) -> dict[str, Any]:
    """Verdict, next step and notes of a snapshot in words."""
    return {
        "short": SHORT.get(snapshot.verdict, snapshot.verdict),
        "verdict": VERDICTS.get(snapshot.verdict, snapshot.verdict),
        "next": NEXT.get(snapshot.verdict, ""),
        "notes": [
            NOTES[note["code"]] % note for note in snapshot.result.get("notes", []) if note["code"] in NOTES
        ],
    }


def links_of(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Each linked KPI: its effect with range, how it was found, the naive comparison beside it, and the checks."""
    found = []
    for link in snapshot.result.get("links", []):
        effect = link.get("effect") or {}
        diagnostics = effect.get("diagnostics") or {}
        found.append(
            {
                **link,
                "words": VERDICTS.get(link["verdict"], link["verdict"])
                if link["verdict"] not in {"positive", "negative", "none_found"}
                else "",
                "effect_figure": Figure(
                    label=_("Effect per unit and period"), value=effect["effect"], low=effect["ci_low"],
                    high=effect["ci_high"], unit=link["unit"], grade=effect.get("grade") or "",
                )
                if effect.get("effect") is not None
                else None,
                "cells": effect.get("cells"),
                "method_words": METHODS.get(effect.get("method", ""), ""),
                "checks": diagnostics.get("checks", []),
                "naive": (diagnostics.get("naive") or {}).get("effect"),
                "reason": diagnostics.get("reason", ""),
                "others": effect.get("not_separable_from", []),
                "url": reverse("kpis:detail", args=[link["kpi_uid"]]),
            }
        )  # fmt: skip
    return found


def series_charts(snapshot: Snapshot) -> list[Chart]:
    """Per KPI: what was, and what would have been without the initiative, with its band."""
    names = {link["kpi"]: link for link in snapshot.result.get("links", [])}
    charts: list[Chart] = []
    for index, series in enumerate(snapshot.result.get("series", [])):
        if not any(value is not None for value in series["actual"]):
            continue
        link = names[series["kpi"]]
        lines = [Line(_("Treated units"), series["actual"])]
        has_without = any(value is not None for value in series["without"])
        if has_without:
            lines.append(
                Line(
                    _("Without the initiative"), series["without"], low=series["low"], high=series["high"],
                    tone="muted", dashed=True,
                )
            )  # fmt: skip
        if any(value is not None for value in series["others"]):
            lines.append(Line(_("Untreated units"), series["others"], tone="third"))
        start = next((x for x in series["x"] if x >= series["start"]), None)
        charts.append(
            LineChart(
                id=f"series-{index}",
                title=_("%(kpi)s: with and without") % {"kpi": link["name"]},
                summary=_series_words(link, has_without=has_without),
                x_label=_("Period"),
                y_label=link["name"],
                unit=link["unit"],
                x=series["x"],
                lines=lines,
                marks=[Mark(start, _("Start"))] if start else [],
            )
        )
    return charts


def _series_words(link: dict[str, Any], *, has_without: bool) -> str:
    effect = (link.get("effect") or {}).get("effect")
    if not has_without or effect is None:
        return _(
            "The treated units before and after the start; nothing shows what would have happened without it."
        )
    return _(
        "Since the start the treated units differ by %(effect)s on average from what would have been."
    ) % {"effect": formatting.number(effect)}


def cash_chart(snapshot: Snapshot) -> Chart | None:
    """Cumulative cost and return by month over the horizon, with the band of the return and the payback point."""
    horizon = snapshot.result.get("horizon")
    if not horizon:
        return None
    cost = returned = 0.0
    x, costs, mids, lows, highs = [], [], [], [], []
    for month in horizon["months"]:
        cost += month["cost"]
        returned += month["return"]["mid"]
        x.append(month["date"][:7])
        costs.append(round(cost, 2))
        mids.append(round(returned, 2))
        lows.append(round(month["cumulative_low"] + cost, 2))
        highs.append(round(month["cumulative_high"] + cost, 2))
    back = snapshot.payback_months
    payback = x[min(len(x) - 1, max(0, int(-(-back // 1)) - 1))] if back is not None and x else ""
    first_projected = next((m["date"][:7] for m in horizon["months"] if m["projected"]), "")
    return CumulativeChart(
        id="cash",
        title=_("Cost and return, running totals"),
        summary=_(
            "Over %(n)s months %(cost)s are spent and %(back)s come back; from %(first)s on it is a projection."
        )
        % {
            "n": len(x),
            "cost": formatting.money(Decimal(str(round(cost, 2))), snapshot.currency, short=True),
            "back": formatting.money(Decimal(str(round(returned, 2))), snapshot.currency, short=True),
            "first": first_projected or "–",
        },
        kind="money",
        unit=snapshot.currency,
        x=x,
        cost=costs,
        returned=mids,
        low=lows,
        high=highs,
        payback=payback,
    )


def steps_of(snapshot: Snapshot, part: str) -> list[dict[str, Any]]:
    """The engine's steps of `so_far` or `horizon`, written: label, formula, inputs, value."""
    computed = snapshot.result.get(part)
    if not computed:
        return []
    return [
        {
            "label": step["label"],
            "stream": step["stream"] or "",
            "formula": step["formula"],
            "inputs": ", ".join(f"{name} {_written(value)}" for name, value in step["inputs"].items()),
            "value": _written(step["value"]),
            "unit": step["unit"],
        }
        for step in computed["steps"]
    ]


def _written(value: Any) -> str:
    if isinstance(value, (int, float)):
        return formatting.number(value, 2 if abs(value) >= 1000 else None)
    return "–" if value is None else str(value)


def warnings_of(snapshot: Snapshot) -> Sequence[str]:
    """What the engine remarked, each once."""
    found = [word for part in snapshot.result.get("joint", []) for word in part["warnings"]]
    found += (snapshot.result.get("horizon") or {}).get("warnings", [])
    return list(dict.fromkeys(found))
