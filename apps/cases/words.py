"""Sentences about cases and rules, for people."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from apps.cases.models import Case, CaseRule, Trigger
from apps.core import formatting
from apps.engine import sla

MOVES = {
    "take": lambda: _("Take the case"),
    "reach": lambda: _("Log a contact"),
    "resolve": lambda: _("Resolve"),
    "close": lambda: _("Close with the customer's answer"),
    "reopen": lambda: _("Take up again"),
}
CHANNELS = {
    "phone": lambda: _("Phone"),
    "email": lambda: _("E-mail"),
    "store": lambda: _("In the store"),
    "chat": lambda: _("Chat"),
    "sms": lambda: _("Text message"),
    "social": lambda: _("Social media"),
    "post": lambda: _("Letter"),
    "other": lambda: _("Other"),
}


def channel(code: str) -> str:
    """A channel in words."""
    return CHANNELS[code]() if code in CHANNELS else code


def conditions(rule: CaseRule) -> str:
    """A rule's conditions as one line."""
    parts = []
    sources = [str(source) for source in rule.sources.all()]
    if sources:
        parts.append(_("from %(sources)s") % {"sources": ", ".join(sources)})
    if rule.score_at_most is not None:
        parts.append(
            _("score at most %(score)s") % {"score": formatting.number(rule.score_at_most.normalize())}
        )
    if rule.words:
        parts.append(_("says one of: %(words)s") % {"words": ", ".join(rule.words[:8])})
    if rule.event_kinds:
        parts.append(_("event is one of: %(kinds)s") % {"kinds": ", ".join(rule.event_kinds[:8])})
    if rule.minimum_value is not None:
        parts.append(
            _("customer worth at least %(value)s") % {"value": formatting.number(rule.minimum_value)}
        )
    if not parts:
        return _("something went wrong") if rule.trigger == Trigger.EVENT else _("any answer")
    return "; ".join(parts)


def next_sentence(case: Case, now: dt.datetime) -> str:
    """The one plain sentence on top of a case."""
    if case.state == "closed":
        return {
            "confirmed": _("Closed: the customer confirmed that it is solved."),
            "unconfirmed": _("Closed without the customer's answer, after documented attempts."),
        }.get(case.outcome, _("Closed."))
    if case.state == "resolved":
        return _("Resolved. Ask the customer whether it is, then close.")
    what = _("First contact") if case.first_contacted_at is None else _("Resolution")
    if case.next_due_at is None:
        return ""
    due, _tone = formatting.due(case.next_due_at, now)
    return f"{what}: {due}."


def why_due(case: Case, which: str) -> str:
    """How a due instant came about, so that people can check it: start, budget, calendar, stretches."""
    due = case.first_contact_due_at if which == "contact" else case.resolution_due_at
    start = case.opened_at
    rule = _("rule “%(rule)s”") % {"rule": case.rule} if case.rule else _("the usual target")
    if which == "resolution" and case.reopened_count:
        return _("Counted anew when the case was taken up again (%(rule)s), around the clock: %(due)s.") % {
            "rule": rule,
            "due": formatting.instant(due),
        }
    used = sla.explain(start, due - start) if due > start else []
    return _("%(start)s + %(hours)s h (%(rule)s), counted around the clock = %(due)s.") % {
        "start": formatting.instant(start),
        "hours": _count(sum((u.end - u.start).total_seconds() for u in used) / 3600),
        "rule": rule,
        "due": formatting.instant(due),
    }


def _count(amount: float) -> str:
    return formatting.number(int(amount) if amount == int(amount) else amount)


def score_of(response: object) -> str:
    """A score with its scale: "2 on a scale of 1 to 5"; empty without a score."""
    score, source = getattr(response, "score", None), getattr(response, "source", None)
    if score is None or source is None:
        return ""
    return _("%(score)s on a scale of %(low)s to %(high)s") % {
        "score": f"{score.normalize():f}",
        "low": f"{source.scale_min.normalize():f}",
        "high": f"{source.scale_max.normalize():f}",
    }
