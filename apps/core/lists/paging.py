"""Pages of a list whose cost does not grow with the table: nothing counts beyond ten thousand rows."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import formatting

COUNT_CAP = 10_000
PER_PAGE = 50


class CappedPaginator(Paginator):
    """A paginator that counts at most COUNT_CAP + 1 rows; beyond it the list asks to be narrowed."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return int(rows.order_by()[: COUNT_CAP + 1].count())
        return len(rows)

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.count > COUNT_CAP

    @cached_property
    def num_pages(self) -> int:
        shown = min(self.count, COUNT_CAP)
        return max(1, -(-shown // self.per_page))

    @property
    def count_text(self) -> str:
        """ "1,234 results", "10,000+ results"."""
        if self.is_capped:
            return _("%(count)s+ results") % {"count": formatting.number(COUNT_CAP)}
        return ngettext("%(count)s result", "%(count)s results", self.count) % {
            "count": formatting.number(self.count)
        }

    def page_or_nearest(self, number: str | None) -> Page[Any]:
        """The page asked for; nonsense is the first, too far is the last."""
        return self.get_page(number)
