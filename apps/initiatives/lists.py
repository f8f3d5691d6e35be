"""The list of initiatives and the list of investment types."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Unit, User
from apps.core import lists
from apps.initiatives.models import Initiative, InvestmentClass, InvestmentType, Stage


class InitiativeTable(lists.Table):
    name = lists.Column(linkify=True, verbose_name=_("Initiative"))
    stage = lists.StateColumn(verbose_name=_("Stage"))
    investment_class = lists.Column(verbose_name=_("Class"))
    investment_type = lists.Column(verbose_name=_("Type"), order_by=("investment_type__name",))
    unit = lists.Column(verbose_name=_("Unit"), order_by=("unit__name",))
    owner = lists.Column(verbose_name=_("Owner"), order_by=("owner__name",))
    nature = lists.Column(verbose_name=_("Fix or enhancement"))
    budget = lists.MoneyColumn(currency_field="currency", verbose_name=_("Budget"))
    updated_at = lists.SinceColumn(verbose_name=_("Changed"))

    class Meta(lists.Table.Meta):
        model = Initiative
        fields = (
            "name", "stage", "investment_class", "investment_type", "unit", "owner", "nature", "budget", "updated_at",
        )  # fmt: skip
        order_by = ("name",)


def _units(request: Any) -> QuerySet[Unit]:
    return Unit.objects.visible_to(request.actor)


def _owners(request: Any) -> QuerySet[User]:
    owning = Initiative.objects.visible_to(request.actor).order_by().values("owner_id")
    return User.objects.visible_to(request.actor).filter(pk__in=owning)


def _types(request: Any) -> QuerySet[InvestmentType]:
    return InvestmentType.objects.visible_to(request.actor)


class InitiativeFilter(lists.ListFilter):
    """The same filters for the page, the API and the export."""

    primary = ("stage", "investment_class", "unit")
    stage = django_filters.MultipleChoiceFilter(choices=Stage.choices, label=_("Stage"))
    investment_class = django_filters.MultipleChoiceFilter(choices=InvestmentClass.choices, label=_("Class"))
    unit = django_filters.ModelChoiceFilter(
        queryset=_units, to_field_name="key", method="below", label=_("Unit and below")
    )
    investment_type = django_filters.ModelChoiceFilter(queryset=_types, to_field_name="key", label=_("Type"))
    owner = django_filters.ModelChoiceFilter(queryset=_owners, to_field_name="uid", label=_("Owner"))
    objective = django_filters.ChoiceFilter(
        choices=Initiative._meta.get_field("objective").choices, label=_("Objective")
    )
    nature = django_filters.ChoiceFilter(
        choices=Initiative._meta.get_field("nature").choices, label=_("Fix or enhancement")
    )
    is_quick_win = django_filters.BooleanFilter(label=_("Quick win"))

    class Meta:
        model = Initiative
        fields = (
            "stage", "investment_class", "unit", "investment_type", "owner", "objective", "nature", "is_quick_win",
        )  # fmt: skip

    def below(self, rows: QuerySet[Initiative], name: str, unit: Unit) -> QuerySet[Initiative]:
        """Initiatives of this unit and of all units below it."""
        return rows.filter(unit__path__startswith=unit.path)


class TypeTable(lists.Table):
    name = lists.Column(
        linkify=lambda record, table: record.get_absolute_url() if table.may_edit else None,
        verbose_name=_("Type"),
    )
    investment_class = lists.Column(verbose_name=_("Class"))
    key = lists.Column(verbose_name=_("Key"))
    is_active = lists.Column(verbose_name=_("Active"))

    class Meta(lists.Table.Meta):
        model = InvestmentType
        fields = ("name", "investment_class", "key", "is_active")

    def __init__(self, *args: Any, may_edit: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may_edit = may_edit

    def render_is_active(self, value: bool) -> Any:
        return _("yes") if value else _("no")


class TypeFilter(lists.ListFilter):
    primary = ("investment_class", "is_active")
    investment_class = django_filters.MultipleChoiceFilter(choices=InvestmentClass.choices, label=_("Class"))
    is_active = django_filters.BooleanFilter(label=_("Active"))

    class Meta:
        model = InvestmentType
        fields = ("investment_class", "is_active")
