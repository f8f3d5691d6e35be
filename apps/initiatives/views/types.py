from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.components import Crumb
from apps.core.formpage import FormPage
from apps.initiatives import forms, services
from apps.initiatives.models import InvestmentType


class TypeNew(FormPage):
    title = gettext_lazy("New investment type")
    form_class = forms.TypeForm
    see = "initiatives.type.edit"

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("Types"), reverse("initiatives:types")), Crumb(_("New"))]

    def run(self, cleaned: dict[str, Any]) -> str:
        services.investment_type_save(actor=self.actor, now=timezone.now(), **cleaned)
        return reverse("initiatives:types")


class TypeEdit(FormPage):
    title = gettext_lazy("Edit an investment type")
    form_class = forms.TypeEditForm
    see = "initiatives.type.edit"

    def load(self) -> None:
        self.type = InvestmentType.objects.visible_to(self.actor).the(uid=self.kwargs["uid"])

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("Types"), reverse("initiatives:types")), Crumb(self.type.name)]

    def get_initial(self) -> dict[str, Any]:
        return {"name": self.type.name, "is_active": self.type.is_active}

    def run(self, cleaned: dict[str, Any]) -> str:
        services.investment_type_save(
            actor=self.actor,
            now=timezone.now(),
            investment_type=self.type,
            key=self.type.key,
            investment_class=self.type.investment_class,
            **cleaned,
        )
        return reverse("initiatives:types")
