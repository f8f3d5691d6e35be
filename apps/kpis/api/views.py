"""KPIs, their observations and value models over the same verbs and filters as the pages."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.core.api.base import ActorViewSet, remembered
from apps.core.errors import Invalid
from apps.kpis import services
from apps.kpis.api import serializers as shapes
from apps.kpis.filters import KpiFilter, ObservationFilter, ValueModelFilter
from apps.kpis.models import Kpi, Observation, ValueModel
from apps.kpis.types import ObservationRow


class Kpis(ActorViewSet):
    """The metric dictionary; `observations` of each KPI are read and sent below it."""

    model = Kpi
    serializer_class = shapes.KpiSerializer
    filterset_class = KpiFilter

    def scoped(self) -> Any:
        policy.require(self.actor, "kpis.kpi.see")
        return Kpi.objects.visible_to(self.actor).select_related("owner")

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Response:
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(request=shapes.KpiAdd, responses={201: shapes.KpiSerializer})
    def create(self, request: Request) -> Response:
        policy.require(self.actor, "kpis.kpi.edit")
        data = self.checked(shapes.KpiAdd)
        return remembered(
            request,
            lambda: self.shown(services.kpi_create(actor=self.actor, now=timezone.now(), **data), status=201),
        )

    @extend_schema(request=shapes.KpiPatch, responses=shapes.KpiSerializer)
    def partial_update(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        policy.require(self.actor, "kpis.kpi.edit", row)
        data = self.checked(shapes.KpiPatch, partial=True)
        return self.shown(
            services.kpi_edit(
                actor=self.actor, now=timezone.now(), kpi=row, version=self.seen_version(), **data
            )
        )


class Observations(ActorViewSet):
    """The values of one KPI."""

    model = Observation
    serializer_class = shapes.ObservationSerializer
    filterset_class = ObservationFilter

    @property
    def kpi(self) -> Kpi:
        policy.require(self.actor, "kpis.kpi.see")
        return Kpi.objects.visible_to(self.actor).the(uid=self.kwargs["uid"])

    def scoped(self) -> Any:
        return Observation.objects.visible_to(self.actor).filter(kpi=self.kpi).select_related("unit")

    def list(self, request: Request, uid: Any) -> Response:
        return self.paged(self.get_queryset())

    @extend_schema(
        request=shapes.ObservationsIn,
        responses=shapes.RecordedSerializer,
        description="Up to 2,000 values at once; a value for a known unit, segment and period replaces it. "
        "Sending the same again changes nothing.",
    )
    def record(self, request: Request, uid: Any) -> Response:
        kpi = self.kpi
        policy.require(self.actor, "kpis.observation.record")
        data = self.checked(shapes.ObservationsIn)
        rows = self._rows(data["rows"])

        def answer() -> Response:
            outcome = services.observations_record(
                actor=self.actor, now=timezone.now(), kpi=kpi, rows=rows, source=data["source"]
            )
            return Response(
                {
                    "added": len(outcome.added),
                    "changed": len(outcome.changed),
                    "unchanged": outcome.unchanged,
                    "repeated": outcome.repeated,
                }
            )

        return remembered(request, answer)

    def _rows(self, given: list[dict[str, Any]]) -> list[ObservationRow]:
        keys = {item["unit"] for item in given}
        units = {unit.key: unit for unit in Unit.objects.visible_to(self.actor).filter(key__in=keys)}
        faults = {
            f"rows.{position}.unit": [_("There is no such unit.")]
            for position, item in enumerate(given)
            if item["unit"] not in units
        }
        if faults:
            raise Invalid(fields=faults)
        return [ObservationRow(**{**item, "unit": units[item["unit"]]}) for item in given]


class ValueModels(ActorViewSet):
    """What one unit of a KPI is worth; for those who may see money."""

    model = ValueModel
    serializer_class = shapes.ValueModelSerializer
    filterset_class = ValueModelFilter

    def scoped(self) -> Any:
        policy.require(self.actor, "kpis.value.see")
        rows = ValueModel.objects.visible_to(self.actor)
        return rows.select_related("kpi", "author", "signed_by", "supersedes")

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Response:
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(request=shapes.ValueModelAdd, responses={201: shapes.ValueModelSerializer})
    def create(self, request: Request) -> Response:
        policy.require(self.actor, "kpis.value.edit")
        data = self.checked(shapes.ValueModelAdd)
        return remembered(
            request,
            lambda: self.shown(
                services.value_model_create(actor=self.actor, now=timezone.now(), **data), status=201
            ),
        )

    @extend_schema(
        request=shapes.ValueModelPatch,
        responses=shapes.ValueModelSerializer,
        description="Replaces it by a new version, which is answered; the old one stays as it was.",
    )
    def partial_update(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        policy.require(self.actor, "kpis.value.edit", row)
        data = self.checked(shapes.ValueModelPatch, partial=True)
        made = services.value_model_edit(
            actor=self.actor, now=timezone.now(), value_model=row, version=self.seen_version(), **data
        )
        return self.shown(made)

    @extend_schema(request=None, responses=shapes.ValueModelSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        signed = services.value_model_sign(
            actor=self.actor, now=timezone.now(), value_model=row, version=self.seen_version()
        )
        return self.shown(signed)

    @extend_schema(request=None, responses=shapes.ValueModelSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        retired = services.value_model_retire(
            actor=self.actor, now=timezone.now(), value_model=row, version=self.seen_version()
        )
        return self.shown(retired)
