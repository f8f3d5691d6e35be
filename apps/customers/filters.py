"""Filters of customers and evidence: one definition for the pages and for the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Unit
from apps.accounts.selectors import subtree_ids
from apps.core import lists
from apps.customers import selectors
from apps.customers.models import Customer, Identity, Interaction, Purchase
from apps.journeys.models import Touchpoint

BANDS = Customer._meta.get_field("value_band").choices


def my_units(request: Any) -> QuerySet[Unit]:
    """The units this person may choose from."""
    return Unit.objects.visible_to(request.actor) if request is not None else Unit.objects.none()


def touchpoints(request: Any) -> QuerySet[Touchpoint]:
    """All touchpoints, in the order of their journeys."""
    found = Touchpoint.objects.visible_to(request.actor) if request is not None else Touchpoint.objects.none()
    return found.select_related("step__journey").order_by("step__journey__name", "step__position", "channel")


class UnitField(django_filters.fields.ModelChoiceField):
    def label_from_instance(self, obj: Unit) -> str:
        return f"{'– ' * (obj.depth - 1)}{obj.name}"


class UnitFilter(django_filters.ModelChoiceFilter):
    """A unit and everything below it."""

    field_class = UnitField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = {
            "queryset": my_units,
            "to_field_name": "key",
            "label": _("Unit"),
        }
        super().__init__(*args, **{**given, **kwargs})

    def filter(self, qs: Any, value: Unit | None) -> Any:
        return qs if value is None else qs.filter(**{f"{self.field_name}_id__in": subtree_ids(value)})


class TouchpointField(django_filters.fields.ModelChoiceField):
    def label_from_instance(self, obj: Touchpoint) -> str:
        return f"{obj.step.journey} › {obj}"


class TouchpointFilter(django_filters.ModelChoiceFilter):
    field_class = TouchpointField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = {
            "queryset": touchpoints,
            "to_field_name": "key",
            "label": _("Touchpoint"),
        }
        super().__init__(*args, **{**given, **kwargs})


class WordFilter(django_filters.ChoiceFilter):
    """One of the words that really occur in a column (source systems, kinds, segments)."""

    def __init__(self, *args: Any, words: Any, **kwargs: Any) -> None:
        choices = lambda: [(word, word) for word in words()]  # noqa: E731 - read anew for each request
        super().__init__(*args, choices=choices, **kwargs)


class CustomerFilter(lists.ListFilter):
    primary = ("segment", "unit", "value_band")
    segment = WordFilter(words=lambda: selectors.words_of(Customer, "segment"), label=_("Segment"))
    unit = UnitFilter()
    value_band = django_filters.ChoiceFilter(choices=BANDS, label=_("Value"))
    system = WordFilter(
        words=lambda: selectors.words_of(Identity, "system"), label=_("Source system"), method="with_system"
    )
    since = django_filters.DateFromToRangeFilter(field_name="since_on", label=_("Customer since"))

    class Meta:
        model = Customer
        fields = ("segment", "unit", "value_band", "system", "since")

    def with_system(self, rows: Any, name: str, value: str) -> Any:
        return rows.known_in(value)


class EvidenceFilter(lists.ListFilter):
    unit = UnitFilter()
    touchpoint = TouchpointFilter()
    day = django_filters.DateFromToRangeFilter(field_name="local_date", label=_("Day"))
    customer = django_filters.UUIDFilter(
        field_name="customer__uid", label=_("Customer"), widget=forms.HiddenInput
    )


class InteractionFilter(EvidenceFilter):
    primary = ("system", "kind", "unit")
    system = WordFilter(words=lambda: selectors.words_of(Interaction, "system"), label=_("Source system"))
    kind = WordFilter(words=lambda: selectors.words_of(Interaction, "kind"), label=_("Kind"))
    is_failure = django_filters.BooleanFilter(label=_("Something went wrong"))

    class Meta:
        model = Interaction
        fields = ("system", "kind", "unit", "touchpoint", "day", "is_failure", "customer")


class PurchaseFilter(EvidenceFilter):
    primary = ("system", "unit", "day")
    system = WordFilter(words=lambda: selectors.words_of(Purchase, "system"), label=_("Source system"))
    product_line = WordFilter(
        words=lambda: selectors.words_of(Purchase, "product_line"), label=_("Product line")
    )
    currency = WordFilter(words=lambda: selectors.words_of(Purchase, "currency"), label=_("Currency"))

    class Meta:
        model = Purchase
        fields = ("system", "unit", "day", "product_line", "touchpoint", "currency", "customer")
