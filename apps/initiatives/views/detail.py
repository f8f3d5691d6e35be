"""The page of one initiative: a tab is an address, and only its own data are read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.selectors import history_of
from apps.core.actor import Actor
from apps.core.components import Action, Crumb, Tab, TimelineEntry
from apps.core.htmx import render_page
from apps.initiatives import pictures
from apps.initiatives.models import (
    CostLine,
    GateDecision,
    Initiative,
    JournalEntry,
    KpiLink,
    Stage,
    Treatment,
)
from apps.initiatives.rules import asks_of, gate_gaps
from apps.initiatives.selectors import costs_by_month, gate_facts
from apps.initiatives.transitions import ROAD, moves_from
from apps.initiatives.words import EVENT_WORDS, GAP_WORDS

Context = dict[str, Any]


@login_required
def detail(request: HttpRequest, uid: Any) -> HttpResponse:
    """One initiative, one tab of it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "initiatives.initiative.see")
    rows = Initiative.objects.visible_to(actor).select_related("unit", "owner", "sponsor", "investment_type")
    row = rows.the(uid=uid)
    tab = request.GET.get("tab", "overview")
    if tab not in TABS:
        tab = "overview"
    build = TABS[tab][1]
    context = {
        "initiative": row,
        "tab": tab,
        "crumbs": [Crumb(_("Initiatives"), reverse("initiatives:list")), Crumb(row.name)],
        "tabs": [Tab(words, f"?tab={name}", active=name == tab) for name, (words, _build) in _tabs().items()],
        "actions": _actions(actor, row),
        "sees_money": policy.sees_money(actor, row),
        "now": timezone.now(),
        **build(actor, row),
    }
    return render_page(request, "initiatives/detail.html", context)


def _actions(actor: Actor, row: Initiative) -> list[Action]:
    edit = policy.can(actor, "initiatives.initiative.edit", row)
    return [
        Action(
            _("Edit"),
            reverse("initiatives:edit", args=[row.uid]),
            icon="pencil",
            denied=getattr(edit, "reason", ""),
        )
    ]


def _overview(actor: Actor, row: Initiative) -> Context:
    money = policy.sees_money(actor, row)
    today = timezone.localdate()
    costs = costs_by_month(actor=actor, initiative=row, as_of=today, through=today) if money else {}
    treated = Treatment.objects.visible_to(actor).filter(initiative=row).count()
    return {
        "stats": pictures.overview_stats(row, costs, treated, money=money),
        "items": pictures.facts(row),
        "answers": pictures.answers(row, money=money),
        "road": [
            {
                "code": code,
                "label": Stage(code).label,
                "is_now": code == row.stage,
                "is_past": _is_past(row, code),
            }
            for code in ROAD
        ],
        "chart": pictures.sustain_chart(row),
    }


def _is_past(row: Initiative, code: str) -> bool:
    return row.stage in ROAD and ROAD.index(code) < ROAD.index(row.stage)


def _costs(actor: Actor, row: Initiative) -> Context:
    if not policy.sees_money(actor, row):
        return {"blocks": [], "lines": []}
    today = timezone.localdate()
    through = pictures.months_ahead(today)
    months = costs_by_month(actor=actor, initiative=row, as_of=today, through=through)
    lines = CostLine.objects.visible_to(actor).filter(initiative=row)
    may_edit = policy.can(actor, "initiatives.cost.edit", row)
    return {
        "blocks": [pictures.cost_block(row, code, found, today) for code, found in months.items() if found],
        "lines": lines,
        "may_edit": may_edit,
        "may_not": getattr(may_edit, "reason", ""),
    }


def _treatments(actor: Actor, row: Initiative) -> Context:
    rows = list(Treatment.objects.visible_to(actor).filter(initiative=row).select_related("unit"))
    may_edit = policy.can(actor, "initiatives.initiative.edit", row)
    today = timezone.localdate()
    return {
        "treatments": [{"row": t, "state": _treatment_state(t, today)} for t in rows],
        "may_edit": may_edit,
        "may_not": getattr(may_edit, "reason", ""),
    }


def _treatment_state(row: Treatment, today: Any) -> tuple[str, str]:
    if row.starts_on > today:
        return "waiting", _("To come")
    if row.ends_on is not None and row.ends_on <= today:
        return "done", _("Ended")
    return "running", _("Running")


def _links(actor: Actor, row: Initiative) -> Context:
    may_edit = policy.can(actor, "initiatives.initiative.edit", row)
    return {
        "links": KpiLink.objects.visible_to(actor)
        .filter(initiative=row)
        .select_related("kpi", "value_model"),
        "may_edit": may_edit,
        "may_not": getattr(may_edit, "reason", ""),
    }


def _gates(actor: Actor, row: Initiative) -> Context:
    facts = gate_facts(actor=actor, initiative=row)
    moves = []
    for code in moves_from(row.stage):
        action = "approve" if code == Stage.APPROVED else "decide"
        answer = policy.can(actor, f"initiatives.gate.{action}", row)
        gaps = gate_gaps(row.stage, code, facts, today=timezone.localdate())
        moves.append(
            {
                "label": Stage(code).label,
                "url": reverse("initiatives:gate", args=[row.uid, code]),
                "asked": len(asks_of(row.stage, code, row.investment_class)),
                "gaps": [GAP_WORDS[gap] for gap in gaps],
                "denied": getattr(answer, "reason", ""),
            }
        )
    decisions = GateDecision.objects.visible_to(actor).filter(initiative=row).select_related("decided_by")
    return {
        "moves": moves,
        "timeline": [
            TimelineEntry(
                at=d.decided_at,
                title=f"{d.get_from_stage_display()} → {d.get_to_stage_display()}",
                who=str(d.decided_by or _("a job")),
                text=d.reason,
                icon="hand-stop" if d.to_stage == Stage.STOPPED else "checks",
            )
            for d in decisions
        ],
    }


def _journal(actor: Actor, row: Initiative) -> Context:
    may_add = policy.can(actor, "initiatives.journal.add", row)
    entries = JournalEntry.objects.visible_to(actor).filter(initiative=row).select_related("author")[:200]
    return {
        "may_add": may_add,
        "may_not": getattr(may_add, "reason", ""),
        "timeline": [
            TimelineEntry(at=e.written_at, title=str(e.author or _("a job")), text=e.text, icon="notes")
            for e in entries
        ],
    }


def _history(actor: Actor, row: Initiative) -> Context:
    entries = history_of(row, actor)
    return {
        "history": [dataclasses.replace(e, what=EVENT_WORDS.get(str(e.what), e.what)) for e in entries],
    }


def _tabs() -> dict[str, tuple[Any, Callable[[Actor, Initiative], Context]]]:
    return {
        "overview": (_("Overview"), _overview),
        "costs": (_("Costs"), _costs),
        "treatments": (_("Where and when"), _treatments),
        "kpis": (_("KPIs"), _links),
        "gates": (_("Gates"), _gates),
        "journal": (_("Journal"), _journal),
        "history": (_("History"), _history),
    }


TABS = _tabs()
