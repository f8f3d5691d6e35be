"""Filters of KPIs, observations and value models: one definition for the pages and for the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Unit
from apps.accounts.selectors import subtree_ids
from apps.core import lists
from apps.kpis.models import Kpi, KpiKind, Observation, Statistic, ValueModel


def units(request: Any) -> Any:
    """The units this person may choose from."""
    return Unit.objects.visible_to(request.actor) if request is not None else Unit.objects.none()


def kpis(request: Any) -> Any:
    return Kpi.objects.visible_to(request.actor) if request is not None else Kpi.objects.none()


class UnitField(django_filters.fields.ModelChoiceField):
    def label_from_instance(self, obj: Unit) -> str:
        return f"{'– ' * (obj.depth - 1)}{obj.name}"


class TreeFilter(django_filters.ModelChoiceFilter):
    """A unit and everything below it."""

    field_class = UnitField

    def filter(self, qs: Any, value: Unit | None) -> Any:
        return qs if value is None else qs.filter(unit_id__in=subtree_ids(value))


class YesNoField(django_filters.fields.ChoiceField):
    def clean(self, value: Any) -> bool | None:
        return {"true": True, "false": False}.get(super().clean(value))


class YesNoFilter(django_filters.ChoiceFilter):
    """Yes, no, or all; `true` and `false` in the address."""

    field_class = YesNoField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = (("true", _("Yes")), ("false", _("No")))
        super().__init__(*args, **{"choices": choices, **kwargs})


class KpiFilter(lists.ListFilter):
    primary = ("kind", "fed")
    kind = django_filters.ChoiceFilter(choices=KpiKind.choices, label=_("Kind"), empty_label=_("All kinds"))
    fed = django_filters.ChoiceFilter(
        choices=(("derived", _("Computed here")), ("fed", _("Imported or entered"))),
        label=_("Values"),
        method="by_origin",
    )
    statistic = django_filters.ChoiceFilter(choices=Statistic.choices, label=_("Statistic"))
    is_active = YesNoFilter(field_name="is_active", label=_("Active"))

    class Meta:
        model = Kpi
        fields = ("kind", "fed", "statistic", "is_active")

    def by_origin(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(derived__isnull=value == "fed")


class ObservationFilter(lists.ListFilter):
    primary = ("unit", "segment", "period")
    unit = TreeFilter(queryset=units, to_field_name="key", label=_("Unit"), empty_label=_("All units"))
    segment = django_filters.CharFilter(label=_("Segment"), max_length=80)
    period = django_filters.DateFromToRangeFilter(label=_("Period"))

    class Meta:
        model = Observation
        fields = ("unit", "segment", "period")


class ValueModelFilter(lists.ListFilter):
    primary = ("kpi", "signed", "side")
    kpi = django_filters.ModelChoiceFilter(
        queryset=kpis, to_field_name="key", label=_("KPI"), empty_label=_("All KPIs")
    )
    signed = YesNoFilter(label=_("Signed"), method="by_signature")
    side = django_filters.ChoiceFilter(
        choices=ValueModel.Side.choices, label=_("Save or make"), empty_label=_("Both")
    )
    is_cash = YesNoFilter(field_name="is_cash", label=_("Cash"))
    current = YesNoFilter(label=_("Current version"), method="by_version")

    class Meta:
        model = ValueModel
        fields = ("kpi", "signed", "side", "is_cash", "current")

    def by_signature(self, rows: Any, name: str, value: bool) -> Any:
        return rows.filter(signed_at__isnull=not value)

    def by_version(self, rows: Any, name: str, value: bool) -> Any:
        now = Q(is_active=True, superseded_by__isnull=True)
        return rows.filter(now if value else ~now)
