"""Search over everything the person may see: one short query per room, words matched at their beginning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.cases.models import Case
from apps.core import formatting
from apps.core.actor import Actor
from apps.customers.models import Customer
from apps.customers.selectors import customers_search
from apps.feedback.models import Response
from apps.home.selectors import Line
from apps.initiatives.models import Initiative
from apps.journeys.models import Journey
from apps.kpis.models import Kpi


@dataclass(frozen=True, slots=True)
class Hits:
    """What one room found; `more_url` is its own list with the same search."""

    label: str
    icon: str
    lines: Sequence[Line]
    more_url: str
    is_more: bool


FOUND = 6


def search(actor: Actor, text: str) -> list[Hits]:
    """Customers, cases, words of feedback, initiatives, KPIs and journeys that the actor may see. One query each."""
    text = " ".join(text.replace("\x00", " ").split())[:200]
    if len(text) < 2:
        return []
    query = urlencode({"q": text})
    named = Q()
    for word in text.split()[:8]:
        named &= Q(name__icontains=word)
    found: list[Hits] = []

    def add(label: str, icon: str, listing: str, lines: Sequence[Line]) -> None:
        if lines:
            more = f"{reverse(listing)}?{query}"
            found.append(Hits(label, icon, lines[:FOUND], more, len(lines) > FOUND))

    def may(action: str) -> bool:
        return bool(policy.can(actor, action))

    most = FOUND + 1
    if may("cases.case.see"):
        rows = Case.objects.visible_to(actor).search(text).order_by("-pk")[:most]
        lines = [
            Line(f"{row}: {row.subject}", row.get_absolute_url(), str(row.get_state_display()))
            for row in rows
        ]
        add(_("Cases"), "heart-handshake", "cases:list", lines)
    if may("customers.customer.see"):
        people = customers_search(Customer.objects.visible_to(actor).canonical(), text)
        lines = [
            Line(str(row), row.get_absolute_url(), row.email or row.segment)
            for row in people.order_by("-pk")[:most]
        ]
        add(_("Customers"), "users", "customers:list", lines)
    if may("initiatives.initiative.see"):
        lines = [
            Line(row.name, row.get_absolute_url(), str(row.get_stage_display()))
            for row in Initiative.objects.visible_to(actor).filter(named | Q(key__istartswith=text))[:most]
        ]
        add(_("Initiatives"), "rocket", "initiatives:list", lines)
    if may("kpis.kpi.see"):
        rows_kpi = Kpi.objects.visible_to(actor).filter(named | Q(key__istartswith=text))[:most]
        lines = [Line(row.name, row.get_absolute_url(), str(row.get_kind_display())) for row in rows_kpi]
        add(_("KPIs"), "gauge", "kpis:list", lines)
    if may("journeys.journey.see"):
        rows_journey = (
            Journey.objects.visible_to(actor).filter(named | Q(steps__name__icontains=text)).distinct()
        )
        lines = [Line(row.name, row.get_absolute_url()) for row in rows_journey[:most]]
        add(_("Journeys"), "route", "journeys:list", lines)
    if may("feedback.response.see"):
        said = Response.objects.visible_to(actor).saying(text).select_related("source").defer("search")
        lines = [
            Line(
                (row.title or row.verbatim or row.external_id)[:120],
                row.get_absolute_url(),
                f"{row.source}, {formatting.instant(row.responded_at)}",
            )
            for row in said.order_by("-responded_at", "-pk")[:most]
        ]
        add(_("Words of customers"), "message-2", "feedback:list", lines)
    return found
