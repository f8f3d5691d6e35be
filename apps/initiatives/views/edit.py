from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Unit, User
from apps.core import judge
from apps.core.components import Crumb
from apps.core.errors import Denied, IllegalTransition, Stale
from apps.core.formpage import FormPage
from apps.initiatives import forms, services
from apps.initiatives.models import CostLine, Initiative, KpiLink, Stage, Treatment
from apps.initiatives.rules import asks_of, gate_gaps
from apps.initiatives.selectors import gate_facts
from apps.initiatives.transitions import OVER, is_move, moves_from
from apps.initiatives.words import GAP_TABS, GAP_WORDS


class InitiativePage(FormPage):
    """A form about one initiative; a stale save keeps what was typed and shows what is stored now."""

    tab = "overview"
    row: Initiative

    def load(self) -> None:
        rows = Initiative.objects.visible_to(self.actor).select_related(
            "unit", "owner", "sponsor", "investment_type"
        )
        self.row = rows.the(uid=self.kwargs["uid"])

    def get_cancel_url(self) -> str:
        return f"{self.row.get_absolute_url()}?tab={self.tab}"

    def get_crumbs(self) -> list[Crumb]:
        return [
            Crumb(_("Initiatives"), reverse("initiatives:list")),
            Crumb(self.row.name, self.row.get_absolute_url()),
            Crumb(self.get_title()),
        ]

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        return self.form_class(*args, initial=self.get_initial(), actor=self.actor, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"version": self.row.version}

    def act(self, cleaned: dict[str, Any]) -> str:
        """Call the verb; return the next address."""
        raise NotImplementedError

    def run(self, cleaned: dict[str, Any]) -> str | HttpResponse:
        try:
            return self.act(cleaned)
        except Stale as error:
            return self.compare(cleaned, error)

    def compare(self, cleaned: dict[str, Any], error: Stale) -> HttpResponse:
        """Both versions: what was typed stays in the fields, what is stored now stands above; saving again decides."""
        self.load()
        data = self.request.POST.copy()
        data["version"] = str(self.row.version)
        form = self.get_form(data)
        form.is_valid()
        form.add_error(None, error.message)
        for name, stored in self.get_initial().items():
            if name in form.fields and name != "version" and str(stored or "") != str(data.get(name, "")):
                form.add_error(
                    name, _("Stored now: %(value)s") % {"value": stored if stored not in (None, "") else "–"}
                )
        return self.page(form, status=409)


class Create(FormPage):
    title = gettext_lazy("New initiative")
    sentence = gettext_lazy("A name, what it is for and who owns it are enough; the gates ask for the rest.")
    form_class = forms.InitiativeForm
    see = "initiatives.initiative.create"
    submit_label = gettext_lazy("Create")
    draft = "initiative-new"

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("Initiatives"), reverse("initiatives:list")), Crumb(_("New"))]

    def get_cancel_url(self) -> str:
        return reverse("initiatives:list")

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        return forms.InitiativeForm(*args, initial=self.get_initial(), actor=self.actor, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        me = User.objects.visible_to(self.actor).filter(pk=self.actor.user_id).values_list("uid", flat=True)
        home = (
            Unit.objects.visible_to(self.actor)
            .filter(pk=self.actor.home_unit_id)
            .values_list("key", flat=True)
        )
        return {"nature": "fix", "owner": me.first(), "unit": home.first()}

    def run(self, cleaned: dict[str, Any]) -> str:
        key = cleaned.pop("key") or slugify(cleaned["name"])[:40] or "initiative"
        row = services.initiative_create(actor=self.actor, now=timezone.now(), key=key, **cleaned)
        return row.get_absolute_url()


class Edit(InitiativePage):
    title = gettext_lazy("Edit")
    form_class = forms.InitiativeEditForm
    see = "initiatives.initiative.edit"

    def get_initial(self) -> dict[str, Any]:
        found = {name: getattr(self.row, name) for name in services.EDITABLE}
        for name, key in (("unit", "key"), ("owner", "uid"), ("sponsor", "uid"), ("investment_type", "key")):
            found[name] = getattr(found[name], key, None)
        comfortable = self.row.is_comfortable_public
        found["is_comfortable_public"] = "" if comfortable is None else "yes" if comfortable else "no"
        return {**found, "version": self.row.version}

    def act(self, cleaned: dict[str, Any]) -> str:
        if not cleaned["currency"]:
            cleaned["currency"] = self.row.currency
        row = services.initiative_edit(actor=self.actor, now=timezone.now(), initiative=self.row, **cleaned)
        return row.get_absolute_url()


class Gate(InitiativePage):
    """Decide a move: the form asks what the gate needs and shows what is missing."""

    tab = "gates"
    form_class = forms.GateForm
    template_name = "initiatives/gate.html"
    done = gettext_lazy("Decided.")
    submit_label = gettext_lazy("Decide")

    def load(self) -> None:
        super().load()
        self.to_stage = self.kwargs["to_stage"]
        if not is_move(self.row.stage, self.to_stage):
            raise IllegalTransition(
                state=self.row.stage, move=self.to_stage, allowed=list(moves_from(self.row.stage))
            )
        action = "approve" if self.to_stage == Stage.APPROVED else "decide"
        answer = judge.can(self.actor, f"initiatives.gate.{action}", self.row)
        if not answer:
            raise Denied(str(getattr(answer, "reason", "")))
        self.asked = asks_of(self.row.stage, self.to_stage, self.row.investment_class)
        self.gaps = gate_gaps(
            self.row.stage,
            self.to_stage,
            gate_facts(actor=self.actor, initiative=self.row),
            today=timezone.localdate(),
        )

    def get_title(self) -> str:
        return _("%(from)s → %(to)s") % {
            "from": self.row.get_stage_display(),
            "to": Stage(self.to_stage).label,
        }

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        return forms.GateForm(
            *args,
            initial=self.get_initial(),
            actor=self.actor,
            asked=self.asked,
            missing=self.gaps,
            is_end=self.to_stage in OVER,
            **kwargs,
        )

    def get_initial(self) -> dict[str, Any]:
        found = {name: getattr(self.row, name) for name in services.ANSWERS}
        comfortable = self.row.is_comfortable_public
        found["is_comfortable_public"] = "" if comfortable is None else "yes" if comfortable else "no"
        return {**found, "version": self.row.version}

    def get_context(self) -> dict[str, Any]:
        base = self.row.get_absolute_url()
        return {
            "initiative": self.row,
            "asked": [
                {
                    "text": GAP_WORDS[code],
                    "is_missing": code in self.gaps,
                    "url": f"{base}?tab={GAP_TABS[code]}" if code in GAP_TABS else "",
                }
                for code in self.asked
            ],
            "missing": len(self.gaps),
        }

    def act(self, cleaned: dict[str, Any]) -> str:
        services.gate_decide(
            actor=self.actor,
            now=timezone.now(),
            initiative=self.row,
            to_stage=self.to_stage,
            reason=cleaned.pop("reason"),
            ends_on=cleaned.pop("ends_on", None),
            version=cleaned.pop("version"),
            answers=cleaned,
        )
        return self.get_cancel_url()


class CostNew(InitiativePage):
    title = gettext_lazy("Add a cost")
    tab = "costs"
    form_class = forms.CostForm
    see = "initiatives.cost.edit"

    def act(self, cleaned: dict[str, Any]) -> str:
        services.cost_add(actor=self.actor, now=timezone.now(), initiative=self.row, **cleaned)
        return self.get_cancel_url()


class TreatmentNew(InitiativePage):
    title = gettext_lazy("Add a unit")
    tab = "treatments"
    form_class = forms.TreatmentForm
    see = "initiatives.initiative.edit"

    def act(self, cleaned: dict[str, Any]) -> str:
        services.treatment_add(actor=self.actor, now=timezone.now(), initiative=self.row, **cleaned)
        return self.get_cancel_url()


class LinkNew(InitiativePage):
    title = gettext_lazy("Link a KPI")
    tab = "kpis"
    form_class = forms.LinkForm
    see = "initiatives.initiative.edit"

    def act(self, cleaned: dict[str, Any]) -> str:
        services.link_add(actor=self.actor, now=timezone.now(), initiative=self.row, **cleaned)
        return self.get_cancel_url()


class PartPage(InitiativePage):
    """A form about one part (cost, treatment, link) of an initiative."""

    part_model: Any
    related: tuple[str, ...] = ()

    def load(self) -> None:
        super().load()
        parts = self.part_model.objects.visible_to(self.actor).select_related(*self.related)
        self.part = parts.the(uid=self.kwargs["part"], initiative=self.row)

    def get_initial(self) -> dict[str, Any]:
        found = {
            name: getattr(self.part, name) for name in self.form_class.base_fields if hasattr(self.part, name)
        }
        return {**found, "version": self.row.version}


class CostEdit(PartPage):
    title = gettext_lazy("Edit a cost")
    tab = "costs"
    form_class = forms.CostForm
    see = "initiatives.cost.edit"
    part_model = CostLine

    def act(self, cleaned: dict[str, Any]) -> str:
        services.cost_edit(actor=self.actor, now=timezone.now(), cost=self.part, **cleaned)
        return self.get_cancel_url()


class TreatmentEdit(PartPage):
    title = gettext_lazy("Edit where and when")
    tab = "treatments"
    form_class = forms.TreatmentForm
    see = "initiatives.initiative.edit"
    part_model = Treatment
    related = ("unit",)

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "unit": self.part.unit.key}

    def act(self, cleaned: dict[str, Any]) -> str:
        services.treatment_edit(actor=self.actor, now=timezone.now(), treatment=self.part, **cleaned)
        return self.get_cancel_url()


class LinkEdit(PartPage):
    title = gettext_lazy("Edit a KPI link")
    tab = "kpis"
    form_class = forms.LinkForm
    see = "initiatives.initiative.edit"
    part_model = KpiLink
    related = ("kpi", "value_model")

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        return forms.LinkForm(*args, initial=self.get_initial(), actor=self.actor, link=self.part, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "value_model": getattr(self.part.value_model, "uid", None)}

    def act(self, cleaned: dict[str, Any]) -> str:
        services.link_edit(actor=self.actor, now=timezone.now(), link=self.part, **cleaned)
        return self.get_cancel_url()


class PartRemove(PartPage):
    """Ask before a part goes; a part that ended should get an end date instead."""

    form_class = django_forms.Form
    template_name = "components/confirm_page.html"
    danger = True
    done = gettext_lazy("Removed.")
    submit_label = gettext_lazy("Remove")
    verb: Any
    kwarg = ""

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        return django_forms.Form(*args, **kwargs)

    def get_context(self) -> dict[str, Any]:
        return {
            "action_label": self.submit_label,
            "consequences": [
                _("“%(part)s” is removed from “%(name)s”; the history keeps what it was.")
                % {"part": self.part, "name": self.row},
                _("The return becomes stale and is computed again."),
                _("If it merely ended, give it an end date instead: then it counts until then."),
            ],
        }

    def act(self, cleaned: dict[str, Any]) -> str:
        type(self).verb(actor=self.actor, now=timezone.now(), **{self.kwarg: self.part})
        return self.get_cancel_url()


class CostRemove(PartRemove):
    title = gettext_lazy("Remove a cost?")
    tab = "costs"
    see = "initiatives.cost.edit"
    part_model = CostLine
    verb = staticmethod(services.cost_remove)
    kwarg = "cost"


class TreatmentRemove(PartRemove):
    title = gettext_lazy("Remove a unit?")
    tab = "treatments"
    see = "initiatives.initiative.edit"
    part_model = Treatment
    related = ("unit",)
    verb = staticmethod(services.treatment_remove)
    kwarg = "treatment"


class LinkRemove(PartRemove):
    title = gettext_lazy("Remove a KPI link?")
    tab = "kpis"
    see = "initiatives.initiative.edit"
    part_model = KpiLink
    related = ("kpi", "initiative")
    verb = staticmethod(services.link_remove)
    kwarg = "link"


class JournalNew(InitiativePage):
    title = gettext_lazy("Add to the journal")
    tab = "journal"
    form_class = forms.JournalForm
    see = "initiatives.journal.add"

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        return forms.JournalForm(*args, **kwargs)

    def act(self, cleaned: dict[str, Any]) -> str:
        services.journal_add(actor=self.actor, now=timezone.now(), initiative=self.row, **cleaned)
        return self.get_cancel_url()
