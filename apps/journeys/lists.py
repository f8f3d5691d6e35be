"""The list of journeys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts import policy
from apps.core import lists
from apps.core.components import Action
from apps.journeys.models import Channel, Journey


class JourneyTable(lists.Table):
    name = lists.Column(linkify=True, verbose_name=gettext_lazy("Journey"))
    summary = lists.Column(verbose_name=gettext_lazy("What the customer wants"), orderable=False)
    steps_count = lists.NumberColumn(verbose_name=gettext_lazy("Steps"))
    touchpoints_count = lists.NumberColumn(verbose_name=gettext_lazy("Touchpoints"))
    truths_count = lists.NumberColumn(verbose_name=gettext_lazy("Moments of truth"))
    owner = lists.Column(verbose_name=gettext_lazy("Owner"), order_by="owner__name")
    is_active = lists.Column(verbose_name=gettext_lazy("Active"))

    class Meta(lists.Table.Meta):
        model = Journey
        fields = ("name", "summary", "steps_count", "touchpoints_count", "truths_count", "owner", "is_active")
        order_by = ("name",)

    def render_is_active(self, value: bool) -> str:
        return _("Yes") if value else _("No")


class JourneyFilter(lists.ListFilter):
    is_active = django_filters.BooleanFilter(label=gettext_lazy("Active"))
    channel = django_filters.ChoiceFilter(
        choices=Channel.choices, label=gettext_lazy("Channel"), method="with_channel"
    )

    class Meta:
        model = Journey
        fields = ("is_active", "channel")

    def with_channel(self, rows: Any, name: str, value: str) -> Any:
        return rows.with_channel(value)


class Journeys(lists.ListPage):
    title = gettext_lazy("Journeys")
    page_key = "journeys.list"
    see = "journeys.journey.see"
    table_class = JourneyTable
    filterset_class = JourneyFilter
    search_fields = ("name", "summary", "key")
    export_name = "journeys"
    empty_icon = "route"
    empty_title = gettext_lazy("No journeys yet")
    empty_text = gettext_lazy(
        "Draw the first path your customers walk, so that feedback and failures have a place."
    )
    template_name = "journeys/list.html"

    def get_queryset(self) -> QuerySet[Journey]:
        return (
            Journey.objects.visible_to(self.actor)
            .select_related("owner")
            .annotate(
                steps_count=Count("steps", distinct=True),
                touchpoints_count=Count("steps__touchpoints", distinct=True),
                truths_count=Count("steps", distinct=True, filter=Q(steps__is_moment_of_truth=True)),
            )
        )

    def get_sentence(self) -> str:
        count = Journey.objects.visible_to(self.actor).filter(is_active=True).count()
        return ngettext(
            "%(count)s path that customers walk with us.",
            "%(count)s paths that customers walk with us.",
            count,
        ) % {"count": count}

    def get_actions(self) -> Sequence[Action]:
        refusal = getattr(policy.can(self.actor, "journeys.journey.edit"), "reason", "")
        return [Action(_("New journey"), reverse("journeys:new"), icon="plus", primary=True, denied=refusal)]

    def get_empty_action(self) -> Action | None:
        if not policy.can(self.actor, "journeys.journey.edit"):
            return None
        return Action(_("New journey"), reverse("journeys:new"))
