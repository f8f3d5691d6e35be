"""The parts of a customer's page, as data for the shared components."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.core import formatting
from apps.core.actor import Actor
from apps.core.charts import BarChart, Bars
from apps.core.components import Item
from apps.core.figures import Figure
from apps.customers.models import Consent, Customer
from apps.customers.selectors import value_by_month, value_now


def facts(customer: Customer) -> list[Item]:
    """Who they are; empty ones are left out."""
    told = [
        Item(_("Segment"), customer.segment),
        Item(_("Language"), customer.language),
        Item(_("Home unit"), customer.unit),
        Item(_("Customer since"), formatting.instant(customer.since_on) if customer.since_on else ""),
        Item(_("Account owner"), customer.account_owner or ""),
        *(
            Item(str(name)[:1].upper() + str(name)[1:], value)
            for name, value in sorted(customer.attributes.items())[:20]
        ),
    ]
    return [item for item in told if item.value not in ("", None)]


def value_figures(actor: Actor, customer: Customer, *, now: dt.datetime) -> list[Figure]:
    """What they paid in the last twelve months, per currency, for those who may see money. One query."""
    period = _("last 12 months")
    figures = [
        Figure(
            label=_("Value"),
            value=amount,
            kind="money",
            unit=currency,
            period=period,
            as_of=now,
            href="?tab=value",
        )
        for currency, amount, _count in value_now(actor, customer, now=now)[:3]
    ]
    return figures or [Figure(label=_("Value"), state="no_data", period=period)]


def value_charts(actor: Actor, customer: Customer, *, now: dt.datetime) -> list[BarChart]:
    """Twelve months of purchases, one chart per currency: amounts of different currencies are never added."""
    charts = []
    values = value_by_month(actor, customer, now=now)
    for currency in sorted({value.currency for value in values}):
        own = [value for value in values if value.currency == currency]
        total = sum((value.amount for value in own), Decimal(0))
        count = sum(value.purchases for value in own)
        charts.append(
            BarChart(
                id=f"value-{currency.lower()}",
                title=_("Paid per month, %(currency)s") % {"currency": currency},
                summary=_("%(total)s in %(count)s purchases over twelve months.")
                % {"total": formatting.money(total, currency), "count": formatting.number(count)},
                x_label=_("Month"),
                y_label=currency,
                unit=currency,
                kind="money",
                categories=[date_format(value.month, "M Y") for value in own],
                bars=[Bars(_("Paid"), [value.amount for value in own])],
            )
        )
    return charts


def consents_now(customer: Customer) -> list[Consent]:
    """The newest word of the customer on each purpose. One query."""
    newest: dict[str, Consent] = {}
    for consent in customer.consents.all():
        newest.setdefault(consent.purpose, consent)
    return list(newest.values())
