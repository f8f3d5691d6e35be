"""Snapshots and computations over the same verbs as the pages."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policy
from apps.core.api.base import ActorViewSet, remembered
from apps.returns import services
from apps.returns.api import serializers as shapes
from apps.returns.models import RecomputeRun, RunState, Snapshot
from apps.returns.selectors import LIST_FIELDS


class SnapshotFilter(django_filters.FilterSet):
    initiative = django_filters.CharFilter(field_name="initiative__key")
    grade = django_filters.MultipleChoiceFilter(choices=[(letter, letter) for letter in "ABCDE"])

    class Meta:
        model = Snapshot
        fields = ("initiative", "grade", "verdict")


class Snapshots(ActorViewSet):
    """Computed returns, newest first; none is ever changed. One of them shows each step of its arithmetic."""

    model = Snapshot
    serializer_class = shapes.SnapshotSerializer
    filterset_class = SnapshotFilter

    def scoped(self) -> Any:
        policy.require(self.actor, "returns.return.see")
        return Snapshot.objects.visible_to(self.actor).select_related("initiative")

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset().defer(*LIST_FIELDS))

    @extend_schema(responses=shapes.SnapshotDetail)
    def retrieve(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        return Response(shapes.SnapshotDetail(row, context=self.get_serializer_context()).data)


class RunFilter(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(choices=RunState.choices)

    class Meta:
        model = RecomputeRun
        fields = ("scope", "state")


class Runs(ActorViewSet):
    """Computations: ask for one, follow it, call it off."""

    model = RecomputeRun
    serializer_class = shapes.RunSerializer
    filterset_class = RunFilter

    def scoped(self) -> Any:
        policy.require(self.actor, "returns.return.see")
        return super().scoped()

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Response:
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(request=shapes.RunRequest, responses={201: shapes.RunSerializer})
    def create(self, request: Request) -> Response:
        policy.require(self.actor, "returns.return.recompute")
        data = self.checked(shapes.RunRequest)
        return remembered(
            request,
            lambda: self.shown(
                services.recompute_request(actor=self.actor, now=timezone.now(), **data), status=201
            ),
        )

    @extend_schema(request=None, responses=shapes.RunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, uid: Any) -> Response:
        """Call it off: what has not begun is not begun."""
        row = self.scoped().the(uid=uid)
        return self.shown(services.recompute_cancel(actor=self.actor, now=timezone.now(), run=row))
