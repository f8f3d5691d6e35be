"""The landing page of each role, the search over everything, and the help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts import policy
from apps.cases import selectors as cases
from apps.cases.models import Case
from apps.core.actor import Actor, Role
from apps.core.components import Crumb, Tab
from apps.core.htmx import render_page
from apps.home import finding, guide, selectors, team

Context = dict[str, Any]


def _mine(actor: Actor) -> Context:
    now = timezone.now()
    work = cases.my_work(actor, now)
    overdue = sum(case.next_due_at is not None and case.next_due_at <= now for case in work)
    grabs = cases.up_for_grabs(actor, now) if len(work) < 10 else []
    if overdue:
        words = ngettext(
            "%(count)s of your cases is overdue: begin with it.",
            "%(count)s of your cases are overdue: begin with the first.",
            overdue,
        )
        sentence = words % {"count": overdue}
    elif work:
        words = ngettext(
            "You have %(count)s open case.",
            "You have %(count)s open cases; the most useful comes first.",
            len(work),
        )
        sentence = words % {"count": len(work)}
    elif grabs:
        sentence = _("Nothing is on your table. These wait for somebody.")
    else:
        sentence = _("Nothing is waiting for you.")
    return {"sentence": sentence, "work": work, "grabs": grabs, "now": now}


def _team(actor: Actor) -> Context:
    now = timezone.now()
    return {**team.queue(actor, now), "now": now}


def _attention(actor: Actor) -> Context:
    return _cards(selectors.attention(actor, timezone.now()), _("Nothing needs your attention."))


def _finance(actor: Actor) -> Context:
    return _cards(selectors.to_sign(actor), _("Nothing waits for you."))


def _data(actor: Actor) -> Context:
    found = selectors.coverage(actor, timezone.now())
    return {
        "sentence": _("What the figures rest on: imports, sources, and how fresh each KPI is."),
        "cards": found,
    }


def _administration(actor: Actor) -> Context:
    return _cards(selectors.administration(actor, timezone.now()), _("People, keys and mail are in order."))


def _cards(cards: list[selectors.Card], calm: str) -> Context:
    waiting = [card for card in cards if card.count]
    words = ngettext("%(count)s thing to look at.", "%(count)s things to look at.", len(waiting))
    sentence = words % {"count": len(waiting)} if waiting else calm
    return {"sentence": sentence, "cards": [*waiting, *(card for card in cards if not card.count)]}


# In the order in which the tabs stand; who holds several roles lands on the first of `FIRST` they hold.
LANDINGS: dict[Role, tuple[Callable[[], str], str, Callable[[Actor], Context]]] = {
    Role.FRONTLINE: (lambda: _("My work"), "home/_work.html", _mine),
    Role.TEAM_LEAD: (lambda: _("My team"), "home/_team.html", _team),
    Role.CX_MANAGER: (lambda: _("What needs attention"), "home/_cards.html", _attention),
    Role.FINANCE: (lambda: _("To sign"), "home/_cards.html", _finance),
    Role.ANALYST: (lambda: _("Data"), "home/_cards.html", _data),
    Role.ADMINISTRATOR: (lambda: _("Administration"), "home/_cards.html", _administration),
}
FIRST = (
    Role.EXECUTIVE, Role.CX_MANAGER, Role.TEAM_LEAD, Role.FRONTLINE, Role.FINANCE, Role.ANALYST, Role.ADMINISTRATOR,
)  # fmt: skip


@login_required
def index(request: HttpRequest) -> HttpResponse:
    """The page that answers the first question of a role without a click; `?as=` chooses among one's roles."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.roles:
        return render_page(request, "home/no_role.html", {})
    policy.require(actor, "home.work.see")
    asked = request.GET.get("as", "")
    role = next((r for r in FIRST if r in actor.grants and r.value == asked), None)
    if role is None:
        role = next(r for r in FIRST if r in actor.grants)
    if role is Role.EXECUTIVE:
        return HttpResponseRedirect(reverse("portfolio:overview"))
    title, part, build = LANDINGS[role]
    context = {
        "title": title(),
        "part": part,
        "role": role.value,
        "tabs": _tabs(actor, role),
        "may_open": bool(policy.can(actor, "cases.case.open")),
        **build(actor),
    }
    return render_page(request, "home/index.html", context, fragments={"work": "home/_work.html"})


def _tabs(actor: Actor, active: Role) -> list[Tab]:
    tabs = [
        Tab(title(), f"?as={role.value}", active=role is active)
        for role, (title, _part, _build) in LANDINGS.items()
        if role in actor.grants
    ]
    if Role.EXECUTIVE in actor.grants:
        tabs.append(Tab(_("Portfolio"), reverse("portfolio:overview")))
    return tabs if len(tabs) > 1 else []


@login_required
def search(request: HttpRequest) -> HttpResponse:
    """What matches, room by room; a case number or a full identity leads straight to it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "home.search")
    text = request.GET.get("q", "").replace("\x00", " ").strip()[:200]
    if text.upper().startswith("C-") and policy.can(actor, "cases.case.see"):
        only = list(Case.objects.visible_to(actor).search(text)[:2])
        if len(only) == 1:
            return HttpResponseRedirect(only[0].get_absolute_url())
    hits = finding.search(actor, text)
    context = {"text": text, "hits": hits, "count": sum(len(found.lines) for found in hits)}
    return render_page(request, "home/search.html", context)


@login_required
def help_page(request: HttpRequest) -> HttpResponse:
    """Help by screen, and what the words mean."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    policy.require(actor, "home.work.see")
    topics = [topic for topic in guide.topics() if policy.can(actor, topic.action)]
    context = {
        "topics": topics,
        "glossary": guide.glossary(),
        "crumbs": [Crumb(_("Home"), "/"), Crumb(_("Help"))],
    }
    return render_page(request, "home/help.html", context)
