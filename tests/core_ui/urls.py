"""Addresses of the tests of the design system: the style guide, and a list over a real table."""

import django_filters
from django.urls import include, path

from apps.core import lists
from apps.core.models import Heartbeat


class PulseTable(lists.Table):
    name = lists.Column(verbose_name="Process")
    at = lists.WhenColumn(verbose_name="Seen")
    share = lists.PercentColumn(accessor="detail__share", verbose_name="Share", orderable=False)
    cost = lists.MoneyColumn(accessor="detail__cost", currency="EUR", verbose_name="Cost", orderable=False)

    class Meta(lists.Table.Meta):
        model = Heartbeat
        fields = ("name", "at", "share", "cost")
        order_by = ("at",)


class PulseFilter(lists.ListFilter):
    primary = ("name",)
    name = django_filters.CharFilter(lookup_expr="icontains", label="Name")
    after = django_filters.DateFilter(field_name="at", lookup_expr="date__gte", label="After")

    kind = django_filters.ChoiceFilter(
        choices=[("a", "Web"), ("b", "Worker")], label="Kind", method="everything"
    )
    alive = django_filters.BooleanFilter(label="Alive", method="everything")

    def everything(self, rows, name, value):
        return rows

    class Meta:
        model = Heartbeat
        fields = ("name",)


class Pulses(lists.ListPage):
    title = "Pulses"
    page_key = "tests.pulses"
    table_class = PulseTable
    filterset_class = PulseFilter
    search_fields = ("name",)
    export_name = "pulses"
    bulk_id = "name"
    empty_title = "No pulse yet"

    def get_queryset(self):
        return Heartbeat.objects.all()


urlpatterns = [
    path("styleguide/", include("apps.core.urls")),
    path("pulses/", Pulses.as_view(), name="pulses"),
    path("secret-pulses/", Pulses.as_view(see="initiatives.cost.see"), name="secret-pulses"),
    path("sign-in/", include("apps.accounts.signin_urls")),
    path("accounts/", include("apps.accounts.urls")),
    path("notifications/", include("apps.notifications.urls")),
]
