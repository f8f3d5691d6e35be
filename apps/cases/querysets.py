from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, F, OuterRef, Q

from apps.core.actor import Role
from apps.core.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from apps.cases.models import Case, CaseEvent, CaseRule  # noqa: F401
    from apps.core.actor import Actor

SEERS = (Role.FRONTLINE, Role.TEAM_LEAD, Role.CX_MANAGER, Role.ANALYST, Role.EXECUTIVE)
SOON = dt.timedelta(hours=4)
NUMBER = re.compile(r"(?:c-?)?(\d{1,15})", re.IGNORECASE)


class CaseRuleQuerySet(ScopedQuerySet["CaseRule"]):
    """Rules that reach one's own units: made for them, for units below, or for units above."""

    def _visible_to(self, actor: Actor) -> Self:
        mine = actor.units(Role.TEAM_LEAD, Role.CX_MANAGER, Role.ANALYST)
        units = self.model._meta.get_field("unit").related_model.objects
        reached = units.filter(pk__in=mine, path__startswith=OuterRef("unit__path"))
        return self.filter(Q(unit_id__in=mine) | Q(Exists(reached.order_by())))


class CaseQuerySet(ScopedQuerySet["Case"]):
    """Cases of one's own units and below."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(unit_id__in=actor.units(*SEERS))

    def open(self) -> Self:
        """Everything that is not closed."""
        return self.exclude(state="closed")

    def of_owner(self, user_id: int | None) -> Self:
        """Open cases of one person."""
        return self.open().filter(owner_id=user_id)

    def overdue(self, now: dt.datetime) -> Self:
        """What is due next should have been done by now."""
        return self.filter(next_due_at__lte=now)

    def due_soon(self, now: dt.datetime, within: dt.timedelta = SOON) -> Self:
        """Not overdue yet, but soon."""
        return self.filter(next_due_at__gt=now, next_due_at__lte=now + within)

    def missed(self, now: dt.datetime) -> Self:
        """First contact or resolution came, or is coming, after its target."""
        return self.filter(
            Q(first_contacted_at__gt=F("first_contact_due_at"))
            | Q(first_contacted_at__isnull=True, first_contact_due_at__lte=now)
            | Q(resolved_at__gt=F("resolution_due_at"))
            | Q(resolved_at__isnull=True, resolution_due_at__lte=now)
        )

    def search(self, text: str) -> Self:
        """By number ("C-1042", "1042"), else all words: in subject, cause or customer, or in what customers wrote."""
        text = text.replace("\x00", " ").strip()
        if match := NUMBER.fullmatch(text):
            return self.filter(number=int(match[1]))
        rows = self
        for word in text.split()[:8]:
            rows = rows.filter(
                Q(subject__icontains=word)
                | Q(cause__icontains=word)
                | Q(customer__name__icontains=word)
                | Q(customer__email__icontains=word)
                | Q(pk__in=self._with_word(word))
            )
        return rows

    def _with_word(self, word: str) -> object:
        """Cases one of whose answers holds a word that begins so, by the index over the words."""
        link = self.model._meta.get_field("responses").related_model
        stem = re.sub(r"[^\w]+", "", word)
        if not stem:
            return []
        query = SearchQuery(f"'{stem}':*", config="simple", search_type="raw")
        return link.objects.filter(response__search=query).values("case_id")


class CaseEventQuerySet(ScopedQuerySet["CaseEvent"]):
    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(case__unit_id__in=actor.units(*SEERS))
