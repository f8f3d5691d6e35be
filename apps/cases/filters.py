"""The filters of the case list: the same on the screen and in the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Department, Unit
from apps.cases.models import Case, CaseRule, CaseState, Priority
from apps.cases.querysets import CaseQuerySet
from apps.cases.selectors import owners_for_filter
from apps.core import lists
from apps.core.actor import Actor
from apps.feedback.models import Source

OPEN = "open"


def _actor(request: Any) -> Actor:
    return getattr(request, "actor", None) or Actor.anonymous()


def units_of(request: Any) -> Any:
    """The units a person may choose from."""
    return Unit.objects.visible_to(_actor(request))


def sources_of(request: Any) -> Any:
    return Source.objects.visible_to(_actor(request))


def departments_of(request: Any) -> Any:
    return Department.objects.visible_to(_actor(request))


def rules_of(request: Any) -> Any:
    return CaseRule.objects.visible_to(_actor(request))


class UnitFilter(django_filters.ModelChoiceFilter):
    """A unit and everything below it; addressed by its key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, queryset=units_of, to_field_name="key", label=_("Unit"), **kwargs)

    def filter(self, qs: Any, value: Unit | None) -> Any:
        return qs.filter(unit__path__startswith=value.path) if value else qs


class CaseFilter(lists.ListFilter):
    """State, due, owner, unit, priority, rule, source, department, answer, dates."""

    primary = ("state", "due", "owner", "unit")
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=[(OPEN, _("Open (all but closed)")), *CaseState.choices], method="by_state"
    )
    due = django_filters.ChoiceFilter(
        label=_("Due"),
        choices=[
            ("breached", _("Overdue now")),
            ("soon", _("Due within 4 hours")),
            ("missed", _("A target was missed")),
        ],
        method="by_due",
    )
    owner = django_filters.ChoiceFilter(label=_("Owner"), method="by_owner")
    unit = UnitFilter()
    priority = django_filters.ChoiceFilter(label=_("Priority"), choices=Priority.choices)
    source = django_filters.ModelChoiceFilter(label=_("Source"), queryset=sources_of, to_field_name="key")
    rule = django_filters.ModelChoiceFilter(label=_("Rule"), queryset=rules_of, to_field_name="uid")
    department = django_filters.ModelChoiceFilter(
        label=_("Originating department"), queryset=departments_of, to_field_name="key"
    )
    outcome = django_filters.ChoiceFilter(
        label=_("Customer's answer"),
        choices=[("confirmed", _("Confirmed")), ("unconfirmed", _("Unconfirmed"))],
    )
    department_missing = django_filters.BooleanFilter(
        label=_("Closed without a department"), method="by_missing_department"
    )
    reopened = django_filters.BooleanFilter(label=_("Was reopened"), method="by_reopened")
    opened = django_filters.DateFromToRangeFilter(field_name="opened_at", label=_("Opened"))
    customer = django_filters.UUIDFilter(field_name="customer__uid", label=_("Customer"))

    class Meta:
        model = Case
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        actor = _actor(self.request)
        people = owners_for_filter(actor) if actor.is_authenticated else []
        self.filters["owner"].extra["choices"] = [
            ("me", _("Me")),
            ("unassigned", _("Nobody yet")),
            *people,
        ]

    def by_state(self, rows: CaseQuerySet, _name: str, value: str) -> CaseQuerySet:
        return rows.open() if value == OPEN else rows.filter(state=value)

    def by_due(self, rows: CaseQuerySet, _name: str, value: str) -> CaseQuerySet:
        now = timezone.now()
        return {"breached": rows.overdue, "soon": rows.due_soon, "missed": rows.missed}[value](now)

    def by_owner(self, rows: CaseQuerySet, _name: str, value: str) -> CaseQuerySet:
        if value == "me":
            return rows.filter(owner_id=_actor(self.request).user_id)
        return rows.filter(owner__isnull=True) if value == "unassigned" else rows.filter(owner__uid=value)

    def by_reopened(self, rows: CaseQuerySet, _name: str, value: bool) -> CaseQuerySet:
        return rows.filter(reopened_count__gt=0) if value else rows.filter(reopened_count=0)

    def by_missing_department(self, rows: CaseQuerySet, _name: str, value: bool) -> CaseQuerySet:
        missing = rows.filter(state__in=["resolved", "closed"], department__isnull=True)
        return missing if value else rows.exclude(pk__in=missing.values("pk"))
