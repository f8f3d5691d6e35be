"""What this room puts on the page of an initiative: the sentence, and the return with its button and progress."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.core.actor import Actor
from apps.core.components import Progress
from apps.returns import pictures
from apps.returns.models import RecomputeRun, RunState
from apps.returns.selectors import OPEN, RunProgress, Standing, run_progress, standings
from apps.returns.words import scope_words

STATES = {
    RunState.QUEUED: "waiting",
    RunState.RUNNING: "running",
    RunState.DONE: "done",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "cancelled",
}


def standing_for(request: HttpRequest, row: Any) -> Standing:
    """Where the return of this initiative stands; read once per request."""
    known: dict[int, Standing] = request.__dict__.setdefault("_return_standings", {})
    if row.pk not in known:
        known[row.pk] = standings(actor=request.actor, initiatives=[row], full=True)[row.pk]  # type: ignore[attr-defined]
    return known[row.pk]


def sentence(request: HttpRequest, row: Any) -> str:
    """What is known of the return, in one sentence."""
    return escape(pictures.sentence(standing_for(request, row)))


def return_panel(request: HttpRequest, row: Any) -> str:
    """The figures of the return, its verdict, a stale mark, and the way to compute it again."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    standing = standing_for(request, row)
    may = policy.can(actor, "returns.return.recompute", row)
    run = (
        RecomputeRun.objects.visible_to(actor)
        .filter(state__in=OPEN, items__state__in=OPEN, items__initiative_ids__contains=row.pk)
        .first()
    )
    context = {
        "initiative": row,
        "standing": standing,
        "snapshot": standing.snapshot,
        "figures": pictures.headline(standing),
        "words": pictures.words_of(standing.snapshot) if standing.snapshot else None,
        "split": pictures.split(standing.snapshot) if standing.snapshot else [],
        "cash": pictures.cash_chart(standing.snapshot) if standing.snapshot else None,
        "may": may,
        "may_not": getattr(may, "reason", ""),
        "job": progress_of(actor, run_progress(actor=actor, run=run), after=row.get_absolute_url())
        if run
        else None,
    }
    return render_to_string("returns/_panel.html", context, request=request)


def progress_of(actor: Actor, state: RunProgress, after: str = "") -> Progress:
    """A run as a progress bar, counted in initiatives."""
    run = state.run
    outcome = ""
    if run.state in {RunState.DONE, RunState.FAILED, RunState.CANCELLED}:
        outcome = _("%(changed)s changed, %(same)s as before, %(failed)s failed.") % {
            "changed": state.changed,
            "same": max(0, state.done - state.failed - state.changed),
            "failed": state.failed,
        }
    error = next((item.error for item in state.items if item.error), "")
    may = policy.can(actor, "returns.return.recompute")
    return Progress(
        id=f"run-{run.uid}",
        title=scope_words(run.scope),
        state=STATES[RunState(run.state)],  # type: ignore[arg-type]
        done=state.done,
        total=state.total,
        noun=_("initiatives"),
        started_at=run.started_at,
        now=timezone.now(),
        poll_url=reverse("returns:run", args=[run.uid]),
        cancel_url=reverse("returns:run_cancel", args=[run.uid])
        if may and not run.is_cancel_requested
        else "",
        outcome=outcome,
        outcome_url=(after or reverse("portfolio:overview")) if outcome else "",
        outcome_label=_("Show the return") if outcome else "",
        error=error,
    )
