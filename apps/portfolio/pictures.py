"""What the executive page draws: the sentence, the figures, the pictures. No queries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import formatting
from apps.core.charts import BarChart, Bars, Chart, Point, ScatterChart, Step, WaterfallChart
from apps.core.figures import Figure
from apps.portfolio.selectors import LoopClosing, Overview, Totals
from apps.returns.words import SHORT


def short(amount: Decimal, currency: str) -> str:
    return formatting.money(amount, currency, short=True)


def sentence(found: Overview) -> str:
    """We invested X and got back Y to Z; N % of that is proven by comparison groups."""
    t = found.totals
    if not found.rows:
        return _("Nothing was invested yet: no initiative has begun.")
    if not t.judged:
        return _("We invested %(invested)s; no return can be stated yet.") % {
            "invested": short(t.invested, t.currency)
        }
    words = {
        "invested": short(t.invested, t.currency),
        "range": formatting.interval(short(t.returned.low, t.currency), short(t.returned.high, t.currency)),
        "proven": formatting.percent(t.share_proven or 0, 0),
    }
    if t.share_proven is None:
        return _("We invested %(invested)s so far and got back %(range)s.") % words
    return (
        _(
            "We invested %(invested)s so far and got back %(range)s; %(proven)s of that is proven by comparison groups."
        )
        % words
    )


def figures(found: Overview) -> list[Figure]:
    """The four: invested, returned, net, share proven."""
    t = found.totals
    common: dict[str, Any] = {"as_of": found.as_of, "stale": found.stale > 0}
    lines = "#list"
    if not t.judged:
        return [
            Figure(
                label=_("Invested so far"),
                value=t.invested,
                kind="money",
                unit=t.currency,
                rows_href=lines,
                **common,
            ),
            Figure(label=_("Returned so far"), state="not_computed" if not found.rows else "too_early"),
        ]
    return [
        Figure(label=_("Invested so far"), value=t.invested, kind="money", unit=t.currency, rows_href=lines, **common),
        Figure(
            label=_("Returned so far"), value=t.returned.mid, low=t.returned.low, high=t.returned.high, kind="money",
            unit=t.currency, rows_href=lines, note=_("measured periods only, no projection"), **common,
        ),
        Figure(
            label=_("Net so far"), value=t.net.mid, low=t.net.low, high=t.net.high, kind="money", unit=t.currency,
            rows_href=lines, note=_("returned less everything invested"), **common,
        ),
        Figure(
            label=_("Share proven"), value=t.share_proven, kind="percent", rows_href=lines,
            note=_("of the expected gains rest on grades A to C"), **common,
        )
        if t.share_proven is not None
        else Figure(label=_("Share proven"), state="not_provable"),
    ]  # fmt: skip


def ahead(found: Overview) -> list[Figure]:
    """ROI so far, and what the horizon adds: net present value and payback of those with a return."""
    t = found.totals
    over = _("over %(n)s months, projection included") % {"n": found.horizon_months}
    note = ngettext("of %(n)s line with a return", "of %(n)s lines with a return", t.judged) % {"n": t.judged}
    out = []
    if t.roi is not None:
        out.append(
            Figure(
                label=_("ROI so far"),
                value=t.roi,
                kind="percent",
                note=_("(returns − costs) ÷ costs, discounted; all costs"),
            )
        )
    if t.npv is not None:
        out.append(
            Figure(
                label=_("Net present value"), value=t.npv.mid, low=t.npv.low, high=t.npv.high, kind="money",
                unit=t.currency, period=over, note=note,
            )
        )  # fmt: skip
    if t.payback_months is not None:
        out.append(
            Figure(
                label=_("Payback"), value=round(t.payback_months, 1), kind="months", period=over, note=note
            )
        )
    return out


def split(t: Totals) -> list[Figure]:
    """Save and make, cash and not cash; proven and not proven: apart, each with what it is."""
    if not t.judged:
        return []
    money: dict[str, Any] = {"kind": "money", "unit": t.currency}
    return [
        Figure(label=_("Saved"), value=t.saved, **money),
        Figure(label=_("Made"), value=t.made, **money),
        Figure(label=_("Cash"), value=t.cash, **money),
        Figure(label=_("Not cash"), value=t.non_cash, **money),
        Figure(label=_("Grades A to C"), value=t.proven.mid, low=t.proven.low, high=t.proven.high, **money),
        Figure(
            label=_("Grades D and E"), value=t.unproven.mid, low=t.unproven.low, high=t.unproven.high, **money
        ),
    ]


def scatter(found: Overview) -> Chart | None:
    """Invested against returned, with whiskers; the diagonal is break-even."""
    shown = [row for row in found.rows if row.returned_mid is not None and row.currency == found.currency]
    if not shown:
        return None
    above = sum(1 for row in shown if row.returned_mid is not None and row.returned_mid > (row.invested or 0))
    return ScatterChart(
        id="invested-returned",
        title=_("Invested and returned so far"),
        summary=ngettext(
            "%(above)s of %(n)s initiative lies above the break-even line.",
            "%(above)s of %(n)s initiatives lie above the break-even line.",
            len(shown),
        )
        % {"above": above, "n": len(shown)},
        kind="money",
        unit=found.currency,
        x_label=_("Invested"),
        y_label=_("Returned"),
        height="large",
        diagonal=True,
        diagonal_label=_("Break-even"),
        points=[
            Point(
                row.name, row.invested or Decimal(0), row.returned_mid or Decimal(0), low=row.returned_low,
                high=row.returned_high, group=row.class_label, grade=row.grade, url=row.snapshot_url,
            )
            for row in shown
        ],
    )  # fmt: skip


def waterfall(found: Overview) -> Chart | None:
    """From what was invested to the net: what each class brought, the part that is not proven hatched."""
    t = found.totals
    if not t.judged:
        return None
    steps = [Step(_("Invested"), -t.invested)]
    for line in t.classes:
        if line.proven:
            steps.append(Step(_("%(cls)s, proven") % {"cls": line.label}, line.proven))
        if line.unproven:
            steps.append(Step(_("%(cls)s, not proven") % {"cls": line.label}, line.unproven, hatched=True))
    steps.append(Step(_("Net so far"), t.net.mid, total=True))
    return WaterfallChart(
        id="waterfall",
        title=_("From invested to net"),
        summary=_("%(invested)s went out and %(back)s came back, which leaves %(net)s.")
        % {
            "invested": short(t.invested, t.currency),
            "back": short(t.returned.mid, t.currency),
            "net": short(t.net.mid, t.currency),
        },
        kind="money",
        unit=t.currency,
        steps=steps,
    )


def mix(found: Overview) -> Chart | None:
    """Invested and returned by class, side by side."""
    t = found.totals
    if not t.classes:
        return None
    most = max(t.classes, key=lambda line: line.invested)
    share = formatting.percent(float(most.invested / t.invested), 0) if t.invested else "–"
    return BarChart(
        id="by-class",
        title=_("By class"),
        summary=_("%(cls)s takes the largest part of the spending: %(share)s.")
        % {"cls": most.label, "share": share},
        kind="money",
        unit=t.currency,
        x_label=_("Class"),
        categories=[line.label for line in t.classes],
        bars=[
            Bars(_("Invested"), [line.invested for line in t.classes], tone="muted"),
            Bars(_("Returned, proven"), [line.proven for line in t.classes]),
            Bars(
                _("Returned, not proven"), [line.unproven for line in t.classes], tone="second", hatched=True
            ),
        ],
    )


def not_judged(found: Overview) -> list[str]:
    """What has no return, counted by its reason, in words."""
    silent = {"positive", "negative", "none_found"}
    out = [
        f"{SHORT.get(verdict, verdict)}: {count}"
        for verdict, count in sorted(found.verdicts.items())
        if verdict not in silent
    ]
    if found.stale:
        out.append(
            ngettext(
                "%(n)s is stale and is computed again", "%(n)s are stale and are computed again", found.stale
            )
            % {"n": found.stale}
        )
    return out


def loop_figures(loop: LoopClosing, currency: str, *, rows_href: str = "") -> list[Figure]:
    """Closing the loop: open cases, kept within target, and what it cost."""
    return [
        Figure(label=_("Open cases"), value=loop.open, rows_href=rows_href, note=_("of %(n)s") % {"n": formatting.number(loop.cases)}),
        _kept(_("First contact within target"), loop.first_contact.share),
        _kept(_("Resolved within target"), loop.resolution.share),
        Figure(
            label=_("Cost of closing loops"), value=loop.cost, kind="money", unit=currency,
            note=_("%(minutes)s minutes × %(rate)s + %(goodwill)s goodwill")
            % {
                "minutes": formatting.number(loop.minutes),
                "rate": formatting.money(loop.minute_rate, currency),
                "goodwill": formatting.money(loop.goodwill, currency),
            },
        ),
    ]  # fmt: skip


def _kept(label: str, share: float | None) -> Figure:
    return (
        Figure(label=label, state="no_data")
        if share is None
        else Figure(label=label, value=share, kind="percent")
    )
