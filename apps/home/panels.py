"""What home puts on pages below it: the figures of loop closing on the executive's page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from apps.cases import panels
from apps.cases.models import Case
from apps.cases.selectors import totals
from apps.core.actor import Actor


def of_portfolio(request: HttpRequest, _obj: Any) -> str:
    """Open and overdue cases, and how the targets were kept, in the actor's units. One query."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = totals(Case.objects.visible_to(actor), timezone.now())
    context = {"figures": panels.for_leaders(found)}
    return render_to_string("home/_loop_panel.html", context, request=request)
