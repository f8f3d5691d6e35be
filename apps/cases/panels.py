"""What this room puts on pages below it: cases on the customer's and the answer's page, entries on the timeline."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.cases.models import Case
from apps.cases.pictures import ageing_chart, for_leaders
from apps.core.actor import Actor
from apps.core.components import TimelineEntry

__all__ = ["ageing_chart", "badge", "for_leaders", "of_customer", "of_response", "timeline"]


def badge(actor: Actor) -> int:
    """Open cases of one's own. One query over the owner's index."""
    if actor.user_id is None:
        return 0
    return Case.objects.visible_to(actor).of_owner(actor.user_id)[:100].count()


def of_customer(request: HttpRequest, customer: Any) -> str:
    """The customer's cases, newest first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = (
        Case.objects.visible_to(actor).filter(customer_id=customer.pk).select_related("owner").order_by("-pk")
    )
    new = reverse("cases:new") if policy.can(actor, "cases.case.open", customer) else ""
    return _drawn(request, list(rows[:8]), f"{reverse('cases:list')}?customer={customer.uid}", new)


def of_response(request: HttpRequest, response: Any) -> str:
    """The case that an answer belongs to."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = Case.objects.visible_to(actor).filter(responses__response_id=response.pk).select_related("owner")
    return _drawn(request, list(rows), "", "")


def _drawn(request: HttpRequest, cases: list[Case], all_url: str, new_url: str) -> str:
    context = {"cases": cases, "all_url": all_url, "new_url": new_url, "now": timezone.now()}
    return render_to_string("cases/_panel.html", context, request=request)


def timeline(
    actor: Actor, customer_ids: list[int], until: dt.datetime | None, limit: int
) -> list[TimelineEntry]:
    """Cases on the customer's timeline, at the instant they were opened. One query."""
    rows = Case.objects.visible_to(actor).filter(customer_id__in=customer_ids)
    if until is not None:
        rows = rows.filter(opened_at__lte=until)
    return [
        TimelineEntry(
            at=case.opened_at,
            title=_("Case %(case)s: %(subject)s") % {"case": case, "subject": case.subject},
            who=str(case.owner or ""),
            text=case.cause,
            icon="heart-handshake",
            url=case.get_absolute_url(),
            meta=str(case.get_state_display()),
        )
        for case in rows.select_related("owner").order_by("-opened_at", "-pk")[:limit]
    ]
