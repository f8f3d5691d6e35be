"""Journeys, steps and touchpoints over the same verbs as the pages."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policy
from apps.core.api.base import ActorViewSet, remembered
from apps.journeys import services
from apps.journeys.api import serializers as shapes
from apps.journeys.models import Channel, Journey, Step, Touchpoint

SEE = "journeys.journey.see"
EDIT = "journeys.journey.edit"


class JourneyFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", max_length=200, label="Words in name, summary or key")
    channel = django_filters.ChoiceFilter(choices=Channel.choices, method="with_channel")

    class Meta:
        model = Journey
        fields = ("q", "is_active", "channel")

    def search(self, rows: Any, name: str, value: str) -> Any:
        for word in value.split()[:8]:
            rows = rows.filter(Q(name__icontains=word) | Q(summary__icontains=word) | Q(key__icontains=word))
        return rows

    def with_channel(self, rows: Any, name: str, value: str) -> Any:
        return rows.with_channel(value)


class StepFilter(django_filters.FilterSet):
    journey = django_filters.UUIDFilter(field_name="journey__uid")

    class Meta:
        model = Step
        fields = ("journey", "key", "is_moment_of_truth")


class TouchpointFilter(django_filters.FilterSet):
    step = django_filters.UUIDFilter(field_name="step__uid")
    journey = django_filters.UUIDFilter(field_name="step__journey__uid")

    class Meta:
        model = Touchpoint
        fields = ("step", "journey", "channel", "key", "is_active")


class JourneyRooms(ActorViewSet):
    """What the views below share."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse who may not build journeys before looking at what they sent."""
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS:
            policy.require(self.actor, EDIT)


class Journeys(JourneyRooms):
    """Paths that customers walk."""

    model = Journey
    serializer_class = shapes.JourneySerializer
    filterset_class = JourneyFilter

    def scoped(self) -> Any:
        policy.require(self.actor, SEE)
        return Journey.objects.visible_to(self.actor).select_related("owner")

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Response:
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(request=shapes.JourneyPatch, responses={201: shapes.JourneySerializer})
    def create(self, request: Request) -> Response:
        data = self.checked(shapes.JourneyPatch)
        return remembered(
            request,
            lambda: self.shown(
                services.journey_create(actor=self.actor, now=timezone.now(), **data), status=201
            ),
        )

    @extend_schema(request=shapes.JourneyPatch, responses=shapes.JourneySerializer)
    def partial_update(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        data = self.checked(shapes.JourneyPatch, partial=True)
        return self.shown(
            services.journey_edit(
                actor=self.actor, now=timezone.now(), journey=row, version=self.seen_version(), **data
            )
        )


class Steps(JourneyRooms):
    """Steps of journeys, in their order by `position`."""

    model = Step
    serializer_class = shapes.StepSerializer
    filterset_class = StepFilter

    def scoped(self) -> Any:
        policy.require(self.actor, SEE)
        return Step.objects.visible_to(self.actor).select_related("journey", "owner_unit")

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Response:
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(request=shapes.StepAdd, responses={201: shapes.StepSerializer})
    def create(self, request: Request) -> Response:
        """The new step comes last in its journey."""
        data = self.checked(shapes.StepAdd)
        return remembered(
            request,
            lambda: self.shown(services.step_add(actor=self.actor, now=timezone.now(), **data), status=201),
        )

    @extend_schema(request=shapes.StepPatch, responses=shapes.StepSerializer)
    def partial_update(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        data = self.checked(shapes.StepPatch, partial=True)
        return self.shown(
            services.step_edit(
                actor=self.actor, now=timezone.now(), step=row, version=self.seen_version(), **data
            )
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: Any) -> Response:
        """With its touchpoints; a step to which evidence is mapped is a conflict."""
        services.step_delete(actor=self.actor, now=timezone.now(), step=self.scoped().the(uid=uid))
        return Response(status=204)

    @extend_schema(request=shapes.StepMove, responses=shapes.StepSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, uid: Any) -> Response:
        """Move the step earlier or later in its journey."""
        row = self.scoped().the(uid=uid)
        data = self.checked(shapes.StepMove)

        def answer() -> Response:
            moved = services.step_move(actor=self.actor, now=timezone.now(), step=row, by=data["by"])
            return self.shown(self.scoped().the(pk=moved.pk))

        return remembered(request, answer)


class Touchpoints(JourneyRooms):
    """A step in one channel: the place to which evidence is mapped."""

    model = Touchpoint
    serializer_class = shapes.TouchpointSerializer
    filterset_class = TouchpointFilter

    def scoped(self) -> Any:
        policy.require(self.actor, SEE)
        return Touchpoint.objects.visible_to(self.actor).select_related("step", "owner_unit")

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Response:
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(request=shapes.TouchpointAdd, responses={201: shapes.TouchpointSerializer})
    def create(self, request: Request) -> Response:
        data = self.checked(shapes.TouchpointAdd)
        return remembered(
            request,
            lambda: self.shown(
                services.touchpoint_add(actor=self.actor, now=timezone.now(), **data), status=201
            ),
        )

    @extend_schema(request=shapes.TouchpointPatch, responses=shapes.TouchpointSerializer)
    def partial_update(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        data = self.checked(shapes.TouchpointPatch, partial=True)
        return self.shown(
            services.touchpoint_edit(
                actor=self.actor, now=timezone.now(), touchpoint=row, version=self.seen_version(), **data
            )
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: Any) -> Response:
        """A touchpoint to which evidence is mapped is a conflict: make it inactive instead."""
        services.touchpoint_delete(
            actor=self.actor, now=timezone.now(), touchpoint=self.scoped().the(uid=uid)
        )
        return Response(status=204)
