"""The executive page: one sentence, four figures with ranges, the pictures, the lines."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import judge, lists
from apps.core.components import Action
from apps.initiatives.models import Initiative
from apps.portfolio import pictures
from apps.portfolio.lists import PortfolioFilter, PortfolioTable
from apps.portfolio.selectors import Overview, portfolio_overview


class Portfolio(lists.ListPage):
    """The lines are computed by `portfolio_overview`, over the initiatives that search and filters leave."""

    title = gettext_lazy("Portfolio")
    page_key = "portfolio.overview"
    see = "portfolio.overview.see"
    table_class = PortfolioTable
    filterset_class = PortfolioFilter
    search_fields = ("name", "key", "summary", "owner__name")
    search_label = gettext_lazy("Search initiatives")
    export_name = "portfolio"
    bulk_id = "key"
    template_name = "portfolio/overview.html"
    fragment_name = "portfolio/_list.html"
    empty_icon = "report-money"
    empty_title = gettext_lazy("Nothing has begun yet")
    empty_text = gettext_lazy("Take an initiative through its gates, or import initiatives and their costs.")

    def get_queryset(self) -> Any:
        return Initiative.objects.visible_to(self.actor)

    @cached_property
    def narrowed(self) -> bool:
        return bool(self._text) or any(
            key in self.request.GET and any(self.request.GET.getlist(key))
            for key in PortfolioFilter.base_filters
        )

    def _found(self, filters: Any) -> Any:
        rows = super()._found(filters)
        self.overview: Overview = portfolio_overview(
            actor=self.actor, now=timezone.now(), initiatives=rows, with_loop=not self.narrowed
        )
        return list(self.overview.rows)

    def get_sentence(self) -> str:
        return pictures.sentence(self.overview)

    def get_actions(self) -> list[Action]:
        answer = judge.can(self.actor, "returns.return.recompute")
        return [
            Action(
                _("Recompute all"),
                reverse("returns:recompute_all"),
                icon="refresh",
                method="post",
                denied=getattr(answer, "reason", ""),
            ),
            Action(_("Computations"), reverse("returns:runs"), icon="history"),
        ]

    def get_context(self) -> dict[str, Any]:
        found = self.overview
        cases = reverse("cases:list") if judge.can(self.actor, "cases.case.see") else ""
        return {
            "overview": found,
            "narrowed": self.narrowed,
            "figures": pictures.figures(found),
            "ahead": pictures.ahead(found),
            "split": pictures.split(found.totals),
            "scatter": pictures.scatter(found),
            "waterfall": pictures.waterfall(found),
            "mix": pictures.mix(found),
            "not_judged": pictures.not_judged(found),
            "loop_figures": pictures.loop_figures(found.loop, found.currency, rows_href=cases)
            if found.loop
            else [],
        }
