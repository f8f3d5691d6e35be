"""The lists of the KPI room: the dictionary, the values of one KPI, and the value models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import policy
from apps.core import formatting, judge, lists
from apps.core.components import Action, Crumb
from apps.core.errors import Denied
from apps.core.export import Cell
from apps.core.figures import Figure
from apps.kpis import selectors
from apps.kpis.filters import KpiFilter, ObservationFilter, ValueModelFilter
from apps.kpis.models import Kpi, Observation, ValueModel
from apps.kpis.periods import label
from apps.kpis.types import Latest


class TrendColumn(lists.Column):
    """The change against the period before, as an arrow with a signed number."""

    def render(self, value: Any) -> SafeString:
        return SafeString(render_to_string("components/trend.html", {"trend": value}))

    def export_cells(self, value: Any, record: Any) -> list[Cell]:
        return [None if value is None else value.change]


class KpiTable(lists.Table):
    name = lists.Column(verbose_name=gettext_lazy("KPI"), linkify=True)
    kind = lists.Column(verbose_name=gettext_lazy("Kind"))
    latest = lists.FigureColumn(verbose_name=gettext_lazy("Latest"), orderable=False, empty_values=())
    period = lists.Column(verbose_name=gettext_lazy("Period"), orderable=False, empty_values=())
    trend = TrendColumn(verbose_name=gettext_lazy("Change"), orderable=False, empty_values=())
    target = lists.Column(verbose_name=gettext_lazy("Target"))
    owner = lists.Column(verbose_name=gettext_lazy("Owner"), order_by="owner__name")

    class Meta(lists.Table.Meta):
        model = Kpi
        fields = ("name", "kind", "latest", "period", "trend", "target", "owner")

    def __init__(self, *args: Any, latest: dict[int, Latest] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.latest = latest or {}

    def _figure(self, record: Kpi) -> Figure:
        found = self.latest.get(record.pk)
        return selectors.figure(record, found.result if found else None)

    def render_kind(self, record: Kpi) -> str:
        return str(record.get_kind_display()).partition(":")[0]

    def render_latest(self, record: Kpi) -> SafeString:
        context = {"figure": self._figure(record), "short": True}
        return SafeString(render_to_string("components/figure.html", context))

    def value_latest(self, record: Kpi) -> Figure:
        return self._figure(record)

    def render_period(self, record: Kpi) -> str:
        found = self.latest.get(record.pk)
        return label(record.grain, found.period) if found else formatting.NO_VALUE

    def render_trend(self, record: Kpi) -> Any:
        change = self.value_trend(record)
        if change is None:
            return formatting.NO_VALUE
        return SafeString(render_to_string("components/trend.html", {"trend": change}))

    def value_trend(self, record: Kpi) -> Any:
        found = self.latest.get(record.pk)
        return selectors.trend_of(record, found) if found else None

    def render_target(self, value: float, record: Kpi) -> str:
        kind, unit, factor = selectors.kind_of(record)
        return Figure(label="", value=value / factor, kind=kind, unit=unit).full

    def value_target(self, record: Kpi) -> float | None:
        return record.target


class Kpis(lists.ListPage):
    title = gettext_lazy("KPIs")
    page_key = "kpis.list"
    see = "kpis.kpi.see"
    table_class = KpiTable
    filterset_class = KpiFilter
    search_fields = ("name", "key", "definition")
    export_name = "kpis"
    empty_icon = "gauge"
    empty_title = gettext_lazy("No KPIs yet")
    empty_text = gettext_lazy(
        "Define what you measure: what customers feel, what happens, and what it does to the business. None is compulsory."
    )
    template_name = "kpis/list.html"

    def get_queryset(self) -> QuerySet[Kpi]:
        return Kpi.objects.visible_to(self.actor).select_related("owner").order_by("-is_active", "name")

    def get_table_kwargs(self) -> dict[str, Any]:
        known = list(Kpi.objects.visible_to(self.actor)[:2000])
        return {"latest": selectors.latest(self.actor, known, today=timezone.localdate())}

    def get_sentence(self) -> str:
        return _("What we measure, where it stands, and how to read it.")

    def get_actions(self) -> Sequence[Action]:
        actions = [Action(_("Side by side"), reverse("kpis:compare"), icon="chart-line")]
        if policy.can(self.actor, "kpis.value.see"):
            actions.append(Action(_("Value models"), reverse("kpis:value_models"), icon="coins"))
        answer = policy.can(self.actor, "kpis.kpi.edit")
        if answer:
            actions.append(Action(_("Add shipped definitions"), reverse("kpis:ship"), icon="book"))
        actions.append(
            Action(
                _("New KPI"),
                reverse("kpis:new"),
                icon="plus",
                primary=True,
                denied=getattr(answer, "reason", ""),
            )
        )
        return actions

    def get_empty_action(self) -> Action | None:
        if not policy.can(self.actor, "kpis.kpi.edit"):
            return None
        return Action(_("Start with the shipped definitions"), reverse("kpis:ship"), icon="book")


class ObservationTable(lists.Table):
    period = lists.Column(verbose_name=gettext_lazy("Period"))
    unit = lists.Column(accessor="unit__name", verbose_name=gettext_lazy("Unit"))
    segment = lists.Column(verbose_name=gettext_lazy("Segment"), empty_values=())
    value = lists.NumberColumn(verbose_name=gettext_lazy("Value"), places=3)
    se = lists.NumberColumn(verbose_name=gettext_lazy("Standard error"), places=3)
    n = lists.NumberColumn(verbose_name=gettext_lazy("Answers"), places=0)
    source = lists.Column(verbose_name=gettext_lazy("Source"))
    updated_at = lists.WhenColumn(verbose_name=gettext_lazy("Changed"))

    class Meta(lists.Table.Meta):
        model = Observation
        fields = ("period", "unit", "segment", "value", "se", "n", "source", "updated_at")

    def __init__(self, *args: Any, kpi: Kpi, can_edit: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kpi = kpi
        self.can_edit = can_edit

    def render_period(self, value: Any, record: Observation) -> Any:
        text = label(self.kpi.grain, value)
        if not self.can_edit:
            return text
        return format_html(
            '<a href="{}">{}</a>', reverse("kpis:value_edit", args=[self.kpi.uid, record.pk]), text
        )

    def value_period(self, record: Observation) -> Any:
        return record.period

    def render_segment(self, value: str) -> str:
        return value or _("all")

    def value_segment(self, record: Observation) -> str:
        return record.segment


class Observations(lists.ListPage):
    """The values of one KPI, as they are stored: by unit, segment and period."""

    title = gettext_lazy("Values")
    page_key = "kpis.values"
    see = "kpis.kpi.see"
    table_class = ObservationTable
    filterset_class = ObservationFilter
    export_name = "kpi-values"
    empty_icon = "chart-line"
    empty_title = gettext_lazy("No values yet")
    empty_text = gettext_lazy("Import a file of values, send them over the API, or enter one by hand.")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.actor.is_authenticated:
            if not (answer := judge.can(self.actor, self.see)):
                raise Denied(str(getattr(answer, "reason", "")))
            self.kpi = Kpi.objects.visible_to(self.actor).the(uid=kwargs["uid"])
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Observation]:
        rows = Observation.objects.visible_to(self.actor).filter(kpi=self.kpi).select_related("unit")
        return rows.order_by("-period", "unit__name", "segment")

    def get_table_kwargs(self) -> dict[str, Any]:
        return {"kpi": self.kpi, "can_edit": self._may_edit()}

    def _may_edit(self) -> bool:
        return self.kpi.derived is None and bool(policy.can(self.actor, "kpis.observation.record"))

    def get_crumbs(self) -> Sequence[Crumb]:
        return [
            Crumb(_("KPIs"), reverse("kpis:list")),
            Crumb(self.kpi.name, self.kpi.get_absolute_url()),
            Crumb(_("Values")),
        ]

    def get_sentence(self) -> str:
        return _("%(kpi)s: every stored value, with what its interval needs.") % {"kpi": self.kpi.name}

    def get_actions(self) -> Sequence[Action]:
        answer = policy.can(self.actor, "kpis.observation.record")
        denied = getattr(answer, "reason", "")
        if self.kpi.derived is not None:
            denied = _("This KPI is computed from single rows; its values cannot be set by hand.")
        url = reverse("kpis:value_add", args=[self.kpi.uid])
        return [Action(_("Add a value"), url, icon="plus", primary=True, denied=denied)]


class ValueModelTable(lists.Table):
    name = lists.Column(verbose_name=gettext_lazy("Value model"), linkify=True)
    kpi = lists.Column(accessor="kpi__name", verbose_name=gettext_lazy("KPI"))
    amount = lists.MoneyColumn(currency_field="currency", verbose_name=gettext_lazy("Per KPI unit"))
    side = lists.Column(verbose_name=gettext_lazy("Save or make"))
    basis = lists.Column(verbose_name=gettext_lazy("Basis"))
    is_cash = lists.Column(verbose_name=gettext_lazy("Cash"))
    state = lists.StateColumn(verbose_name=gettext_lazy("State"), orderable=False, empty_values=())
    created_at = lists.WhenColumn(verbose_name=gettext_lazy("Since"))

    class Meta(lists.Table.Meta):
        model = ValueModel
        fields = ("name", "kpi", "amount", "side", "basis", "is_cash", "state", "created_at")

    def render_side(self, record: ValueModel) -> str:
        return str(record.get_side_display()).partition(":")[0]

    def render_is_cash(self, value: bool) -> str:
        return _("cash") if value else _("non-cash")

    def render_state(self, record: ValueModel) -> SafeString:
        code, words = state_of(record)
        tones = {"signed": "ok", "waiting": "attention", "replaced": "muted", "retired": "muted"}
        context = {"label": words, "tone": tones[code]}
        return SafeString(render_to_string("components/state.html", context))

    def value_state(self, record: ValueModel) -> str:
        return state_of(record)[1]


def state_of(record: ValueModel) -> tuple[str, str]:
    """(code, words): signed, waiting, replaced or retired. `superseded_by` must be loaded."""
    if hasattr(record, "superseded_by"):
        return "replaced", _("replaced")
    if not record.is_active:
        return "retired", _("retired")
    return ("signed", _("signed")) if record.signed_at else ("waiting", _("waiting for finance"))


class ValueModels(lists.ListPage):
    title = gettext_lazy("Value models")
    page_key = "kpis.value_models"
    see = "kpis.value.see"
    table_class = ValueModelTable
    filterset_class = ValueModelFilter
    search_fields = ("name", "kpi__name", "stream", "evidence")
    export_name = "value-models"
    empty_icon = "coins"
    empty_title = gettext_lazy("No value models yet")
    empty_text = gettext_lazy(
        "A value model says what one unit of a KPI is worth: margin, not revenue; saved or made; signed by finance."
    )

    def get_queryset(self) -> QuerySet[ValueModel]:
        rows = ValueModel.objects.visible_to(self.actor).select_related("kpi", "superseded_by")
        return rows.order_by("kpi__name", "name", "-id")

    def get_sentence(self) -> str:
        waiting = ValueModel.objects.visible_to(self.actor).current().filter(signed_at__isnull=True).count()
        if waiting:
            return _("%(count)s waiting for finance to sign; until then they do not count.") % {
                "count": waiting
            }
        return _("What one unit of a KPI is worth, and who vouches for it.")

    def get_crumbs(self) -> Sequence[Crumb]:
        return [Crumb(_("KPIs"), reverse("kpis:list")), Crumb(self.title)]

    def get_actions(self) -> Sequence[Action]:
        answer = policy.can(self.actor, "kpis.value.edit")
        return [
            Action(
                _("New value model"), reverse("kpis:value_model_new"), icon="plus", primary=True,
                denied=getattr(answer, "reason", ""),
            )
        ]  # fmt: skip
