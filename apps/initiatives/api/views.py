"""Initiatives, their parts and their gates over the same verbs as the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policy
from apps.core.api.base import ActorViewSet, remembered
from apps.initiatives import services
from apps.initiatives.api import serializers as shapes
from apps.initiatives.lists import InitiativeFilter, TypeFilter
from apps.initiatives.models import (
    CostLine,
    GateDecision,
    Initiative,
    InvestmentType,
    JournalEntry,
    KpiLink,
    Treatment,
)


class Initiatives(ActorViewSet):
    """What the program invests in. Filters are those of the list page. `If-Match` guards edits."""

    model = Initiative
    serializer_class = shapes.InitiativeSerializer
    filterset_class = InitiativeFilter

    def scoped(self) -> Any:
        policy.require(self.actor, "initiatives.initiative.see")
        return Initiative.objects.visible_to(self.actor).select_related(
            "unit", "owner", "sponsor", "investment_type"
        )

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Response:
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(request=shapes.InitiativeCreate, responses={201: shapes.InitiativeSerializer})
    def create(self, request: Request) -> Response:
        policy.require(self.actor, "initiatives.initiative.create")
        data = self.checked(shapes.InitiativeCreate)
        return remembered(
            request,
            lambda: self.shown(
                services.initiative_create(actor=self.actor, now=timezone.now(), **data), status=201
            ),
        )

    @extend_schema(request=shapes.InitiativePatch, responses=shapes.InitiativeSerializer)
    def partial_update(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        policy.require(self.actor, "initiatives.initiative.edit", row)
        data = self.checked(shapes.InitiativePatch, partial=True)
        services.initiative_edit(
            actor=self.actor, now=timezone.now(), initiative=row, version=self.seen_version(), **data
        )
        return self.shown(self.scoped().the(uid=uid))


class Parts(ActorViewSet):
    """Rows of one initiative. `If-Match` takes the version of the initiative."""

    lookup_field = "part"
    see: ClassVar[str] = "initiatives.initiative.see"
    edit: ClassVar[str] = "initiatives.initiative.edit"
    related: ClassVar[tuple[str, ...]] = ()

    def parent(self) -> Initiative:
        policy.require(self.actor, self.see)
        row = Initiative.objects.visible_to(self.actor).the(uid=self.kwargs["uid"])
        policy.require(self.actor, self.see, row)
        return row

    def writable(self) -> Initiative:
        """The initiative, if the actor may write such parts: who may not hears that before anything about the body."""
        row = self.parent()
        policy.require(self.actor, self.edit, row)
        return row

    def scoped(self) -> Any:
        return super().scoped().filter(initiative=self.parent()).select_related(*self.related)  # type: ignore[attr-defined]

    def the_part(self, part: Any) -> Any:
        self.writable()
        return self.scoped().the(uid=part)

    def list(self, request: Request, uid: Any) -> Response:
        return self.paged(self.get_queryset())


class Costs(Parts):
    """Cost lines, planned and actual."""

    model = CostLine
    serializer_class = shapes.CostSerializer
    see = "initiatives.cost.see"
    edit = "initiatives.cost.edit"
    filterset_fields = ("plan", "rhythm", "currency", "external_id")

    @extend_schema(
        request=shapes.CostWrite, responses={200: shapes.CostSerializer, 201: shapes.CostSerializer}
    )
    def create(self, request: Request, uid: Any) -> Response:
        row, data = self.writable(), self.checked(shapes.CostWrite)

        def answer() -> Response:
            if "external_id" in data:
                cost, outcome = services.cost_record(
                    actor=self.actor, now=timezone.now(), initiative=row, **data
                )
                return self.shown(cost, status=201 if outcome == "added" else 200)
            cost = services.cost_add(
                actor=self.actor, now=timezone.now(), initiative=row, version=self.seen_version(), **data
            )
            return self.shown(cost, status=201)

        return remembered(request, answer)

    @extend_schema(request=shapes.CostPatch, responses=shapes.CostSerializer)
    def partial_update(self, request: Request, uid: Any, part: Any) -> Response:
        cost, data = self.the_part(part), self.checked(shapes.CostPatch, partial=True)
        return self.shown(
            services.cost_edit(
                actor=self.actor, now=timezone.now(), cost=cost, version=self.seen_version(), **data
            )
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: Any, part: Any) -> Response:
        cost = self.the_part(part)
        services.cost_remove(actor=self.actor, now=timezone.now(), cost=cost, version=self.seen_version())
        return Response(status=204)


class Treatments(Parts):
    """Which units get it, from when until when."""

    model = Treatment
    serializer_class = shapes.TreatmentSerializer
    related = ("unit",)

    @extend_schema(request=shapes.TreatmentWrite, responses={201: shapes.TreatmentSerializer})
    def create(self, request: Request, uid: Any) -> Response:
        row, data = self.writable(), self.checked(shapes.TreatmentWrite)
        return remembered(
            request,
            lambda: self.shown(
                services.treatment_add(
                    actor=self.actor, now=timezone.now(), initiative=row, version=self.seen_version(), **data
                ),
                status=201,
            ),
        )

    @extend_schema(request=shapes.TreatmentWrite, responses=shapes.TreatmentSerializer)
    def partial_update(self, request: Request, uid: Any, part: Any) -> Response:
        treatment, data = self.the_part(part), self.checked(shapes.TreatmentWrite, partial=True)
        return self.shown(
            services.treatment_edit(
                actor=self.actor, now=timezone.now(), treatment=treatment, version=self.seen_version(), **data
            )
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: Any, part: Any) -> Response:
        services.treatment_remove(
            actor=self.actor, now=timezone.now(), treatment=self.the_part(part), version=self.seen_version()
        )
        return Response(status=204)


class Links(Parts):
    """Which KPIs it should move, and what a unit of each is worth."""

    model = KpiLink
    serializer_class = shapes.LinkSerializer
    related = ("kpi", "value_model")

    @extend_schema(request=shapes.LinkWrite, responses={201: shapes.LinkSerializer})
    def create(self, request: Request, uid: Any) -> Response:
        row, data = self.writable(), self.checked(shapes.LinkWrite)
        return remembered(
            request,
            lambda: self.shown(
                services.link_add(
                    actor=self.actor, now=timezone.now(), initiative=row, version=self.seen_version(), **data
                ),
                status=201,
            ),
        )

    @extend_schema(request=shapes.LinkPatch, responses=shapes.LinkSerializer)
    def partial_update(self, request: Request, uid: Any, part: Any) -> Response:
        link, data = self.the_part(part), self.checked(shapes.LinkPatch, partial=True)
        return self.shown(
            services.link_edit(
                actor=self.actor, now=timezone.now(), link=link, version=self.seen_version(), **data
            )
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: Any, part: Any) -> Response:
        services.link_remove(
            actor=self.actor, now=timezone.now(), link=self.the_part(part), version=self.seen_version()
        )
        return Response(status=204)


class Decisions(Parts):
    """Gate decisions: who moved it, when and why. Append-only."""

    model = GateDecision
    serializer_class = shapes.DecisionSerializer
    edit = "initiatives.gate.decide"
    related = ("decided_by",)

    @extend_schema(request=shapes.DecisionWrite, responses={201: shapes.DecisionSerializer})
    def create(self, request: Request, uid: Any) -> Response:
        row, data = self.writable(), self.checked(shapes.DecisionWrite)
        return remembered(
            request,
            lambda: self.shown(
                services.gate_decide(
                    actor=self.actor, now=timezone.now(), initiative=row, version=self.seen_version(), **data
                ),
                status=201,
            ),
        )


class Journal(Parts):
    """Dated notes. Append-only."""

    model = JournalEntry
    serializer_class = shapes.JournalSerializer
    edit = "initiatives.journal.add"
    related = ("author",)

    @extend_schema(request=shapes.JournalWrite, responses={201: shapes.JournalSerializer})
    def create(self, request: Request, uid: Any) -> Response:
        row, data = self.writable(), self.checked(shapes.JournalWrite)
        return remembered(
            request,
            lambda: self.shown(
                services.journal_add(actor=self.actor, now=timezone.now(), initiative=row, **data), status=201
            ),
        )


class Types(ActorViewSet):
    """Investment types within the four classes."""

    model = InvestmentType
    serializer_class = shapes.TypeSerializer
    filterset_class = TypeFilter

    def scoped(self) -> Any:
        policy.require(self.actor, "initiatives.initiative.see")
        return super().scoped()

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    @extend_schema(request=shapes.TypeWrite, responses={201: shapes.TypeSerializer})
    def create(self, request: Request) -> Response:
        policy.require(self.actor, "initiatives.type.edit")
        data = self.checked(shapes.TypeWrite)
        return remembered(
            request,
            lambda: self.shown(
                services.investment_type_save(actor=self.actor, now=timezone.now(), **data), status=201
            ),
        )

    @extend_schema(request=shapes.TypePatch, responses=shapes.TypeSerializer)
    def partial_update(self, request: Request, uid: Any) -> Response:
        policy.require(self.actor, "initiatives.type.edit")
        row, data = self.scoped().the(uid=uid), self.checked(shapes.TypePatch)
        return self.shown(
            services.investment_type_save(
                actor=self.actor,
                now=timezone.now(),
                investment_type=row,
                key=row.key,
                investment_class=row.investment_class,
                **data,
            )
        )
