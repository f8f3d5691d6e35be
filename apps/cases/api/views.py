"""Cases and their rules over the same verbs, filters and permissions as the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policy
from apps.cases import services
from apps.cases.api import serializers as shapes
from apps.cases.filters import CaseFilter
from apps.cases.lists import RuleFilter
from apps.cases.models import Case, CaseEvent, CaseRule
from apps.cases.selectors import rules_in_order
from apps.core.api.base import ActorViewSet, remembered

SHOWN = {200: shapes.CaseSerializer}


class ApiCaseFilter(CaseFilter):
    """The screen's filters, and its search as `q`."""

    q = django_filters.CharFilter(
        label=_("Number, subject, customer or words"), method="by_words", max_length=200
    )

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        return rows.search(value)


class Cases(ActorViewSet):
    """Work on cases. Filters are those of the list page; `If-Match` with the ETag guards each move."""

    model = Case
    serializer_class = shapes.CaseSerializer
    filterset_class = ApiCaseFilter

    def scoped(self) -> Any:
        policy.require(self.actor, "cases.case.see")
        return Case.objects.visible_to(self.actor).select_related(
            "customer", "owner", "unit", "rule", "source", "department", "touchpoint"
        )

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Response:
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(request=shapes.CaseOpen, responses={201: shapes.CaseSerializer})
    def create(self, request: Request) -> Response:
        policy.require(self.actor, "cases.case.open")
        data = self.checked(shapes.CaseOpen)

        def answer() -> Response:
            row = services.case_open(actor=self.actor, now=timezone.now(), **data)
            return self.shown(self.scoped().the(pk=row.pk), status=201)

        return remembered(request, answer)

    def _move(
        self,
        uid: Any,
        shape: type,
        verb: Callable[..., Any],
        *,
        may: str = "cases.case.work",
        versioned: bool = True,
    ) -> Response:
        row = self.scoped().the(uid=uid)
        policy.require(self.actor, may, row)  # who may not is told so before the body is looked at
        data = self.checked(shape)
        if versioned:
            data["version"] = self.seen_version()

        def answer() -> Response:
            verb(actor=self.actor, now=timezone.now(), case=row, **data)
            return self.shown(self.scoped().the(uid=uid))

        return remembered(self.request, answer)

    @extend_schema(request=shapes.Nothing, responses=SHOWN)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, uid: Any) -> Response:
        """Make the case one's own."""
        return self._move(uid, shapes.Nothing, services.case_take, may="cases.case.take")

    @extend_schema(request=shapes.CaseAssign, responses=SHOWN)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, uid: Any) -> Response:
        """Give the case to somebody."""
        return self._move(uid, shapes.CaseAssign, services.case_assign, may="cases.case.assign")

    @extend_schema(request=shapes.CaseAssign, responses=SHOWN)
    @action(detail=True, methods=["post"], url_path="hand-over", url_name="hand-over")
    def hand_over(self, request: Request, uid: Any) -> Response:
        """Pass one's own case on."""
        return self._move(uid, shapes.CaseAssign, services.case_hand_over)

    @extend_schema(request=shapes.CaseContact, responses=SHOWN)
    @action(detail=True, methods=["post"])
    def contact(self, request: Request, uid: Any) -> Response:
        """Log a contact or an attempt."""
        return self._move(uid, shapes.CaseContact, services.case_log_contact)

    @extend_schema(request=shapes.CaseNote, responses=SHOWN)
    @action(detail=True, methods=["post"])
    def note(self, request: Request, uid: Any) -> Response:
        """Add a note; notes never conflict."""
        return self._move(uid, shapes.CaseNote, services.case_note, versioned=False)

    @extend_schema(request=shapes.CaseResolve, responses=SHOWN)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, uid: Any) -> Response:
        """Cause, originating department, what was done."""
        return self._move(uid, shapes.CaseResolve, services.case_resolve)

    @extend_schema(request=shapes.CaseClose, responses=SHOWN)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, uid: Any) -> Response:
        """Close with the customer's answer."""
        return self._move(uid, shapes.CaseClose, services.case_close)

    @extend_schema(request=shapes.CaseReopen, responses=SHOWN)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, uid: Any) -> Response:
        """Take up again, with a reason."""
        return self._move(uid, shapes.CaseReopen, services.case_reopen, may="cases.case.reopen")

    @extend_schema(request=shapes.BulkAssign, responses={200: shapes.BulkAssigned})
    @action(detail=False, methods=["post"], url_path="bulk-assign", url_name="bulk-assign")
    def bulk_assign(self, request: Request) -> Response:
        """Give up to 1,000 cases to one person; refused ones are named with the reason."""
        policy.require(self.actor, "cases.case.bulk")
        data = self.checked(shapes.BulkAssign)
        uids = data.pop("ids")

        def answer() -> Response:
            outcome = services.cases_bulk_assign(actor=self.actor, now=timezone.now(), uids=uids, **data)
            return Response({"assigned": outcome.assigned, "refused": outcome.refused})

        return remembered(request, answer)


class CaseEvents(ActorViewSet):
    """The timeline of one case, newest first."""

    model = CaseEvent
    serializer_class = shapes.CaseEventSerializer

    def scoped(self) -> Any:
        policy.require(self.actor, "cases.case.see")
        case = Case.objects.visible_to(self.actor).the(uid=self.kwargs["uid"])
        return CaseEvent.objects.visible_to(self.actor).filter(case=case)

    def list(self, request: Request, uid: Any) -> Response:
        return self.paged(self.get_queryset())


class CaseRules(ActorViewSet):
    """The rules that open cases."""

    model = CaseRule
    serializer_class = shapes.RuleSerializer
    filterset_class = RuleFilter

    def scoped(self) -> Any:
        policy.require(self.actor, "cases.rule.see")
        return rules_in_order(self.actor).prefetch_related("sources")

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Response:
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(request=shapes.RuleWrite, responses={201: shapes.RuleSerializer})
    def create(self, request: Request) -> Response:
        policy.require(self.actor, "cases.rule.edit")
        data = self.checked(shapes.RuleWrite)

        def answer() -> Response:
            row = services.rule_save(actor=self.actor, now=timezone.now(), **data)
            return self.shown(self.scoped().the(pk=row.pk), status=201)

        return remembered(request, answer)

    @extend_schema(request=shapes.RuleWrite, responses={200: shapes.RuleSerializer})
    def partial_update(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        data = self.checked(shapes.RuleWrite, partial=True)
        services.rule_save(
            actor=self.actor, now=timezone.now(), rule=row, version=self.seen_version(), **data
        )
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        services.rule_delete(actor=self.actor, now=timezone.now(), rule=row, version=self.seen_version())
        return Response(status=204)
