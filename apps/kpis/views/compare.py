"""What customers feel, what happens, and what it does to the business: three KPIs on one time axis (R 4.10)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.accounts.selectors import subtree_ids
from apps.core.actor import Actor
from apps.core.components import Crumb
from apps.core.htmx import render_page
from apps.kpis import pictures, selectors
from apps.kpis.forms import UnitChoice
from apps.kpis.models import Kpi, KpiKind, Observation

KINDS = (
    (KpiKind.PERCEPTIVE, gettext_lazy("What customers feel")),
    (KpiKind.OPERATIONAL, gettext_lazy("What happens")),
    (KpiKind.OUTCOME, gettext_lazy("What it does to the business")),
)


class CompareForm(forms.Form):
    """One KPI of each kind, and the unit to look at."""

    unit = UnitChoice(
        label=gettext_lazy("Unit"),
        queryset=Unit.objects.none(),
        required=False,
        to_field_name="key",
        empty_label=gettext_lazy("All my units"),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.visible_to(actor)  # type: ignore[attr-defined]
        for kind, words in KINDS:
            self.fields[kind.value] = forms.ModelChoiceField(
                label=words,
                queryset=Kpi.objects.visible_to(actor).filter(kind=kind, is_active=True),
                required=False,
                to_field_name="key",
                empty_label=_("nothing"),
            )


@login_required
def compare(request: HttpRequest) -> HttpResponse:
    """Up to three KPIs, one per kind, by month under each other; without a choice the first of each kind with values."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "kpis.kpi.see")
    form = CompareForm(request.GET or None, actor=actor)
    form.is_valid()
    asked = form.cleaned_data if form.is_bound else {}
    chosen = [asked[kind.value] for kind, _words in KINDS if asked.get(kind.value)]
    if not form.is_bound:
        chosen = _first_of_each(actor)
        form = CompareForm(initial={kpi.kind: kpi.key for kpi in chosen}, actor=actor)
    unit = asked.get("unit")
    found = selectors.monthly(actor, chosen, unit_ids=subtree_ids(unit) if unit else None)
    context = {
        "crumbs": [Crumb(_("KPIs"), reverse("kpis:list")), Crumb(_("Side by side"))],
        "form": form,
        "charts": pictures.linked_charts([(kpi, found[kpi.pk]) for kpi in chosen]),
    }
    return render_page(request, "kpis/compare.html", context)


def _first_of_each(actor: Actor) -> list[Kpi]:
    seen = Observation.objects.visible_to(actor).filter(kpi_id=OuterRef("pk"))
    rows = Kpi.objects.visible_to(actor).filter(Exists(seen), is_active=True)
    first: dict[str, Kpi] = {}
    for kpi in rows.order_by("name"):
        first.setdefault(kpi.kind, kpi)
    return [first[kind.value] for kind, _words in KINDS if kind.value in first]
