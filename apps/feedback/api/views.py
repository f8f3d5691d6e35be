"""Responses (to read) and sources over the same verbs and filters as the pages. Feedback is sent in by the intake room."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response as Answer

from apps.accounts import policy
from apps.core.api.base import ActorViewSet, remembered
from apps.feedback.api import serializers as shapes
from apps.feedback.filters import ResponseApiFilter, SourceFilter
from apps.feedback.models import Response, Source
from apps.feedback.services import source_save


class Responses(ActorViewSet):
    """What customers said."""

    model = Response
    serializer_class = shapes.ResponseSerializer
    filterset_class = ResponseApiFilter

    def scoped(self) -> Any:
        policy.require(self.actor, "feedback.response.see")
        rows = Response.objects.visible_to(self.actor).defer("search")
        return rows.select_related("source", "customer", "unit", "touchpoint")

    @extend_schema(summary="List responses, newest id first")
    def list(self, request: Request) -> Answer:
        return self.paged(self.get_queryset())

    @extend_schema(summary="One response")
    def retrieve(self, request: Request, uid: Any) -> Answer:
        return self.shown(self.scoped().the(uid=uid))


class Sources(ActorViewSet):
    """Where feedback comes from, and on which scale it is scored."""

    model = Source
    serializer_class = shapes.SourceSerializer
    filterset_class = SourceFilter

    def scoped(self) -> Any:
        policy.require(self.actor, "feedback.response.see")
        return Source.objects.visible_to(self.actor).select_related("unit", "touchpoint")

    def list(self, request: Request) -> Answer:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Answer:
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(request=shapes.SourceAdd, responses={201: shapes.SourceSerializer})
    def create(self, request: Request) -> Answer:
        policy.require(self.actor, "feedback.source.edit")
        data = self.checked(shapes.SourceAdd)
        return remembered(
            request,
            lambda: self.shown(source_save(actor=self.actor, now=timezone.now(), **data), status=201),
        )

    @extend_schema(request=shapes.SourcePatch, responses=shapes.SourceSerializer)
    def partial_update(self, request: Request, uid: Any) -> Answer:
        row = self.scoped().the(uid=uid)
        policy.require(self.actor, "feedback.source.edit", row)
        data = self.checked(shapes.SourcePatch, partial=True)
        saved = source_save(
            actor=self.actor, now=timezone.now(), source=row, version=self.seen_version(), **data
        )
        return self.shown(saved)
