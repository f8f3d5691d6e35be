"""Value models: the page of one, its forms, and finance's signature."""

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
from apps.accounts.selectors import history_of, the_organisation
from apps.core import formatting
from apps.core.actor import Actor
from apps.core.components import Action, Crumb, Item, Tab
from apps.core.figures import Figure
from apps.core.formpage import FormPage
from apps.core.htmx import render_page
from apps.kpis.forms import ValueModelForm
from apps.kpis.lists import state_of
from apps.kpis.models import Kpi, ValueModel
from apps.kpis.services import value_model_create, value_model_edit, value_model_retire, value_model_sign
from apps.kpis.services.values import FIELDS
from apps.kpis.statistics import Z95


@login_required
def value_model(request: HttpRequest, uid: Any) -> HttpResponse:
    """One value model: the figure, where it comes from, who wrote and who signed it, its earlier versions."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "kpis.value.see")
    rows = ValueModel.objects.visible_to(actor)
    row = rows.select_related("kpi", "author", "signed_by", "supersedes", "superseded_by").the(uid=uid)
    tab = "history" if request.GET.get("tab") == "history" else "overview"
    context: dict[str, Any] = {
        "row": row,
        "tab": tab,
        "crumbs": [
            Crumb(_("KPIs"), reverse("kpis:list")),
            Crumb(_("Value models"), reverse("kpis:value_models")),
            Crumb(row.name),
        ],
        "tabs": [
            Tab(_("Overview"), "?", active=tab == "overview"),
            Tab(_("History"), "?tab=history", active=tab == "history"),
        ],
        "state": state_of(row),
        "actions": _actions(actor, row),
        "now": timezone.now(),
    }
    if tab == "history":
        context["history"] = history_of(row, actor)
    else:
        context |= {"stats": _stats(row), "items": _items(row)}
    return render_page(request, "kpis/value_model.html", context)


def _actions(actor: Actor, row: ValueModel) -> list[Action]:
    code, _words = state_of(row)
    if code == "replaced":
        return [Action(_("Newest version"), row.superseded_by.get_absolute_url(), icon="arrow-right")]
    edit = policy.can(actor, "kpis.value.edit", row)
    found = [
        Action(
            _("New version"), reverse("kpis:value_model_edit", args=[row.uid]), icon="pencil",
            denied=getattr(edit, "reason", ""),
        )
    ]  # fmt: skip
    if code == "waiting":
        answer = policy.can(actor, "kpis.value.sign", row)
        denied = getattr(answer, "reason", "")
        if not denied and row.author_id == actor.user_id:
            denied = _("Four eyes: somebody other than its author signs a value model.")
        url = reverse("kpis:value_model_sign", args=[row.uid])
        found.insert(0, Action(_("Sign"), url, icon="check", primary=True, denied=denied))
    if code != "retired":
        url = reverse("kpis:value_model_retire", args=[row.uid])
        found.append(Action(_("Retire"), url, icon="archive", denied=getattr(edit, "reason", "")))
    return found


def _stats(row: ValueModel) -> list[Figure]:
    spread = float(row.amount_sd) * Z95
    amount = float(row.amount)
    return [
        Figure(
            label=_("Per unit of %(kpi)s") % {"kpi": row.kpi},
            value=row.amount,
            kind="money",
            unit=row.currency,
            low=amount - spread if spread else None,
            high=amount + spread if spread else None,
            note=str(row.get_side_display()),
            period=str(row.get_exposure_display()),
        )
    ]


def _items(row: ValueModel) -> list[Item]:
    signed = "–"
    if row.signed_at is not None:
        signed = _("%(who)s, %(when)s") % {"who": row.signed_by, "when": formatting.instant(row.signed_at)}
    found = [
        Item(_("KPI"), row.kpi, url=row.kpi.get_absolute_url()),
        Item(_("Basis"), row.get_basis_display()),
        Item(_("Cash"), _("cash") if row.is_cash else _("non-cash")),
        Item(_("Times"), row.get_exposure_display()),
        Item(_("Money stream"), row.stream),
        Item(_("Author"), row.author or _("program")),
        Item(_("Signed by finance"), signed),
        Item(_("Written"), formatting.instant(row.created_at)),
    ]
    if row.exposure_fixed is not None:
        found.append(Item(_("Fixed number"), formatting.number(row.exposure_fixed)))
    if row.supersedes is not None:
        before = formatting.money(row.supersedes.amount, row.supersedes.currency)
        found.append(Item(_("Version before"), before, url=row.supersedes.get_absolute_url()))
    return found


class ValueModelPage(FormPage):
    """What the forms of value models share."""

    form_class: Any = ValueModelForm
    see = "kpis.value.edit"
    row: ValueModel

    def get_crumbs(self) -> list[Crumb]:
        return [
            Crumb(_("KPIs"), reverse("kpis:list")),
            Crumb(_("Value models"), reverse("kpis:value_models")),
            Crumb(self.get_title()),
        ]

    def get_cancel_url(self) -> str:
        return reverse("kpis:value_models")


class NewForm(ValueModelForm):
    first_fields = ("kpi", *ValueModelForm.first_fields)
    kpi = forms.ModelChoiceField(label=gettext_lazy("KPI"), queryset=Kpi.objects.none(), to_field_name="key")
    field_order = ("kpi",)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kpi"].queryset = Kpi.objects.visible_to(actor).filter(is_active=True)  # type: ignore[attr-defined]


class ValueModelNew(ValueModelPage):
    title = gettext_lazy("New value model")
    sentence = gettext_lazy("What one unit of a KPI is worth. It counts after finance has signed it.")
    draft = "value-model-new"

    def get_form(self, *args: Any, **kwargs: Any) -> NewForm:
        return NewForm(*args, initial=self.get_initial(), actor=self.actor, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"currency": the_organisation().currency, "kpi": self.request.GET.get("kpi", "")[:60]}

    def run(self, cleaned: dict[str, Any]) -> str:
        cleaned.pop("version")
        return value_model_create(actor=self.actor, now=timezone.now(), **cleaned).get_absolute_url()


class ValueModelEdit(ValueModelPage):
    title = gettext_lazy("New version")
    sentence = gettext_lazy("The version before stays as it was; this one needs a signature of its own.")

    def load(self) -> None:
        rows = ValueModel.objects.visible_to(self.actor).select_related("kpi")
        self.row = rows.the(uid=self.kwargs["uid"])

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.row, name) for name in (*FIELDS, "version")}

    def get_cancel_url(self) -> str:
        return self.row.get_absolute_url()

    def run(self, cleaned: dict[str, Any]) -> str:
        made = value_model_edit(actor=self.actor, now=timezone.now(), value_model=self.row, **cleaned)
        return made.get_absolute_url()


class ConfirmForm(forms.Form):
    """Only the version its reader saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class Sign(ValueModelEdit):
    """Finance signs, after seeing once more what."""

    title = gettext_lazy("Sign")
    sentence = ""
    submit_label = gettext_lazy("Sign")
    see = "kpis.value.sign"
    form_class = ConfirmForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return render_page(request, "components/confirm_page.html", self.confirm())

    def confirm(self) -> dict[str, Any]:
        amount = formatting.money(self.row.amount, self.row.currency)
        return {
            "title": _("Sign this value model?"),
            "sentence": _("%(name)s: %(amount)s per unit of %(kpi)s.")
            % {"name": self.row.name, "amount": amount, "kpi": self.row.kpi},
            "consequences": [
                _("It counts from now on: returns of initiatives linked to it are computed with it."),
                _("Your name and the time stand beside it."),
            ],
            "action_label": _("Sign"),
            "cancel_url": self.get_cancel_url(),
            "danger": False,
            "form": ConfirmForm(initial={"version": self.row.version}),
        }

    def run(self, cleaned: dict[str, Any]) -> str:
        value_model_sign(
            actor=self.actor, now=timezone.now(), value_model=self.row, version=cleaned["version"]
        )
        return self.get_cancel_url()

    def get_form(self, *args: Any, **kwargs: Any) -> ConfirmForm:
        return ConfirmForm(*args, initial={"version": self.row.version}, **kwargs)


class Retire(Sign):
    """Stop using a value model."""

    title = gettext_lazy("Retire")
    submit_label = gettext_lazy("Retire")
    see = "kpis.value.edit"

    def confirm(self) -> dict[str, Any]:
        return {
            "title": _("Retire this value model?"),
            "sentence": self.row.name,
            "consequences": [
                _("No new return is computed with it."),
                _("What was computed with it stays readable."),
            ],
            "action_label": _("Retire"),
            "cancel_url": self.get_cancel_url(),
            "form": ConfirmForm(initial={"version": self.row.version}),
            "danger": True,
        }

    def run(self, cleaned: dict[str, Any]) -> str:
        value_model_retire(
            actor=self.actor, now=timezone.now(), value_model=self.row, version=cleaned["version"]
        )
        return self.get_cancel_url()
