"""The case list and the rule list."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts import policy
from apps.cases import pictures, words
from apps.cases.filters import CaseFilter, UnitFilter
from apps.cases.models import Case, CaseRule
from apps.cases.querysets import CaseQuerySet
from apps.cases.selectors import rules_in_order, totals
from apps.core import formatting, lists
from apps.core.components import Action


class CaseTable(lists.Table):
    number = lists.Column(linkify=True, verbose_name=gettext_lazy("Case"))
    subject = lists.Column(verbose_name=gettext_lazy("Subject"))
    customer = lists.Column(
        accessor="customer", order_by="customer__name", verbose_name=gettext_lazy("Customer")
    )
    state = lists.StateColumn(verbose_name=gettext_lazy("State"))
    next_due_at = lists.DueColumn(verbose_name=gettext_lazy("Due"))
    priority = lists.Column(verbose_name=gettext_lazy("Priority"))
    owner = lists.Column(accessor="owner", order_by="owner__name", verbose_name=gettext_lazy("Owner"))
    unit = lists.Column(accessor="unit", order_by="unit__name", verbose_name=gettext_lazy("Unit"))
    opened_at = lists.SinceColumn(verbose_name=gettext_lazy("Opened"))
    minutes = lists.NumberColumn(places=0, verbose_name=gettext_lazy("Minutes"))
    goodwill = lists.MoneyColumn(currency_field="goodwill_currency", verbose_name=gettext_lazy("Goodwill"))

    class Meta(lists.Table.Meta):
        model = Case
        fields = (
            "number", "subject", "customer", "state", "next_due_at", "priority", "owner", "unit", "opened_at",
            "minutes", "goodwill",
        )  # fmt: skip
        order_by = ("next_due_at",)

    def render_number(self, record: Case) -> str:
        return str(record)


class CaseList(lists.ListPage):
    title = gettext_lazy("Cases")
    page_key = "cases.list"
    see = "cases.case.see"
    table_class = CaseTable
    filterset_class = CaseFilter
    search_label = gettext_lazy("Number, subject, customer or words")
    export_name = "cases"
    bulk_actions = (
        lists.BulkAction(gettext_lazy("Assign…"), "cases:bulk_assign", "cases.case.bulk", icon="user-plus"),
    )
    template_name = "cases/list.html"
    empty_icon = "mood-happy"
    empty_title = gettext_lazy("No cases")
    empty_text = gettext_lazy("Cases open by themselves when an answer or an event meets a rule.")

    def get_queryset(self) -> CaseQuerySet:
        return Case.objects.visible_to(self.actor).select_related("customer", "owner", "unit")

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.search(text)  # type: ignore[attr-defined, no-any-return]

    def get_table_kwargs(self) -> dict[str, Any]:
        return {} if policy.can(self.actor, "cases.cost.see") else {"exclude": ("minutes", "goodwill")}

    def get_sentence(self) -> str:
        figures = self._totals
        if not figures.all:
            return ""
        if not figures.overdue:
            return _("%(open)s open cases, none of them overdue.") % {"open": figures.open}
        return ngettext(
            "%(late)s case is overdue, of %(open)s open ones.",
            "%(late)s cases are overdue, of %(open)s open ones.",
            figures.overdue,
        ) % {"late": figures.overdue, "open": figures.open}

    def get_actions(self) -> Sequence[Action]:
        found = []
        if policy.can(self.actor, "cases.rule.see"):
            found.append(Action(_("Rules"), reverse("cases:rules"), icon="settings"))
        if policy.can(self.actor, "cases.case.open"):
            found.append(Action(_("New case"), reverse("cases:new"), icon="plus", primary=True))
        return found

    def get_context(self) -> dict[str, Any]:
        return {"figures": pictures.header(self._totals, self._clean(self.request.GET))}

    @property
    def _totals(self) -> Any:
        if not hasattr(self, "_found_totals"):
            self._found_totals = totals(self._found(self._filters()), timezone.now())
        return self._found_totals


class RuleTable(lists.Table):
    position = lists.NumberColumn(verbose_name=gettext_lazy("Order"))
    name = lists.Column(linkify=True, verbose_name=gettext_lazy("Rule"))
    conditions = lists.Column(
        empty_values=(), orderable=False, verbose_name=gettext_lazy("Opens a case when")
    )
    unit = lists.Column(accessor="unit", order_by="unit__name", verbose_name=gettext_lazy("Unit and below"))
    priority = lists.Column(verbose_name=gettext_lazy("Priority"))
    first_contact_hours = lists.NumberColumn(verbose_name=gettext_lazy("First contact, hours"))
    resolution_hours = lists.NumberColumn(verbose_name=gettext_lazy("Resolution, hours"))
    is_active = lists.StateColumn(verbose_name=gettext_lazy("State"))

    class Meta(lists.Table.Meta):
        model = CaseRule
        fields = (
            "name", "position", "conditions", "unit", "priority", "first_contact_hours", "resolution_hours", "is_active",
        )  # fmt: skip
        sequence = fields
        order_by = ("position", "id")

    def render_conditions(self, record: CaseRule) -> str:
        return words.conditions(record)

    def value_conditions(self, record: CaseRule) -> str:
        return words.conditions(record)

    def render_first_contact_hours(self, value: Decimal) -> str:
        return formatting.number(value.normalize(), max(0, -int(value.normalize().as_tuple().exponent)))

    render_resolution_hours = render_first_contact_hours

    def render_is_active(self, value: bool) -> str:
        return _("Active") if value else _("Off")


class RuleFilter(lists.ListFilter):
    unit = UnitFilter()

    class Meta:
        model = CaseRule
        fields = ("unit", "trigger", "is_active")


class RuleList(lists.ListPage):
    title = gettext_lazy("Case rules")
    page_key = "cases.rules"
    see = "cases.rule.see"
    table_class = RuleTable
    filterset_class = RuleFilter
    search_fields: ClassVar[Sequence[str]] = ("name",)
    export_name = "case-rules"
    template_name = "cases/rules.html"
    empty_icon = "settings"
    empty_title = gettext_lazy("No rules yet")
    empty_text = gettext_lazy(
        "A rule says which answers and events open a case, how urgent it is and by when it is due."
    )

    def get_queryset(self) -> QuerySet[CaseRule]:
        return rules_in_order(self.actor).prefetch_related("sources")

    def get_sentence(self) -> str:
        return _("The first active rule in order that matches opens the case.")

    def get_crumbs(self) -> Sequence[Any]:
        from apps.core.components import Crumb

        return [Crumb(_("Cases"), reverse("cases:list")), Crumb(_("Rules"))]

    def get_actions(self) -> Sequence[Action]:
        answer = policy.can(self.actor, "cases.rule.edit")
        new = reverse("cases:rule_new")
        return [Action(_("New rule"), new, icon="plus", primary=True, denied=getattr(answer, "reason", ""))]
