"""Forms of the dictionary and of single values."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts import policy
from apps.accounts.selectors import history_of
from apps.core.components import Crumb
from apps.core.errors import Stale
from apps.core.formpage import FormPage
from apps.core.htmx import redirect_or_refresh, render_page
from apps.kpis import builder, wording
from apps.kpis.forms import KpiForm, ObservationForm
from apps.kpis.models import Kpi, Observation
from apps.kpis.services import (
    kpi_create,
    kpi_edit,
    kpis_ship_definitions,
    observations_forget,
    observations_record,
)
from apps.kpis.types import ObservationRow


class KpiPage(FormPage):
    """What adding and editing a KPI share."""

    form_class = KpiForm
    see = "kpis.kpi.edit"
    template_name = "kpis/form.html"
    sentence = gettext_lazy("A metric is a definition everybody agrees on, and a way its values come in.")

    def get_form(self, *args: Any, **kwargs: Any) -> KpiForm:
        self.form = KpiForm(*args, initial=self.get_initial(), actor=self.actor, **kwargs)
        return self.form

    def get_context(self) -> dict[str, Any]:
        names = {name: wording.field(name) for name in builder.field_names()}
        return {"field_names": names, "rule_open": bool(self.form["origin"].value())}


class KpiNew(KpiPage):
    title = gettext_lazy("New KPI")
    draft = "kpi-new"

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("KPIs"), reverse("kpis:list")), Crumb(_("New"))]

    def get_cancel_url(self) -> str:
        return reverse("kpis:list")

    def run(self, cleaned: dict[str, Any]) -> str:
        return kpi_create(actor=self.actor, now=timezone.now(), **self.form.values()).get_absolute_url()


class KpiEdit(KpiPage):
    row: Kpi
    title = gettext_lazy("Edit")

    def load(self) -> None:
        self.row = Kpi.objects.visible_to(self.actor).select_related("owner").the(uid=self.kwargs["uid"])

    def get_crumbs(self) -> list[Crumb]:
        return [
            Crumb(_("KPIs"), reverse("kpis:list")),
            Crumb(self.row.name, self.get_cancel_url()),
            Crumb(_("Edit")),
        ]

    def get_cancel_url(self) -> str:
        return self.row.get_absolute_url()

    def get_initial(self) -> dict[str, Any]:
        names = (*KpiForm.meaning_fields, *KpiForm.text_fields, "version")
        return {**{name: getattr(self.row, name) for name in names}, **builder.initial(self.row.derived)}

    def run(self, cleaned: dict[str, Any]) -> str | HttpResponse:
        try:
            kpi_edit(
                actor=self.actor,
                now=timezone.now(),
                kpi=self.row,
                version=cleaned["version"],
                **self.form.values(),
            )
        except Stale as error:
            return self.compare(error)
        return self.get_cancel_url()

    def compare(self, error: Stale) -> HttpResponse:
        """Both versions: what was typed stays in the fields, what is stored now stands beside; saving again decides."""
        self.load()
        data = self.request.POST.copy()
        data["version"] = str(self.row.version)
        form = self.get_form(data)
        form.is_valid()
        form.add_error(None, error.message)
        for name in (*KpiForm.meaning_fields, *KpiForm.text_fields):
            stored = getattr(self.row, name)
            if name in form.cleaned_data and form.cleaned_data[name] != stored:
                form.add_error(
                    name, _("Stored now: %(value)s") % {"value": stored if stored not in (None, "") else "–"}
                )
        return self.page(form, status=409)


class Ship(FormPage):
    """Add the shipped definitions: a page that says what it does, and a button."""

    see = "kpis.kpi.edit"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = {
            "title": _("Add the shipped definitions"),
            "sentence": _(
                "A start for your dictionary; none of them is compulsory, each can be changed or switched off."
            ),
            "consequences": [
                _(
                    "Definitions whose key you do not have yet are added, from visit frequency and repurchase to trust and NPS."
                ),
                _("What you have already stays as it is."),
                _(
                    "Those that can be computed from imported feedback, interactions and purchases get their values at once."
                ),
            ],
            "action_label": _("Add them"),
            "cancel_url": reverse("kpis:list"),
            "danger": False,
            "form": None,
        }
        return render_page(request, "components/confirm_page.html", context)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        added = len(kpis_ship_definitions(actor=self.actor, now=timezone.now()))
        words = ngettext("%(count)s definition added.", "%(count)s definitions added.", added)
        messages.success(request, words % {"count": added})
        return redirect_or_refresh(request, reverse("kpis:list"))


class ValuePage(FormPage):
    """What adding and correcting a value share."""

    form_class = ObservationForm
    see = "kpis.observation.record"
    kpi: Kpi

    def load(self) -> None:
        policy.require(self.actor, "kpis.kpi.see")
        self.kpi = Kpi.objects.visible_to(self.actor).the(uid=self.kwargs["uid"])

    def get_form(self, *args: Any, **kwargs: Any) -> ObservationForm:
        return ObservationForm(*args, initial=self.get_initial(), actor=self.actor, **kwargs)

    def get_cancel_url(self) -> str:
        return reverse("kpis:values", args=[self.kpi.uid])

    def get_crumbs(self) -> list[Crumb]:
        return [
            Crumb(_("KPIs"), reverse("kpis:list")),
            Crumb(self.kpi.name, self.kpi.get_absolute_url()),
            Crumb(_("Values"), self.get_cancel_url()),
            Crumb(self.get_title()),
        ]

    def run(self, cleaned: dict[str, Any]) -> str:
        row = ObservationRow(**cleaned)
        try:
            observations_record(
                actor=self.actor, now=timezone.now(), kpi=self.kpi, rows=[row], source=_("by hand")
            )
        except Exception as error:
            fields = getattr(error, "fields", None)
            if isinstance(fields, dict):  # told per row by the verb; here there is one
                error.fields = {name.removeprefix("rows.0."): words for name, words in fields.items()}  # type: ignore[attr-defined]
            raise
        return self.get_cancel_url()


class ValueAdd(ValuePage):
    title = gettext_lazy("Add a value")
    sentence = gettext_lazy("A value for the same unit, segment and period replaces the one that is there.")


class ValueEdit(ValuePage):
    title = gettext_lazy("Correct a value")
    row: Observation
    template_name = "kpis/value_edit.html"

    def load(self) -> None:
        super().load()
        rows = Observation.objects.visible_to(self.actor).filter(kpi=self.kpi).select_related("unit")
        self.row = rows.the(pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.row, name) for name in ObservationForm.base_fields}

    def get_context(self) -> dict[str, Any]:
        return {
            "remove_url": reverse("kpis:value_remove", args=[self.kpi.uid, self.row.pk]),
            "history": history_of(self.row, self.actor),
        }


class ValueRemove(ValueEdit):
    """Take a value away; a POST from its page."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = {
            "title": _("Remove this value?"),
            "sentence": f"{self.kpi.name}, {self.row.period.isoformat()}, {self.row.unit}",
            "form": None,
            "consequences": [_("Returns that used it are computed again.")],
            "action_label": _("Remove"),
            "cancel_url": self.get_cancel_url(),
            "danger": True,
        }
        return render_page(request, "components/confirm_page.html", context)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        observations_forget(actor=self.actor, now=timezone.now(), kpi=self.kpi, ids=[self.row.pk])
        messages.success(request, _("The value is removed."))
        return redirect_or_refresh(request, self.get_cancel_url())
