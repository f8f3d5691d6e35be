"""Pages of one customer."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from apps.accounts import policy
from apps.accounts.selectors import history_of
from apps.core.actor import Actor
from apps.core.components import Action, Crumb, Tab
from apps.core.formpage import FormPage
from apps.core.htmx import redirect_or_refresh, render_page
from apps.customers import forms, selectors, services
from apps.customers.cards import consents_now, facts, value_charts, value_figures
from apps.customers.models import Customer, Identity, KeyDate
from apps.customers.panels import timeline_sources

PER_PAGE = 20


def _customer(actor: Actor, uid: uuid.UUID) -> Customer:
    rows = Customer.objects.visible_to(actor).select_related("unit", "account_owner", "merged_into")
    return rows.the(uid=uid)


@login_required
@require_safe
def detail(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One customer: who they are, what they are worth to those who may know, and ONE timeline."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    customer = _customer(actor, uid)
    if customer.merged_into is not None:
        return redirect_or_refresh(request, reverse("customers:detail", args=[customer.merged_into.uid]))
    may_see_value = bool(policy.can(actor, "customers.value.see", customer))
    tab = request.GET.get("tab", "timeline")
    if tab not in {"timeline", "value", "history"} or (tab == "value" and not may_see_value):
        tab = "timeline"
    context: dict[str, Any] = {
        "customer": customer,
        "crumbs": [Crumb(_("Customers"), reverse("customers:list")), Crumb(str(customer))],
        "actions": _actions(actor, customer),
        "tab": tab,
        "tabs": _tabs(tab, may_see_value),
        "facts": facts(customer),
        "figures": value_figures(actor, customer, now=timezone.now()) if may_see_value else [],
        "may_see_value": may_see_value,
        "identities": customer.identities.all(),
        "key_dates": customer.key_dates.all(),
        "consents": consents_now(customer),
        "today": timezone.localdate(),
    }
    if tab == "timeline":
        context |= _timeline(request, actor, customer)
    elif tab == "value":
        context["charts"] = value_charts(actor, customer, now=timezone.now())
    else:
        context["history"] = history_of(customer, actor)
    return render_page(
        request, "customers/detail.html", context, fragments={"timeline": "customers/_timeline.html"}
    )


def _tabs(tab: str, may_see_value: bool) -> list[Tab]:
    tabs = [Tab(_("Timeline"), "?tab=timeline", active=tab == "timeline")]
    if may_see_value:
        tabs.append(Tab(_("Value"), "?tab=value", active=tab == "value"))
    return [*tabs, Tab(_("History"), "?tab=history", active=tab == "history")]


def _actions(actor: Actor, customer: Customer) -> list[Action]:
    refusal = getattr(policy.can(actor, "customers.customer.edit", customer), "reason", "")
    dates = getattr(policy.can(actor, "customers.keydate.edit", customer), "reason", "")
    consent = getattr(policy.can(actor, "customers.consent.record", customer), "reason", "")
    here = [customer.uid]
    return [
        Action(_("Edit"), reverse("customers:edit", args=here), icon="edit", primary=True, denied=refusal),
        Action(_("Add a key date"), reverse("customers:key_date_add", args=here), icon="calendar-event", denied=dates),
        Action(_("Record consent"), reverse("customers:consent", args=here), icon="shield-check", denied=consent),
        Action(_("Add an identity"), reverse("customers:identity_add", args=here), icon="id", denied=refusal),
    ]  # fmt: skip


def _timeline(request: HttpRequest, actor: Actor, customer: Customer) -> dict[str, Any]:
    sources = [s for s in timeline_sources() if policy.can(actor, s.action, customer)]
    kind = request.GET.get("kind", "")
    if kind not in {source.key for source in sources}:
        kind = ""
    page = selectors.timeline(actor, customer, PER_PAGE, cursor=request.GET.get("until", ""), kind=kind)
    return {
        "kinds": sources,
        "kind": kind,
        "entries": page.entries,
        "next_cursor": page.next_cursor,
        "is_later_page": bool(request.GET.get("until")),
    }


class CustomerForm(FormPage):
    """A form about one customer; goes back to their page."""

    def load(self) -> None:
        self.row = _customer(self.actor, self.kwargs["uid"])

    def get_cancel_url(self) -> str:
        return self.row.get_absolute_url()

    def get_crumbs(self) -> list[Crumb]:
        return [
            Crumb(_("Customers"), reverse("customers:list")),
            Crumb(str(self.row), self.row.get_absolute_url()),
            Crumb(self.title),
        ]

    def verb(self, **values: Any) -> None:
        """The verb of this form."""
        raise NotImplementedError

    def run(self, cleaned: dict[str, Any]) -> str:
        self.verb(actor=self.actor, now=timezone.now(), customer=self.row, **cleaned)
        return self.row.get_absolute_url()


class Edit(CustomerForm):
    title = gettext_lazy("Edit")
    sentence = gettext_lazy("Changes here last until a source tells otherwise in the next import.")
    form_class = forms.CustomerForm
    see = "customers.customer.edit"

    def get_form(self, *args: Any, **kwargs: Any) -> forms.CustomerForm:
        return forms.CustomerForm(*args, initial=self.get_initial(), actor=self.actor, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        names = ("name", "email", "phone", "segment", "language", "since_on", "version")
        owner = self.row.account_owner
        return {
            **{name: getattr(self.row, name) for name in names},
            "unit": self.row.unit.key,
            "account_owner": owner.uid if owner else None,
        }

    def verb(self, **values: Any) -> None:
        services.customer_edit(**values)


class IdentityAdd(CustomerForm):
    title = gettext_lazy("Add an identity")
    sentence = gettext_lazy("With it, later imports of that system find this customer exactly.")
    form_class = forms.IdentityForm
    see = "customers.customer.edit"

    def verb(self, **values: Any) -> None:
        services.identity_add(**values)


class KeyDateAdd(CustomerForm):
    title = gettext_lazy("Add a key date")
    sentence = gettext_lazy(
        "A day on which somebody should reach out: a renewal, the end of a contract, a review."
    )
    form_class = forms.KeyDateForm
    see = "customers.keydate.edit"

    def verb(self, **values: Any) -> None:
        services.key_date_add(**values)


class ConsentRecord(CustomerForm):
    title = gettext_lazy("Record consent")
    sentence = gettext_lazy(
        "What the customer allows counts from now on; what they said before stays on record."
    )
    form_class = forms.ConsentForm
    see = "customers.consent.record"

    def verb(self, **values: Any) -> None:
        services.consent_record(**values)


class KeyDateEdit(CustomerForm):
    title = gettext_lazy("Edit a key date")
    form_class = forms.KeyDateEditForm
    see = "customers.keydate.edit"

    def load(self) -> None:
        dates = KeyDate.objects.visible_to(self.actor).select_related("customer__unit")
        self.key_date = dates.the(uid=self.kwargs["uid"])
        self.row = self.key_date.customer

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.key_date, name) for name in ("kind", "on", "note", "version")}

    def run(self, cleaned: dict[str, Any]) -> str:
        services.key_date_edit(actor=self.actor, now=timezone.now(), key_date=self.key_date, **cleaned)
        return self.row.get_absolute_url()


@login_required
@require_POST
def key_date_remove(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = KeyDate.objects.visible_to(actor).select_related("customer").the(uid=uid)
    services.key_date_remove(actor=actor, now=timezone.now(), key_date=row)
    messages.success(request, _("The key date is removed."))
    return redirect_or_refresh(request, row.customer.get_absolute_url())


@login_required
@require_POST
def identity_remove(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = Identity.objects.visible_to(actor).select_related("customer").the(uid=uid)
    services.identity_remove(actor=actor, now=timezone.now(), identity=row)
    messages.success(request, _("The identity is removed."))
    return redirect_or_refresh(request, row.customer.get_absolute_url())
