"""Filters of feedback: one definition for the pages and for the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Unit
from apps.accounts.selectors import subtree_ids
from apps.core import lists
from apps.feedback.models import Response, ScoreKind, Source, SourceKind
from apps.feedback.querysets import ResponseQuerySet
from apps.journeys.models import Touchpoint


def units(request: Any) -> Any:
    """The units this person may choose from."""
    return Unit.objects.visible_to(request.actor) if request is not None else Unit.objects.none()


def sources(request: Any) -> Any:
    return Source.objects.visible_to(request.actor) if request is not None else Source.objects.none()


def touchpoints(request: Any) -> Any:
    """All touchpoints, in the order of their journeys."""
    found = Touchpoint.objects.visible_to(request.actor) if request is not None else Touchpoint.objects.none()
    return found.select_related("step__journey").order_by("step__journey__name", "step__position", "channel")


class UnitField(django_filters.fields.ModelChoiceField):
    def label_from_instance(self, obj: Unit) -> str:
        return f"{'– ' * (obj.depth - 1)}{obj.name}"


class TouchpointField(django_filters.fields.ModelChoiceField):
    def label_from_instance(self, obj: Touchpoint) -> str:
        return f"{obj.step.journey} › {obj}"


class TreeFilter(django_filters.ModelChoiceFilter):
    """A unit and everything below it."""

    field_class = UnitField

    def filter(self, qs: Any, value: Unit | None) -> Any:
        return qs if value is None else qs.filter(unit_id__in=subtree_ids(value))


class YesNoField(django_filters.fields.ChoiceField):
    def clean(self, value: Any) -> bool | None:
        return {"true": True, "false": False}.get(super().clean(value))


class YesNoFilter(django_filters.ChoiceFilter):
    """Yes, no, or all; `true` and `false` in the address."""

    field_class = YesNoField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = (("true", _("Yes")), ("false", _("No")))
        super().__init__(*args, **{"choices": choices, **kwargs})


class TouchpointFilter(django_filters.ModelChoiceFilter):
    field_class = TouchpointField


class ResponseFilter(lists.ListFilter):
    primary = ("source", "unit", "with_words")
    source = django_filters.ModelChoiceFilter(
        queryset=sources, to_field_name="key", label=_("Source"), empty_label=_("All sources")
    )
    unit = TreeFilter(queryset=units, to_field_name="key", label=_("Unit"), empty_label=_("All units"))
    with_words = YesNoFilter(label=_("With words"), method="only_words")
    kind = django_filters.MultipleChoiceFilter(
        choices=SourceKind.choices, label=_("Kind"), method="of_kind", distinct=False
    )
    touchpoint = TouchpointFilter(queryset=touchpoints, to_field_name="key", label=_("Touchpoint"))
    score = django_filters.RangeFilter(label=_("Score"))
    language = django_filters.CharFilter(
        label=_("Language"), max_length=10, method="in_language", help_text=_("For example pt or en.")
    )
    day = django_filters.DateFromToRangeFilter(field_name="local_date", label=_("Answered"))
    known = YesNoFilter(method="with_customer", label=_("Customer known"))

    class Meta:
        model = Response
        fields = ("source", "unit", "with_words", "kind", "touchpoint", "score", "language", "day", "known")

    def of_kind(self, rows: ResponseQuerySet, name: str, value: list[str]) -> ResponseQuerySet:
        # The few sources first: the planner then knows how many rows there are.
        known = Source.objects.filter(kind__in=value).values_list("pk", flat=True)
        return rows.filter(source_id__in=list(known)) if value else rows

    def only_words(self, rows: ResponseQuerySet, name: str, value: bool) -> ResponseQuerySet:
        return rows.with_words() if value else rows.filter(verbatim="", title="")

    def with_customer(self, rows: ResponseQuerySet, name: str, value: bool) -> ResponseQuerySet:
        return rows.filter(customer__isnull=not value)

    def in_language(self, rows: ResponseQuerySet, name: str, value: str) -> ResponseQuerySet:
        code = value.strip().lower()
        return rows.filter(language__startswith=code) if code else rows


class ResponseApiFilter(ResponseFilter):
    """The same, and by what programs know: the external id, the customer, the words."""

    external_id = django_filters.CharFilter(label=_("External id"), max_length=200)
    customer = django_filters.UUIDFilter(field_name="customer__uid", label=_("Customer"))
    q = django_filters.CharFilter(label=_("Words"), method="saying", max_length=200)

    def saying(self, rows: ResponseQuerySet, name: str, value: str) -> ResponseQuerySet:
        return rows.saying(value)


class SourceFilter(lists.ListFilter):
    kind = django_filters.ChoiceFilter(choices=SourceKind.choices, label=_("Kind"))
    score_kind = django_filters.ChoiceFilter(choices=ScoreKind.choices, label=_("Score"))
    is_active = YesNoFilter(field_name="is_active", label=_("Active"))

    class Meta:
        model = Source
        fields = ("kind", "score_kind", "is_active")
