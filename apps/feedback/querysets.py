from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q

from apps.core.actor import Role
from apps.core.querysets import ScopedQuerySet
from apps.feedback.rules import search_query

if TYPE_CHECKING:
    from apps.core.actor import Actor
    from apps.feedback.models import Response, Source  # noqa: F401

SEERS = (Role.FRONTLINE, Role.TEAM_LEAD, Role.CX_MANAGER, Role.ANALYST, Role.EXECUTIVE)


class SourceQuerySet(ScopedQuerySet["Source"]):
    """Sources are part of the organisation's dictionary."""

    def _visible_to(self, actor: Actor) -> Self:
        return self


class ResponseQuerySet(ScopedQuerySet["Response"]):
    """Responses of one's own units and below."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(unit_id__in=actor.units(*SEERS))

    def with_words(self) -> Self:
        """Those that say something, not only a score."""
        return self.exclude(Q(verbatim="") & Q(title=""))

    def saying(self, text: str) -> Self:
        """Those whose title or words hold every word of `text`, each as a beginning; by the GIN index."""
        query = search_query(text)
        if not query:
            return self.none() if text.strip() else self
        return self.filter(search=SearchQuery(query, config="simple", search_type="raw"))
