"""The screens' filters for programs: the same names and meanings, words free instead of chosen from a list."""

from __future__ import annotations

from typing import Any

import django_filters

from apps.customers import selectors
from apps.customers.filters import BANDS, TouchpointFilter, UnitFilter
from apps.customers.models import Consent, Customer, Identity, Interaction, KeyDate, Purchase


class CustomerFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", max_length=200, label="Name, e-mail, phone or exact identity"
    )
    segment = django_filters.CharFilter(max_length=60)
    unit = UnitFilter()
    value_band = django_filters.ChoiceFilter(choices=BANDS)
    system = django_filters.CharFilter(
        method="with_system", max_length=60, label="Known in this source system"
    )
    since = django_filters.DateFromToRangeFilter(field_name="since_on")

    class Meta:
        model = Customer
        fields = ("q", "segment", "unit", "value_band", "system", "since")

    def search(self, rows: Any, name: str, value: str) -> Any:
        return selectors.customers_search(rows, value)

    def with_system(self, rows: Any, name: str, value: str) -> Any:
        return rows.known_in(value)


class EvidenceFilter(django_filters.FilterSet):
    system = django_filters.CharFilter(max_length=60)
    external_id = django_filters.CharFilter(max_length=200)
    unit = UnitFilter()
    touchpoint = TouchpointFilter()
    day = django_filters.DateFromToRangeFilter(field_name="local_date")
    customer = django_filters.UUIDFilter(field_name="customer__uid")


class InteractionFilter(EvidenceFilter):
    class Meta:
        model = Interaction
        fields = ("system", "external_id", "kind", "unit", "touchpoint", "day", "is_failure", "customer")


class PurchaseFilter(EvidenceFilter):
    class Meta:
        model = Purchase
        fields = (
            "system", "external_id", "unit", "day", "product_line", "order_ref", "touchpoint", "currency", "customer",
        )  # fmt: skip


class KeyDateFilter(django_filters.FilterSet):
    on = django_filters.DateFromToRangeFilter()
    customer = django_filters.UUIDFilter(field_name="customer__uid")

    class Meta:
        model = KeyDate
        fields = ("kind", "on", "customer")


class IdentityFilter(django_filters.FilterSet):
    customer = django_filters.UUIDFilter(field_name="customer__uid")

    class Meta:
        model = Identity
        fields = ("system", "external_id", "customer")


class ConsentFilter(django_filters.FilterSet):
    customer = django_filters.UUIDFilter(field_name="customer__uid")

    class Meta:
        model = Consent
        fields = ("purpose", "is_given", "customer")
