"""Pages of returns: ask for a computation, watch it, and open the arithmetic behind a number."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.accounts import policy
from apps.core import judge, lists
from apps.core.actor import Actor
from apps.core.components import Action, Crumb
from apps.core.errors import Conflict
from apps.core.htmx import redirect_or_refresh, render_page
from apps.initiatives.models import Initiative
from apps.returns import pictures, services
from apps.returns.models import RecomputeRun, RunState, Snapshot
from apps.returns.panels import progress_of
from apps.returns.selectors import LIST_FIELDS, run_progress, standings
from apps.returns.words import OF_ONE, SHORT, scope_words


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]


@login_required
@require_POST
def recompute(request: HttpRequest, uid: Any) -> HttpResponse:
    """Compute one initiative (with those it can only be computed with)."""
    actor = actor_of(request)
    policy.require(actor, "returns.return.see")
    row = Initiative.objects.visible_to(actor).the(uid=uid)
    services.recompute_request(actor=actor, now=timezone.now(), initiative=row)
    messages.success(request, _("The computation is on its way; you may leave this page and come back."))
    return redirect_or_refresh(request, row.get_absolute_url())


@login_required
@require_POST
def recompute_all(request: HttpRequest) -> HttpResponse:
    """Compute all initiatives."""
    run = services.recompute_request(actor=actor_of(request), now=timezone.now())
    return redirect_or_refresh(request, reverse("returns:run", args=[run.uid]))


@login_required
def run(request: HttpRequest, uid: Any) -> HttpResponse:
    """One run: how far it has come, and what came of each piece."""
    actor = actor_of(request)
    policy.require(actor, "returns.return.see")
    row = RecomputeRun.objects.visible_to(actor).the(uid=uid)
    state = run_progress(actor=actor, run=row)
    wanted = {pk for item in state.items for pk in item.initiative_ids}
    names = {i.pk: i for i in Initiative.objects.visible_to(actor).filter(pk__in=wanted)}
    own = next((i for i in names.values() if row.scope == f"{OF_ONE}{i.key}"), None)
    job = progress_of(actor, state, after=own.get_absolute_url() if own else "")
    context = {
        "run": row,
        "job": job,
        "progress": state,
        "items": [
            {"item": item, "initiatives": [names[pk] for pk in item.initiative_ids if pk in names]}
            for item in state.items
        ],
        "crumbs": [
            Crumb(_("Portfolio"), reverse("portfolio:overview")),
            Crumb(_("Computations"), reverse("returns:runs")),
            Crumb(job.title),
        ],
    }
    return render_page(
        request, "returns/run.html", context, fragments={job.id: "components/progress_fragment.html"}
    )


@login_required
@require_POST
def run_cancel(request: HttpRequest, uid: Any) -> HttpResponse:
    """Call a run off."""
    actor = actor_of(request)
    policy.require(actor, "returns.return.recompute")
    row = RecomputeRun.objects.visible_to(actor).the(uid=uid)
    try:
        services.recompute_cancel(actor=actor, now=timezone.now(), run=row)
    except Conflict:
        messages.info(request, _("It was over already."))
    else:
        messages.success(request, _("Called off. What was computed until then is kept."))
    return redirect_or_refresh(request, reverse("returns:run", args=[row.uid]))


@login_required
def snapshot(request: HttpRequest, uid: Any) -> HttpResponse:
    """The arithmetic behind a number: formula, inputs with their source, each step, checks, version and digest."""
    actor = actor_of(request)
    policy.require(actor, "returns.return.see")
    row = Snapshot.objects.visible_to(actor).select_related("initiative").the(uid=uid)
    standing = standings(actor=actor, initiatives=[row.initiative])[row.initiative_id]
    is_current = standing.snapshot is not None and standing.snapshot.pk == row.pk
    shown = type(standing)(row, is_current and standing.is_stale, standing.error, standing.checked_at)
    context = {
        "snapshot": row,
        "initiative": row.initiative,
        "is_current": is_current,
        "standing": shown,
        "sentence": pictures.sentence(shown),
        "figures": pictures.headline(shown),
        "split": pictures.split(row),
        "words": pictures.words_of(row),
        "links": pictures.links_of(row),
        "charts": pictures.series_charts(row),
        "cash": pictures.cash_chart(row),
        "steps": [
            (_("So far"), pictures.steps_of(row, "so_far")),
            (_("Over the horizon, with the projection"), pictures.steps_of(row, "horizon")),
        ],
        "warnings": pictures.warnings_of(row),
        "crumbs": [
            Crumb(_("Initiatives"), reverse("initiatives:list")),
            Crumb(row.initiative.name, row.initiative.get_absolute_url()),
            Crumb(_("Snapshots"), reverse("returns:history", args=[row.initiative.uid])),
            Crumb(_("Arithmetic")),
        ],
        "actions": [
            Action(_("All snapshots"), reverse("returns:history", args=[row.initiative.uid]), icon="history")
        ],
    }
    return render_page(request, "returns/snapshot.html", context)


class SnapshotTable(lists.Table):
    computed_at = lists.WhenColumn(linkify=True, verbose_name=_("Computed"))
    as_of = lists.WhenColumn(verbose_name=_("Data until"))
    verdict = lists.Column(verbose_name=_("Verdict"))
    grade = lists.GradeColumn(verbose_name=_("Evidence"))
    invested = lists.MoneyColumn(currency_field="currency", verbose_name=_("Invested so far"))
    returned_low = lists.MoneyColumn(currency_field="currency", verbose_name=_("Returned, low"))
    returned_mid = lists.MoneyColumn(currency_field="currency", verbose_name=_("Returned"))
    returned_high = lists.MoneyColumn(currency_field="currency", verbose_name=_("Returned, high"))
    engine_version = lists.Column(verbose_name=_("Engine"))

    class Meta(lists.Table.Meta):
        model = Snapshot
        fields = (
            "computed_at", "as_of", "verdict", "grade", "invested", "returned_low", "returned_mid", "returned_high",
            "engine_version",
        )  # fmt: skip

    def render_verdict(self, value: str) -> Any:
        return SHORT.get(value, value)


class SnapshotFilter(lists.ListFilter):
    computed_at = django_filters.DateFromToRangeFilter(label=gettext_lazy("Computed"))
    grade = django_filters.MultipleChoiceFilter(
        choices=[(letter, letter) for letter in "ABCDE"], label=gettext_lazy("Evidence")
    )

    class Meta:
        model = Snapshot
        fields = ("computed_at", "grade")


class History(lists.ListPage):
    """All snapshots of one initiative, newest first."""

    title = gettext_lazy("Snapshots")
    page_key = "returns.history"
    see = "returns.return.see"
    table_class = SnapshotTable
    filterset_class = SnapshotFilter
    search_fields = ("verdict", "digest")
    export_name = "snapshots"
    empty_icon = "report-money"
    empty_title = gettext_lazy("Not computed yet")
    empty_text = gettext_lazy("Press Recompute on the initiative's page, or wait for the nightly run.")

    @property
    def row(self) -> Initiative:
        if not hasattr(self, "_row"):
            self._row = Initiative.objects.visible_to(self.actor).the(uid=self.kwargs["uid"])
        return self._row

    def get_queryset(self) -> Any:
        return Snapshot.objects.visible_to(self.actor).filter(initiative=self.row).defer(*LIST_FIELDS)

    def get_sentence(self) -> str:
        return _("Each computation of “%(name)s” that found new inputs; none is ever changed.") % {
            "name": self.row.name
        }

    def get_crumbs(self) -> list[Crumb]:
        return [
            Crumb(_("Initiatives"), reverse("initiatives:list")),
            Crumb(self.row.name, self.row.get_absolute_url()),
            Crumb(_("Snapshots")),
        ]


class RunTable(lists.Table):
    scope = lists.Column(linkify=True, verbose_name=_("What"))
    state = lists.StateColumn(verbose_name=_("State"))
    requested_by_label = lists.Column(verbose_name=_("Asked by"))
    requested_at = lists.WhenColumn(verbose_name=_("Asked"))
    finished_at = lists.WhenColumn(verbose_name=_("Over"))

    class Meta(lists.Table.Meta):
        model = RecomputeRun
        fields = ("scope", "state", "requested_by_label", "requested_at", "finished_at")

    def render_scope(self, value: str) -> str:
        return scope_words(value)


class RunFilter(lists.ListFilter):
    state = django_filters.MultipleChoiceFilter(choices=RunState.choices, label=gettext_lazy("State"))

    class Meta:
        model = RecomputeRun
        fields = ("state",)


class Runs(lists.ListPage):
    title = gettext_lazy("Computations")
    page_key = "returns.runs"
    see = "returns.return.see"
    table_class = RunTable
    filterset_class = RunFilter
    search_fields = ("scope", "requested_by_label")
    export_name = "computations"
    empty_icon = "refresh"
    empty_title = gettext_lazy("Nothing was computed yet")
    empty_text = gettext_lazy("What becomes stale is computed each minute, everything each night.")

    def get_queryset(self) -> Any:
        return RecomputeRun.objects.visible_to(self.actor)

    def get_sentence(self) -> Any:
        return _("What becomes stale is computed within a minute, everything that has begun each night.")

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("Portfolio"), reverse("portfolio:overview")), Crumb(_("Computations"))]

    def get_actions(self) -> list[Action]:
        answer = judge.can(self.actor, "returns.return.recompute")
        return [
            Action(
                _("Recompute all"),
                reverse("returns:recompute_all"),
                icon="refresh",
                method="post",
                primary=True,
                denied=getattr(answer, "reason", ""),
            )
        ]
