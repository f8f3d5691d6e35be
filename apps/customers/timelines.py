"""What this room itself puts on the timeline of a customer: interactions, purchases and key dates."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import policy
from apps.accounts.selectors import the_organisation
from apps.core import formatting
from apps.core.actor import Actor
from apps.core.components import TimelineEntry
from apps.customers.models import Interaction, KeyDate, Purchase
from apps.customers.panels import timeline_register

ICONS = {
    "call": "phone",
    "visit": "building-store",
    "delivered": "package",
    "chat": "message-2",
    "email": "mail",
}


def interactions(
    actor: Actor, customer_ids: list[int], until: dt.datetime | None, limit: int
) -> list[TimelineEntry]:
    """Contacts and operational events. One query."""
    rows = Interaction.objects.visible_to(actor).filter(customer_id__in=customer_ids)
    rows = rows.select_related("touchpoint__step", "unit").order_by("-happened_at", "-pk")
    if until is not None:
        rows = rows.filter(happened_at__lte=until)
    return [
        TimelineEntry(
            at=row.happened_at,
            title=row.kind.replace("_", " ").capitalize(),
            text=row.summary,
            who=str(row.unit),
            icon="alert-triangle" if row.is_failure else ICONS.get(row.kind, "activity"),
            tone="attention" if row.is_failure else "neutral",
            meta=str(row.touchpoint) if row.touchpoint else row.system,
        )
        for row in rows[:limit]
    ]


def purchases(
    actor: Actor, customer_ids: list[int], until: dt.datetime | None, limit: int
) -> list[TimelineEntry]:
    """Purchases; amounts only for those who may see money of that unit. One query."""
    rows = Purchase.objects.visible_to(actor).filter(customer_id__in=customer_ids)
    rows = rows.select_related("unit").order_by("-happened_at", "-pk")
    if until is not None:
        rows = rows.filter(happened_at__lte=until)
    return [
        TimelineEntry(
            at=row.happened_at,
            title=_("Money back") if row.amount < 0 else _("Purchase"),
            text=formatting.money(row.amount, row.currency)
            if policy.can(actor, "customers.value.see", row)
            else "",
            who=str(row.unit),
            icon="receipt-2" if row.amount < 0 else "shopping-cart",
            tone="neutral",
            meta=" · ".join(part for part in (row.product_line, row.order_ref) if part),
        )
        for row in rows[:limit]
    ]


def key_dates(
    actor: Actor, customer_ids: list[int], until: dt.datetime | None, limit: int
) -> list[TimelineEntry]:
    """Key dates at midnight of the organisation's day. Two queries."""
    zone = ZoneInfo(the_organisation().time_zone)
    rows = KeyDate.objects.visible_to(actor).filter(customer_id__in=customer_ids).order_by("-on", "-pk")
    if until is not None:
        rows = rows.filter(on__lte=until.astimezone(zone).date())
    return [
        TimelineEntry(
            at=dt.datetime.combine(row.on, dt.time(), zone),
            title=row.get_kind_display(),
            text=row.note,
            icon="calendar-event",
            tone="info",
            meta=_("Key date"),
        )
        for row in rows[:limit]
    ]


def register() -> None:
    """Put this room's kinds on the timeline."""
    see = "customers.customer.see"
    kinds = (
        ("interactions", gettext_lazy("Contacts and events"), interactions),
        ("purchases", gettext_lazy("Purchases"), purchases),
        ("key-dates", gettext_lazy("Key dates"), key_dates),
    )
    for order, (key, label, provide) in enumerate(kinds, start=80):
        timeline_register(key=key, label=label, action=see, provide=provide, order=order)
