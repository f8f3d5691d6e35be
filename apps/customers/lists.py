"""The lists of customers, interactions and purchases."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts import policy
from apps.core import formatting, lists
from apps.core.components import Action, Crumb
from apps.core.figures import Figure
from apps.customers import selectors
from apps.customers.filters import CustomerFilter, InteractionFilter, PurchaseFilter
from apps.customers.models import Customer, Identity, Interaction, Purchase

EVIDENCE = ("happened_at", "customer", "touchpoint", "unit", "system")


class CustomerTable(lists.Table):
    name = lists.Column(verbose_name=gettext_lazy("Customer"), linkify=True, empty_values=())
    value_band = lists.StateColumn(verbose_name=gettext_lazy("Value"))
    seen_value = lists.MoneyColumn(
        currency_field="value_currency", verbose_name=gettext_lazy("Last 12 months")
    )
    segment = lists.Column(verbose_name=gettext_lazy("Segment"))
    unit = lists.Column(accessor="unit__name", verbose_name=gettext_lazy("Unit"))
    since_on = lists.WhenColumn(verbose_name=gettext_lazy("Customer since"))
    identities = lists.Column(verbose_name=gettext_lazy("Known as"), orderable=False, empty_values=())

    class Meta(lists.Table.Meta):
        model = Customer
        fields = ("name", "value_band", "seen_value", "segment", "unit", "since_on", "identities")

    def render_name(self, record: Customer) -> str:
        return str(record)

    def value_name(self, record: Customer) -> str:
        return str(record)

    def render_seen_value(self, value: Decimal, record: Customer) -> str:
        return (
            formatting.money(value, record.value_currency) if record.value_currency else formatting.NO_VALUE
        )

    def value_seen_value(self, record: Customer) -> Decimal | None:
        return record.seen_value if record.value_currency else None  # type: ignore[attr-defined]

    def render_identities(self, record: Customer) -> SafeString:
        names = [(str(identity),) for identity in record.identities.all()]
        more = [(_("%(count)s more") % {"count": len(names) - 3},)] if len(names) > 3 else []
        return format_html_join(", ", "{}", names[:3] + more)

    def value_identities(self, record: Customer) -> str:
        return "; ".join(str(identity) for identity in record.identities.all())


class Customers(lists.ListPage):
    title = gettext_lazy("Customers")
    page_key = "customers.list"
    see = "customers.customer.see"
    table_class = CustomerTable
    filterset_class = CustomerFilter
    export_name = "customers"
    search_label = gettext_lazy("Search by name, e-mail, phone or identity")
    empty_icon = "users-group"
    empty_title = gettext_lazy("No customers yet")
    empty_text = gettext_lazy(
        "Customers appear with the first import, or when feedback arrives over the API."
    )
    template_name = "customers/list.html"

    def get_queryset(self) -> QuerySet[Customer]:
        rows = Customer.objects.visible_to(self.actor).canonical().select_related("unit")
        rows = rows.prefetch_related(Prefetch("identities", Identity.objects.order_by("system", "id")))
        return rows.annotate(seen_value=rows.money(self.actor, "value_12m")).order_by("-id")

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return selectors.customers_search(rows, text)  # type: ignore[arg-type]

    def get_sentence(self) -> str:
        return _("Who we serve, under one roof: every system's identities, and what happened to each.")

    def get_actions(self) -> Sequence[Action]:
        return [
            Action(_("Interactions"), reverse("customers:interactions"), icon="activity"),
            Action(_("Purchases"), reverse("customers:purchases"), icon="shopping-cart"),
        ]

    def get_table_kwargs(self) -> dict[str, Any]:
        return {} if policy.can(self.actor, "customers.value.see") else {"exclude": ("seen_value",)}


class InteractionTable(lists.Table):
    kind = lists.Column(verbose_name=gettext_lazy("Kind"))
    happened_at = lists.WhenColumn(verbose_name=gettext_lazy("When"))
    customer = lists.Column(linkify=True, verbose_name=gettext_lazy("Customer"), order_by="customer__name")
    summary = lists.Column(verbose_name=gettext_lazy("What happened"), orderable=False)
    is_failure = lists.Column(verbose_name=gettext_lazy("Went wrong"))
    minutes = lists.NumberColumn(verbose_name=gettext_lazy("Minutes"), places=0)
    touchpoint = lists.Column(verbose_name=gettext_lazy("Touchpoint"), orderable=False)
    unit = lists.Column(accessor="unit__name", verbose_name=gettext_lazy("Unit"))
    system = lists.Column(verbose_name=gettext_lazy("Source system"))

    class Meta(lists.Table.Meta):
        model = Interaction
        fields = ("kind", *EVIDENCE[:2], "summary", "is_failure", "minutes", *EVIDENCE[2:])

    def render_kind(self, value: str) -> str:
        return value.replace("_", " ").capitalize()

    def render_is_failure(self, value: bool) -> str:
        return _("Yes") if value else ""


class EvidenceList(lists.ListPage):
    """What both lists of evidence share."""

    see = "customers.customer.see"

    def get_crumbs(self) -> Sequence[Crumb]:
        return [Crumb(_("Customers"), reverse("customers:list")), Crumb(self.title)]

    def _rows(self, model: Any) -> QuerySet[Any]:
        rows = model.objects.visible_to(self.actor)
        return rows.select_related("customer", "unit", "touchpoint__step").order_by("-happened_at", "-id")


class Interactions(EvidenceList):
    title = gettext_lazy("Interactions")
    page_key = "customers.interactions"
    table_class = InteractionTable
    filterset_class = InteractionFilter
    export_name = "interactions"
    search_fields = ("summary", "customer__name")
    empty_icon = "activity"
    empty_title = gettext_lazy("No interactions yet")
    empty_text = gettext_lazy("Import calls, visits, deliveries and failures, or send them over the API.")

    def get_queryset(self) -> QuerySet[Interaction]:
        return self._rows(Interaction)

    def get_sentence(self) -> str:
        return _("What happened to customers: contacts, and events of operations.")


class PurchaseTable(lists.Table):
    happened_at = lists.WhenColumn(verbose_name=gettext_lazy("When"))
    customer = lists.Column(linkify=True, verbose_name=gettext_lazy("Customer"), order_by="customer__name")
    seen_amount = lists.MoneyColumn(currency_field="currency", verbose_name=gettext_lazy("Amount"))
    seen_margin = lists.MoneyColumn(currency_field="currency", verbose_name=gettext_lazy("Margin"))
    product_line = lists.Column(verbose_name=gettext_lazy("Product line"))
    order_ref = lists.Column(verbose_name=gettext_lazy("Order"))
    touchpoint = lists.Column(verbose_name=gettext_lazy("Touchpoint"), orderable=False)
    unit = lists.Column(accessor="unit__name", verbose_name=gettext_lazy("Unit"))
    system = lists.Column(verbose_name=gettext_lazy("Source system"))

    class Meta(lists.Table.Meta):
        model = Purchase
        fields = (
            "happened_at", "customer", "seen_amount", "seen_margin", "product_line", "order_ref", "touchpoint", "unit", "system",
        )  # fmt: skip

    def render_order_ref(self, value: str) -> SafeString | str:
        """Long machine-made order numbers would push the rest off the screen: begun here, whole in the title."""
        return format_html('<span title="{}">{}…</span>', value, value[:12]) if len(value) > 16 else value

    def value_order_ref(self, record: Purchase) -> str:
        return record.order_ref


class Purchases(EvidenceList):
    title = gettext_lazy("Purchases")
    page_key = "customers.purchases"
    table_class = PurchaseTable
    filterset_class = PurchaseFilter
    export_name = "purchases"
    search_fields = ("order_ref", "product_line", "customer__name")
    empty_icon = "shopping-cart"
    empty_title = gettext_lazy("No purchases yet")
    empty_text = gettext_lazy("Import what customers paid, or send it over the API.")
    template_name = "customers/purchases.html"
    fragment_name = "customers/_purchases.html"

    def get_queryset(self) -> QuerySet[Purchase]:
        rows = self._rows(Purchase)
        return rows.annotate(
            seen_amount=rows.money(self.actor, "amount"), seen_margin=rows.money(self.actor, "margin")
        )

    def get_sentence(self) -> str:
        return _("What customers paid, each amount in its own currency; money back is negative.")

    def get_table_kwargs(self) -> dict[str, Any]:
        allowed = policy.can(self.actor, "customers.value.see")
        return {} if allowed else {"exclude": ("seen_amount", "seen_margin")}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.found = self.get_queryset()
        return super().get(request, *args, **kwargs)

    def _found(self, filters: Any) -> QuerySet[Any]:
        self.found = super()._found(filters)
        return self.found

    def get_context(self) -> dict[str, Any]:
        """The sums of exactly what is filtered, for those who may see money."""
        if not policy.can(self.actor, "customers.value.see"):
            return {"totals": []}
        totals = selectors.purchase_totals(self.found.with_money(self.actor))
        period = _("all filtered purchases")
        return {
            "totals": [
                Figure(
                    label=ngettext("%(count)s payment", "%(count)s payments", count)
                    % {"count": formatting.number(count)},
                    value=amount,
                    kind="money",
                    unit=currency,
                    period=period,
                )
                for currency, amount, count in totals[:6]
            ]
        }
