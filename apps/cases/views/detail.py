"""The page of one case: what the customer said, who they are, what happened before, and the next useful action first."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.selectors import history_of
from apps.cases import transitions, words
from apps.cases.models import Case, CaseEvent
from apps.cases.selectors import case_parts
from apps.cases.views.acting import form_for
from apps.core import formatting
from apps.core.actor import Actor
from apps.core.components import Action, Crumb, Item, Tab, TimelineEntry
from apps.core.htmx import render_page
from apps.customers.models import Customer
from apps.customers.selectors import timeline

ICONS = {
    "opened": "inbox", "joined": "message-2", "assigned": "user-check", "note": "pencil", "contact": "phone",
    "resolved": "tool", "closed": "circle-check", "reopened": "rotate", "breached": "clock-exclamation",
}  # fmt: skip
TONES = {"breached": "bad", "reopened": "attention", "resolved": "ok", "closed": "ok", "joined": "attention"}


def load(request: HttpRequest, uid: Any) -> Case:
    """The case of an address, with what its page names; else `NotVisible`."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "cases.case.see")
    rows = Case.objects.visible_to(actor).select_related(
        "customer", "owner", "unit", "rule", "source", "department", "touchpoint__step"
    )
    return rows.the(uid=uid)


@login_required
def detail(request: HttpRequest, uid: Any) -> HttpResponse:
    """One case."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = load(request, uid)
    now = timezone.now()
    tab = "history" if request.GET.get("tab") == "history" else "case"
    context: dict[str, Any] = {
        "case": case,
        "now": now,
        "tab": tab,
        "crumbs": [Crumb(_("Cases"), reverse("cases:list")), Crumb(str(case))],
        "tabs": [
            Tab(_("Case"), "?tab=case", active=tab == "case"),
            Tab(_("History"), "?tab=history", active=tab == "history"),
        ],
        "sentence": words.next_sentence(case, now),
        "actions": actions_of(actor, case),
    }
    if tab == "history":
        context["history"] = history_of(case, actor)
    else:
        context |= _body(actor, case)
    return render_page(request, "cases/detail.html", context)


def _body(actor: Actor, case: Case) -> dict[str, Any]:
    parts = case_parts(actor, case)
    move = transitions.next_move(case.state)
    answer = policy.can(actor, "cases.case.take" if move == "take" else "cases.case.work", case)
    customer = _customer(actor, case)
    shown = {case.get_absolute_url(), *(link.response.get_absolute_url() for link in parts.answers)}
    earlier = timeline(actor, customer, 20).entries if customer else []
    before = [entry for entry in earlier if entry.url not in shown][:12]
    return {
        "parts": parts,
        "answers": [(link.response, words.score_of(link.response)) for link in parts.answers],
        "entries": [timeline_entry(actor, event) for event in parts.events],
        "next": {
            "move": move,
            "label": words.MOVES[move]() if move else "",
            "form": form_for(move, case, actor) if move and answer else None,
            "url": reverse(f"cases:{URLS[move]}", args=[case.uid]) if move else "",
            "refused": getattr(answer, "reason", ""),
        },
        "customer": customer,
        "phone": _dialable(customer.phone) if customer else "",
        "before": before,
        "said": next((link.response for link in parts.answers if link.response.verbatim), None),
        "facts": _facts(actor, case),
        "why_contact": words.why_due(case, "contact"),
        "why_resolution": words.why_due(case, "resolution"),
        "sees_cost": policy.can(actor, "cases.cost.see", case) or case.owner_id == actor.user_id,
    }


URLS = {"take": "take", "reach": "contact", "resolve": "resolve", "close": "close", "reopen": "reopen"}


def actions_of(actor: Actor, case: Case) -> list[Action]:
    """What else can be done with the case from here."""

    def link(move: str, label: str, name: str, icon: str, action: str) -> list[Action]:
        if case.state not in transitions.TABLE[move] or move == transitions.next_move(case.state):
            return []
        answer = policy.can(actor, action, case)
        url = reverse(f"cases:{name}", args=[case.uid])
        return [Action(label, url, icon=icon, denied=getattr(answer, "reason", ""))]

    mine = case.owner_id == actor.user_id
    giving = (
        link("hand_over", _("Hand over"), "hand_over", "arrow-forward-up", "cases.case.work")
        if mine
        else link("assign", _("Assign"), "assign", "user-plus", "cases.case.assign")
    )
    return [
        *link("reach", _("Log a contact"), "contact", "phone", "cases.case.work"),
        *link("note", _("Note"), "note", "pencil", "cases.case.work"),
        *giving,
        *link("reopen", _("Take up again"), "reopen", "rotate", "cases.case.reopen"),
    ]


def timeline_entry(actor: Actor, event: CaseEvent) -> TimelineEntry:
    """One entry of the case's own timeline; goodwill only for whom it concerns."""
    meta = []
    title = str(event.get_kind_display())
    if event.kind == CaseEvent.Kind.CONTACT:
        title = _("Reached the customer") if event.is_reached else _("Tried to reach the customer")
        meta.append(words.channel(event.channel))
    if event.minutes:
        meta.append(_("%(minutes)s min") % {"minutes": formatting.number(event.minutes.normalize())})
    if event.goodwill and (policy.can(actor, "cases.cost.see") or event.actor_id == actor.user_id):
        meta.append(formatting.money(event.goodwill, event.goodwill_currency))
    return TimelineEntry(
        at=event.at,
        title=title,
        who=event.actor_label,
        text=event.text,
        icon=ICONS.get(event.kind, "circle-dot"),
        tone=TONES.get(event.kind, "neutral"),  # type: ignore[arg-type]
        meta=" · ".join(meta),
    )


def _customer(actor: Actor, case: Case) -> Customer | None:
    """The customer if the actor may see them: an executive sees the case, not the person."""
    if case.customer_id is None or not policy.can(actor, "customers.customer.see"):
        return None
    rows = Customer.objects.visible_to(actor).filter(pk=case.customer_id)
    return rows.select_related("merged_into", "unit").first()


def _dialable(phone: str) -> str:
    """The digits of a phone number, for a tel: link."""
    digits = "".join(sign for sign in phone if sign.isdigit())
    return f"+{digits}" if phone.strip().startswith("+") and digits else digits


def _facts(actor: Actor, case: Case) -> list[Item]:
    items = [
        Item(_("Owner"), case.owner or _("nobody yet")),
        Item(_("Unit"), case.unit),
        Item(_("Priority"), case.get_priority_display()),
        Item(_("Touchpoint"), case.touchpoint or "–"),
        Item(_("Opened"), formatting.instant(case.opened_at)),
        Item(
            _("By rule"),
            case.rule or _("by hand"),
            url=case.rule.get_absolute_url() if case.rule and policy.can(actor, "cases.rule.see") else "",
        ),
    ]
    if case.source:
        items.append(Item(_("Source"), case.source))
    if case.cause:
        items.append(Item(_("Cause"), case.cause))
    if case.resolution:
        items.append(Item(_("What was done"), case.resolution))
    if case.state in {"resolved", "closed"}:
        items.append(Item(_("Originated in"), case.department or _("not said")))
    if case.outcome:
        items.append(Item(_("Customer's answer"), case.get_outcome_display()))
    if case.score_after is not None:
        items.append(Item(_("Score afterwards"), formatting.number(case.score_after.normalize())))
    if case.reopened_count:
        items.append(Item(_("Taken up again"), formatting.number(case.reopened_count)))
    if case.minutes:
        items.append(Item(_("Minutes spent"), formatting.number(case.minutes.normalize())))
    if case.goodwill and (policy.can(actor, "cases.cost.see", case) or case.owner_id == actor.user_id):
        items.append(Item(_("Goodwill given"), formatting.money(case.goodwill, case.goodwill_currency)))
    return items
