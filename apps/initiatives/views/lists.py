from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts import policy
from apps.core import judge, lists
from apps.core.components import Action, Crumb
from apps.initiatives.lists import InitiativeFilter, InitiativeTable, TypeFilter, TypeTable
from apps.initiatives.models import Initiative, InvestmentType
from apps.initiatives.transitions import ACTIVE


class InitiativeList(lists.ListPage):
    title = gettext_lazy("Initiatives")
    page_key = "initiatives.list"
    see = "initiatives.initiative.see"
    table_class = InitiativeTable
    filterset_class = InitiativeFilter
    search_fields = ("name", "key", "summary", "owner__name")
    search_label = gettext_lazy("Search name, key or owner")
    export_name = "initiatives"
    template_name = "initiatives/list.html"
    empty_icon = "rocket"
    empty_title = gettext_lazy("No initiatives")
    empty_text = gettext_lazy(
        "An initiative is what you invest in: it has costs, units that get it, and KPIs it moves."
    )

    def get_queryset(self) -> Any:
        return Initiative.objects.visible_to(self.actor).select_related("unit", "owner", "investment_type")

    def get_sentence(self) -> str:
        counts = Initiative.objects.visible_to(self.actor).aggregate(
            all=Count("pk"),
            active=Count("pk", filter=Q(stage__in=ACTIVE)),
            waiting=Count("pk", filter=Q(stage="case")),
        )
        if not counts["all"]:
            return ""
        first = ngettext("%(n)s initiative is active", "%(n)s initiatives are active", counts["active"])
        second = ngettext("%(n)s waits for approval", "%(n)s wait for approval", counts["waiting"])
        return _("%(first)s, %(second)s.") % {
            "first": first % {"n": counts["active"]},
            "second": second % {"n": counts["waiting"]},
        }

    def get_actions(self) -> list[Action]:
        answer = judge.can(self.actor, "initiatives.initiative.create")
        return [
            Action(
                _("New initiative"),
                reverse("initiatives:new"),
                icon="plus",
                primary=True,
                denied=getattr(answer, "reason", ""),
            ),
            Action(_("Types"), reverse("initiatives:types"), icon="tag"),
        ]

    def get_empty_action(self) -> Action | None:
        if not judge.can(self.actor, "initiatives.initiative.create"):
            return None
        return Action(_("New initiative"), reverse("initiatives:new"), icon="plus")

    def get_table_kwargs(self) -> dict[str, Any]:
        return {} if policy.sees_money(self.actor) else {"exclude": ("budget",)}


class TypeList(lists.ListPage):
    title = gettext_lazy("Investment types")
    page_key = "initiatives.types"
    see = "initiatives.initiative.see"
    table_class = TypeTable
    filterset_class = TypeFilter
    search_fields = ("name", "key")
    export_name = "investment-types"
    empty_icon = "tag"
    empty_title = gettext_lazy("No types")
    empty_text = gettext_lazy("The shipped types come with the organisation's setup.")

    def get_queryset(self) -> Any:
        return InvestmentType.objects.visible_to(self.actor)

    def get_table_kwargs(self) -> dict[str, Any]:
        return {"may_edit": bool(judge.can(self.actor, "initiatives.type.edit"))}

    def get_sentence(self) -> Any:
        return _("What kinds of spending the four classes hold; rename, add or switch off as you need.")

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("Initiatives"), reverse("initiatives:list")), Crumb(_("Types"))]

    def get_actions(self) -> list[Action]:
        answer = judge.can(self.actor, "initiatives.type.edit")
        return [
            Action(
                _("New type"),
                reverse("initiatives:type_new"),
                icon="plus",
                primary=True,
                denied=getattr(answer, "reason", ""),
            )
        ]
