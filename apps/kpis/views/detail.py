"""The page of one KPI: what it is, where it stands by unit, period and split, and what it is worth."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.accounts.selectors import history_of, subtree_ids
from apps.core import formatting
from apps.core.actor import Actor
from apps.core.components import Action, Crumb, Item, Tab
from apps.core.figures import Figure
from apps.core.htmx import render_page
from apps.kpis import pictures, recompute, selectors, wording
from apps.kpis.forms import UnitChoice
from apps.kpis.lists import state_of
from apps.kpis.models import Kpi, Statistic, ValueModel
from apps.kpis.types import Series


class SeriesForm(forms.Form):
    """What to look at: a unit with all below it, a time, a split."""

    unit = UnitChoice(
        label=gettext_lazy("Unit"), queryset=Unit.objects.none(), required=False, to_field_name="key",
        empty_label=gettext_lazy("All my units"),
    )  # fmt: skip
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput({"type": "date"})
    )
    segment = forms.ChoiceField(label=gettext_lazy("Split"), required=False)

    def __init__(self, *args: Any, actor: Actor, segments: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.visible_to(actor)  # type: ignore[attr-defined]
        choices = [("", _("all together, and each part")), ("-", _("only all together"))]
        self.fields["segment"].choices = choices + [(name, name) for name in segments]  # type: ignore[attr-defined]


@login_required
def detail(request: HttpRequest, uid: Any) -> HttpResponse:
    """One KPI; a tab is an address, and only its own data are read."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "kpis.kpi.see")
    kpi = Kpi.objects.visible_to(actor).select_related("owner").the(uid=uid)
    tab = request.GET.get("tab", "overview")
    sees_value = bool(policy.can(actor, "kpis.value.see"))
    tabs = {"overview": _("Overview"), "history": _("History")}
    if sees_value:
        tabs = {"overview": _("Overview"), "worth": _("What it is worth"), "history": _("History")}
    if tab not in tabs:
        tab = "overview"
    context: dict[str, Any] = {
        "kpi": kpi,
        "tab": tab,
        "crumbs": [Crumb(_("KPIs"), reverse("kpis:list")), Crumb(kpi.name)],
        "tabs": [
            Tab(words, f"?tab={name}" if name != "overview" else "?", active=name == tab)
            for name, words in tabs.items()
        ],
        "actions": _actions(actor, kpi),
        "now": timezone.now(),
    }
    if tab == "history":
        context["history"] = history_of(kpi, actor)
    elif tab == "worth":
        context["models"] = _models(actor, kpi)
        context["may_edit_value"] = policy.can(actor, "kpis.value.edit")
    else:
        context["may_record"] = bool(policy.can(actor, "kpis.observation.record"))
        context |= _overview(request, actor, kpi)
    return render_page(request, "kpis/detail.html", context)


def _actions(actor: Actor, kpi: Kpi) -> list[Action]:
    answer = policy.can(actor, "kpis.kpi.edit", kpi)
    return [
        Action(_("Values"), reverse("kpis:values", args=[kpi.uid]), icon="list"),
        Action(
            _("Edit"),
            reverse("kpis:edit", args=[kpi.uid]),
            icon="pencil",
            denied=getattr(answer, "reason", ""),
        ),
    ]


def _overview(request: HttpRequest, actor: Actor, kpi: Kpi) -> dict[str, Any]:
    form = SeriesForm(request.GET or None, actor=actor, segments=[])
    form.fields.pop("segment")
    form.is_valid()
    asked = form.cleaned_data if form.is_bound else {}  # a fault in one field leaves the others in force
    unit = asked.get("unit")
    found = selectors.series(
        actor,
        kpi,
        unit_ids=subtree_ids(unit) if unit else None,
        since=asked.get("since"),
        until=asked.get("until"),
    )
    parts = [item.segment for item in found if item.segment]
    form = SeriesForm(request.GET or None, actor=actor, segments=parts)
    chosen = request.GET.get("segment", "")
    shown = [
        item for item in found if not chosen or item.segment == ("" if chosen == "-" else chosen)
    ] or found
    main = next(iter(shown), None)
    return {
        "form": form,
        "has_values": bool(found),
        "stats": _stats(kpi, main, unit),
        "chart": pictures.series_chart(kpi, shown, unit=str(unit) if unit else _("all my units"))
        if main
        else None,
        "parts": [_part(kpi, item) for item in found] if len(found) > 1 else [],
        "items": _items(kpi),
        "rule": wording.sentence(recompute.rule_of(kpi)) if kpi.derived is not None else "",
        "export_url": f"{reverse('kpis:values', args=[kpi.uid])}?export=csv"
        + (f"&unit={unit.key}" if unit else ""),
    }


def _stats(kpi: Kpi, main: Series | None, unit: Unit | None) -> list[Figure]:
    if main is None or not main.points:
        return [selectors.figure(kpi, None, name=_("Value"))]
    first, last = pictures.written(kpi, main.points[0].period), pictures.written(kpi, main.points[-1].period)
    where = str(unit) if unit else _("all my units")
    name = main.segment or _("All together")
    exact = main.whole.value if main.whole else None
    stats = [
        selectors.figure(
            kpi, main.whole, name=name, period=f"{first} – {last}, {where}", note=pictures.exactly(kpi, exact)
        ),
        selectors.figure(kpi, main.points[-1].result, name=_("Latest period"), period=last),
    ]
    if main.whole and main.whole.n is not None:
        stats.append(Figure(label=_("Answers"), value=main.whole.n, period=f"{first} – {last}"))
    if kpi.target is not None:
        kind, measure, factor = selectors.kind_of(kpi)
        stats.append(Figure(label=_("Target"), value=kpi.target / factor, kind=kind, unit=measure))
    return stats


def _part(kpi: Kpi, item: Series) -> dict[str, Any]:
    whole = item.whole
    low, high = (whole.low, whole.high) if whole else (None, None)
    return {
        "name": item.segment or _("All together"),
        "value": formatting.number(whole.value, 4) if whole else formatting.NO_VALUE,
        "range": formatting.interval(formatting.number(low, 4), formatting.number(high, 4))
        if low is not None and high is not None
        else formatting.NO_VALUE,
        "n": whole.n if whole else None,
        "unit": "%" if kpi.statistic == Statistic.SHARE else kpi.unit_label,
        "url": f"?segment={item.segment or '-'}",
        "remark": pictures.REMARKS.get(whole.remark, "") if whole else "",
    }


def _items(kpi: Kpi) -> list[Item]:
    return [
        Item(_("Kind"), kpi.get_kind_display()),
        Item(_("Statistic"), kpi.get_statistic_display()),
        Item(_("Direction"), kpi.get_direction_display()),
        Item(_("Period"), kpi.get_grain_display()),
        Item(_("Unit of measure"), kpi.unit_label or "–"),
        Item(_("Owner"), kpi.owner or _("nobody yet")),
        Item(_("Key"), kpi.key, hint=_("For files and the API.")),
        Item(_("Active"), _("yes") if kpi.is_active else _("no")),
    ]


def _models(actor: Actor, kpi: Kpi) -> list[dict[str, Any]]:
    rows = ValueModel.objects.visible_to(actor).filter(kpi=kpi).select_related("superseded_by", "signed_by")
    return [
        {
            "row": row,
            "amount": formatting.money(row.amount, row.currency),
            "state": state_of(row),
        }
        for row in rows.order_by("-id")[:100]
    ]
