"""Customers and what happened to them, over the same verbs as pages and imports."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policy
from apps.core.api.base import ActorViewSet, remembered
from apps.customers import services
from apps.customers.api import filters
from apps.customers.api import serializers as shapes
from apps.customers.models import Consent, Customer, Identity, Interaction, KeyDate, Purchase

STATUS = {"added": 201, "changed": 200, "unchanged": 200}


class CustomerRooms(ActorViewSet):
    """What the views below share: who may look, and the rows with what their answers need."""

    needs: tuple[str, ...] = ()
    write = ""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse who may not write at all before looking at what they sent."""
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS:
            policy.require(self.actor, self.write)

    def scoped(self) -> Any:
        policy.require(self.actor, "customers.customer.see")
        return self.model.objects.visible_to(self.actor).select_related(*self.needs)  # type: ignore[attr-defined]

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Response:
        return self.shown(self.scoped().the(uid=uid))

    def recorded(self, request: Request, verb: Any, data: dict[str, Any]) -> Response:
        """Run a recording verb (row, outcome) once per Idempotency-Key: 201 when added, 200 when it was there."""

        def answer() -> Response:
            row, outcome = verb(actor=self.actor, now=timezone.now(), **data)
            return self.shown(self.scoped().the(pk=row.pk), status=STATUS[outcome])

        return remembered(request, answer)

    def made(self, request: Request, verb: Any, data: dict[str, Any]) -> Response:
        """Run an adding verb once per Idempotency-Key."""

        def answer() -> Response:
            row = verb(actor=self.actor, now=timezone.now(), **data)
            return self.shown(self.scoped().the(pk=row.pk), status=201)

        return remembered(request, answer)

    def edited(self, verb: Any, **data: Any) -> Response:
        """Run an editing verb with the version of If-Match."""
        row = verb(actor=self.actor, now=timezone.now(), version=self.seen_version(), **data)
        return self.shown(self.scoped().the(pk=row.pk))


class Customers(CustomerRooms):
    """Customers of one's units. Merged ones are not listed."""

    write = "customers.customer.edit"
    model = Customer
    serializer_class = shapes.CustomerSerializer
    filterset_class = filters.CustomerFilter
    needs = ("unit", "account_owner")

    def scoped(self) -> Any:
        return super().scoped().canonical().prefetch_related("identities")

    @extend_schema(
        request=shapes.CustomerRecord,
        responses={201: shapes.CustomerSerializer, 200: shapes.CustomerSerializer},
    )
    def create(self, request: Request) -> Response:
        """Find the customer meant or add one: exact identity, then e-mail, then a phone that only one has.

        Empty values never overwrite; sending the same again is harmless.
        """
        data = self.checked(shapes.CustomerRecord)
        data["identities"] = [(key["system"], key["external_id"]) for key in data.get("identities", [])]
        return self.recorded(request, services.customer_record, data)

    @extend_schema(request=shapes.CustomerPatch, responses=shapes.CustomerSerializer)
    def partial_update(self, request: Request, uid: Any) -> Response:
        """Correct a customer; here an empty value does clear."""
        row = self.scoped().the(uid=uid)
        data = self.checked(shapes.CustomerPatch, partial=True)
        return self.edited(services.customer_edit, customer=row, **data)


class Identities(CustomerRooms):
    """What source systems call customers."""

    write = "customers.customer.edit"
    model = Identity
    serializer_class = shapes.IdentitySerializer
    filterset_class = filters.IdentityFilter
    needs = ("customer",)

    @extend_schema(request=shapes.IdentityAdd, responses={201: shapes.IdentitySerializer})
    def create(self, request: Request) -> Response:
        return self.made(request, services.identity_add, self.checked(shapes.IdentityAdd))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: Any) -> Response:
        services.identity_remove(actor=self.actor, now=timezone.now(), identity=self.scoped().the(uid=uid))
        return Response(status=204)


class Interactions(CustomerRooms):
    """Contacts and operational events."""

    write = "customers.interaction.record"
    model = Interaction
    serializer_class = shapes.InteractionSerializer
    filterset_class = filters.InteractionFilter
    needs = ("unit", "customer", "touchpoint")

    @extend_schema(
        request=shapes.InteractionRecord,
        responses={201: shapes.InteractionSerializer, 200: shapes.InteractionSerializer},
    )
    def create(self, request: Request) -> Response:
        """Record under (system, external_id); sending it again updates that row."""
        return self.recorded(request, services.interaction_record, self.checked(shapes.InteractionRecord))

    @extend_schema(request=shapes.InteractionPatch, responses=shapes.InteractionSerializer)
    def partial_update(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        data = self.checked(shapes.InteractionPatch, partial=True)
        return self.edited(services.interaction_edit, interaction=row, **data)


class Purchases(CustomerRooms):
    """What customers paid; negative amounts are money back."""

    write = "customers.purchase.record"
    model = Purchase
    serializer_class = shapes.PurchaseSerializer
    filterset_class = filters.PurchaseFilter
    needs = ("unit", "customer", "touchpoint")

    @extend_schema(
        request=shapes.PurchaseRecord,
        responses={201: shapes.PurchaseSerializer, 200: shapes.PurchaseSerializer},
    )
    def create(self, request: Request) -> Response:
        """Record under (system, external_id); sending it again updates that row."""
        return self.recorded(request, services.purchase_record, self.checked(shapes.PurchaseRecord))

    @extend_schema(request=shapes.PurchasePatch, responses=shapes.PurchaseSerializer)
    def partial_update(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        data = self.checked(shapes.PurchasePatch, partial=True)
        return self.edited(services.purchase_edit, purchase=row, **data)


class KeyDates(CustomerRooms):
    """Days on which to reach out."""

    write = "customers.keydate.edit"
    model = KeyDate
    serializer_class = shapes.KeyDateSerializer
    filterset_class = filters.KeyDateFilter
    needs = ("customer",)

    @extend_schema(request=shapes.KeyDateAdd, responses={201: shapes.KeyDateSerializer})
    def create(self, request: Request) -> Response:
        return self.made(request, services.key_date_add, self.checked(shapes.KeyDateAdd))

    @extend_schema(request=shapes.KeyDatePatch, responses=shapes.KeyDateSerializer)
    def partial_update(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        now = {"kind": row.kind, "on": row.on, "note": row.note}
        data = self.checked(shapes.KeyDatePatch, partial=True)
        return self.edited(services.key_date_edit, key_date=row, **{**now, **data})

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: Any) -> Response:
        services.key_date_remove(actor=self.actor, now=timezone.now(), key_date=self.scoped().the(uid=uid))
        return Response(status=204)


class Consents(CustomerRooms):
    """What customers allow; each change is a new row, the newest counts."""

    write = "customers.consent.record"
    model = Consent
    serializer_class = shapes.ConsentSerializer
    filterset_class = filters.ConsentFilter
    needs = ("customer",)

    @extend_schema(request=shapes.ConsentRecord, responses={201: shapes.ConsentSerializer})
    def create(self, request: Request) -> Response:
        return self.made(request, services.consent_record, self.checked(shapes.ConsentRecord))
