"""The team lead's queue: is anybody waiting too long, and who could help?"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.cases import panels
from apps.cases.models import Case
from apps.cases.selectors import case_figures
from apps.core.actor import Actor, Role

SHOWN = 8


def queue(actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Overdue, due soon and unassigned cases of the units one leads, workload per person, ageing."""
    led = actor.units(Role.TEAM_LEAD)
    rows = Case.objects.visible_to(actor).filter(unit_id__in=led)
    shown = rows.select_related("customer", "owner", "unit")
    figures = case_figures(actor, now=now, rows=rows)
    listing = reverse("cases:list")
    queues = [
        (_("Overdue"), list(shown.overdue(now).order_by("next_due_at")[:SHOWN]), f"{listing}?due=breached"),
        (
            _("Due within 4 hours"),
            list(shown.due_soon(now).order_by("next_due_at")[:SHOWN]),
            f"{listing}?due=soon",
        ),
        (
            _("Nobody has taken yet"),
            list(shown.filter(state="new").order_by("priority", "next_due_at")[:SHOWN]),
            f"{listing}?owner=unassigned",
        ),
    ]
    late = figures.totals.overdue
    sentence = (
        _("Overdue cases: %(late)s. Waiting for an owner: %(free)s.")
        % {"late": late, "free": figures.totals.unassigned}
        if late or figures.totals.unassigned
        else _("Nobody is waiting too long.")
    )
    return {
        "sentence": sentence,
        "figures": panels.for_leaders(figures.totals),
        "queues": queues,
        "workload": figures.workload,
        "chart": panels.ageing_chart(figures),
    }
