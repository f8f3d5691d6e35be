"""The lists of responses and of sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import policy
from apps.core import formatting, lists
from apps.core.components import Action, Crumb
from apps.core.export import Cell
from apps.core.figures import Figure
from apps.feedback.filters import ResponseFilter, SourceFilter
from apps.feedback.models import Response, Source
from apps.feedback.selectors import Z95, FeedbackFigures, feedback_figures, score_text, tone_of_score


class ScoreColumn(lists.Column):
    """A score with its scale; in a file the score, its scale, and the share of the scale."""

    css = "cx-num"

    def render(self, value: Any, record: Response) -> SafeString:
        context = {"label": score_text(record), "tone": tone_of_score(record.score_norm)}
        return SafeString(render_to_string("components/state.html", context))

    def export_headers(self, header: str) -> list[str]:
        return [header, _("Lowest score"), _("Highest score")]

    def export_cells(self, value: Any, record: Response) -> list[Cell]:
        return [record.score, record.source.scale_min, record.source.scale_max]


class WordsColumn(lists.Column):
    """Words of customers: the widest column."""

    css = "cx-words"


class ResponseTable(lists.Table):
    verbatim = WordsColumn(
        verbose_name=gettext_lazy("What they said"), linkify=True, orderable=False, empty_values=()
    )
    score = ScoreColumn(verbose_name=gettext_lazy("Score"), order_by=("score_norm", "-id"))
    source = lists.Column(accessor="source__name", verbose_name=gettext_lazy("Source"), orderable=False)
    customer = lists.Column(verbose_name=gettext_lazy("Customer"), orderable=False)
    touchpoint = lists.Column(verbose_name=gettext_lazy("Touchpoint"), orderable=False)
    unit = lists.Column(accessor="unit__name", verbose_name=gettext_lazy("Unit"), orderable=False)
    responded_at = lists.WhenColumn(verbose_name=gettext_lazy("Answered"))

    class Meta(lists.Table.Meta):
        model = Response
        fields = (
            "verbatim", "score", "source", "customer", "touchpoint", "unit", "responded_at",
        )  # fmt: skip

    def render_verbatim(self, record: Response) -> str:
        words = ": ".join(part for part in (record.title.strip(), record.verbatim.strip()) if part)
        return Truncator(words).chars(160) if words else _("(no words)")

    def value_verbatim(self, record: Response) -> str:
        return ": ".join(part for part in (record.title, record.verbatim) if part)


class Responses(lists.ListPage):
    title = gettext_lazy("Feedback")
    page_key = "feedback.list"
    see = "feedback.response.see"
    table_class = ResponseTable
    filterset_class = ResponseFilter
    export_name = "feedback"
    search_label = gettext_lazy("Search in the words")
    empty_icon = "message-2"
    empty_title = gettext_lazy("No feedback yet")
    empty_text = gettext_lazy(
        "Import a file of answers, complaints or reviews, or send them over the API. Each answer keeps its words, its score and its scale."
    )
    template_name = "feedback/list.html"
    fragment_name = "feedback/_list.html"

    def get_queryset(self) -> QuerySet[Response]:
        rows = Response.objects.visible_to(self.actor).defer("search")
        return rows.select_related("source", "customer", "unit", "touchpoint__step")

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.saying(text)  # type: ignore[attr-defined, no-any-return]

    def _found(self, filters: Any) -> QuerySet[Any]:
        self.found = super()._found(filters)
        return self.found

    def get_sentence(self) -> str:
        return _("What customers said, in their own words: surveys, complaints, posts, notes and reviews.")

    def get_actions(self) -> Sequence[Action]:
        return [Action(_("Sources"), reverse("feedback:sources"), icon="plug")]

    def get_table_kwargs(self) -> dict[str, Any]:
        return {} if policy.can(self.actor, "customers.customer.see") else {"exclude": ("customer",)}

    def get_context(self) -> dict[str, Any]:
        figures = feedback_figures(self.found)  # type: ignore[arg-type]
        return {"figures": figures, "stats": stats(figures)}


def stats(given: FeedbackFigures) -> list[Figure]:
    """The header figures of a filtered set."""
    period = _("all filtered responses")
    if given.is_capped:
        words = _("More than %(cap)s: choose a source, a unit or a shorter time for exact figures.")
        cap = formatting.number(given.count)
        return [
            Figure(label=_("Responses"), value=given.count, note=words % {"cap": cap}, period=_("at least"))
        ]
    found = [
        Figure(
            label=_("Responses"),
            value=given.count,
            period=period,
            note=_("%(count)s with words") % {"count": formatting.number(given.with_words)},
        )
    ]
    if given.mean is not None and given.low is not None and given.high is not None:
        mean = float(given.mean)
        exact = {
            "mean": formatting.number(mean, 4),
            "low": f"{given.low.normalize():f}",
            "high": f"{given.high.normalize():f}",
        }
        found.append(
            Figure(
                label=_("Mean score"),
                value=mean,
                low=None if given.se is None else mean - Z95 * given.se,
                high=None if given.se is None else mean + Z95 * given.se,
                note=_("%(mean)s on a scale from %(low)s to %(high)s") % exact,
                period=_("%(count)s with a score") % {"count": formatting.number(given.scored)},
            )
        )
    elif given.mean_norm is not None:
        found.append(
            Figure(
                label=_("Mean score"),
                value=given.mean_norm,
                kind="percent",
                note=_("Of each scale, because the sources use different ones."),
                period=_("%(count)s with a score") % {"count": formatting.number(given.scored)},
            )
        )
    if given.favourable is not None:
        found.append(
            Figure(
                label=_("Favourable"), value=given.favourable, kind="percent", period=_("of those with a score"),
                note=_("In the upper quarter of the scale, such as 4 and 5 of 5."),
            )
        )  # fmt: skip
        found.append(
            Figure(
                label=_("Unfavourable"), value=given.unfavourable, kind="percent", period=_("of those with a score"),
                note=_("In the lower quarter of the scale, such as 1 and 2 of 5."),
            )
        )  # fmt: skip
    return found


def _source_link(record: Source, table: SourceTable) -> str:
    """Who may edit the source gets there, others to what it brought."""
    return record.get_absolute_url() if table.may_edit else f"{reverse('feedback:list')}?source={record.key}"


class SourceTable(lists.Table):
    name = lists.Column(verbose_name=gettext_lazy("Source"), linkify=_source_link)
    key = lists.Column(verbose_name=gettext_lazy("Key"))
    kind = lists.Column(verbose_name=gettext_lazy("Kind"))
    score_kind = lists.Column(verbose_name=gettext_lazy("Score"))
    scale = lists.Column(verbose_name=gettext_lazy("Scale"), orderable=False, empty_values=())
    unit = lists.Column(accessor="unit__name", verbose_name=gettext_lazy("Unit"))
    touchpoint = lists.Column(verbose_name=gettext_lazy("Touchpoint"), orderable=False)
    is_active = lists.Column(verbose_name=gettext_lazy("Active"))

    class Meta(lists.Table.Meta):
        model = Source
        fields = ("name", "key", "kind", "score_kind", "scale", "unit", "touchpoint", "is_active")

    def __init__(self, *args: Any, may_edit: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may_edit = may_edit

    def render_scale(self, record: Source) -> str:
        if record.score_kind == "none":
            return "–"
        return f"{record.scale_min.normalize():f}–{record.scale_max.normalize():f}"

    def render_is_active(self, value: bool) -> str:
        return _("yes") if value else _("no")


class Sources(lists.ListPage):
    title = gettext_lazy("Sources of feedback")
    page_key = "feedback.sources"
    see = "feedback.response.see"
    table_class = SourceTable
    filterset_class = SourceFilter
    search_fields = ("name", "key")
    export_name = "sources"
    empty_icon = "plug"
    empty_title = gettext_lazy("No sources yet")
    empty_text = gettext_lazy("A source says where answers come from and on which scale they are scored.")

    def get_queryset(self) -> QuerySet[Source]:
        return (
            Source.objects.visible_to(self.actor).select_related("unit", "touchpoint__step").order_by("name")
        )

    def get_table_kwargs(self) -> dict[str, Any]:
        return {"may_edit": bool(policy.can(self.actor, "feedback.source.edit"))}

    def get_sentence(self) -> str:
        return _("Where feedback comes from, and on which scale it is scored.")

    def get_crumbs(self) -> Sequence[Crumb]:
        return [Crumb(_("Feedback"), reverse("feedback:list")), Crumb(self.title)]

    def get_actions(self) -> Sequence[Action]:
        answer = policy.can(self.actor, "feedback.source.edit")
        return [
            Action(
                _("New source"), reverse("feedback:source_new"), icon="plus", primary=True,
                denied=getattr(answer, "reason", ""),
            )
        ]  # fmt: skip
