"""People, units, keys and the organisation over the same verbs as the pages."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import policy, services
from apps.accounts.api import serializers as shapes
from apps.accounts.models import ApiKey, Unit, User
from apps.accounts.selectors import the_organisation
from apps.core.api.base import ActorViewSet, remembered, seen_version


class Units(ActorViewSet):
    """The tree of business units."""

    model = Unit
    serializer_class = shapes.UnitSerializer
    filterset_fields = ("key", "is_active")

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Response:
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(request=shapes.UnitAdd, responses={201: shapes.UnitSerializer})
    def create(self, request: Request) -> Response:
        data = self.checked(shapes.UnitAdd)
        return remembered(
            request,
            lambda: self.shown(services.unit_add(actor=self.actor, now=timezone.now(), **data), status=201),
        )

    @extend_schema(request=shapes.UnitPatch, responses=shapes.UnitSerializer)
    def partial_update(self, request: Request, uid: Any) -> Response:
        data = self.checked(shapes.UnitPatch)
        return self.shown(
            services.unit_edit(
                actor=self.actor, now=timezone.now(), uid=uid, version=self.seen_version(), **data
            )
        )


class People(ActorViewSet):
    """The people of the organisation and their roles (administrators)."""

    model = User
    serializer_class = shapes.PersonSerializer
    filterset_fields = ("is_active", "email")

    def scoped(self) -> Any:
        policy.require(self.actor, "accounts.people.see")
        return User.objects.visible_to(self.actor).prefetch_related("memberships__unit")

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Response:
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(request=shapes.PersonInvite, responses={201: shapes.PersonSerializer})
    def create(self, request: Request) -> Response:
        data = self.checked(shapes.PersonInvite)
        return remembered(
            request,
            lambda: self.shown(
                services.person_invite(actor=self.actor, now=timezone.now(), **data), status=201
            ),
        )

    @extend_schema(request=shapes.PersonPatch, responses=shapes.PersonSerializer)
    def partial_update(self, request: Request, uid: Any) -> Response:
        data = self.checked(shapes.PersonPatch)
        return self.shown(
            services.person_edit(
                actor=self.actor, now=timezone.now(), uid=uid, version=self.seen_version(), **data
            )
        )

    @extend_schema(request=shapes.MembershipGrant, responses={201: shapes.MembershipSerializer})
    @action(detail=True, methods=["post"])
    def roles(self, request: Request, uid: Any) -> Response:
        """Give a role on a unit and everything below it."""
        user = self.scoped().the(uid=uid)
        data = self.checked(shapes.MembershipGrant)
        held = services.membership_grant(actor=self.actor, now=timezone.now(), user=user, **data)
        return Response(shapes.MembershipSerializer(held).data, status=201)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["delete"], url_path="roles/<int:role_id>")
    def take_back(self, request: Request, uid: Any, role_id: int) -> Response:
        """Take a role back."""
        self.scoped().the(uid=uid)
        services.membership_revoke(actor=self.actor, now=timezone.now(), pk=role_id)
        return Response(status=204)


class Keys(ActorViewSet):
    """API keys: one's own, or all as administrator."""

    model = ApiKey
    serializer_class = shapes.KeySerializer

    def scoped(self) -> Any:
        return ApiKey.objects.visible_to(self.actor).select_related("owner")

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    @extend_schema(request=shapes.KeyAdd, responses={201: shapes.KeyMade})
    def create(self, request: Request) -> Response:
        """The secret is in this answer and nowhere else (so it is not remembered for an Idempotency-Key)."""
        data = self.checked(shapes.KeyAdd)
        key, secret = services.apikey_create(actor=self.actor, now=timezone.now(), **data)
        return Response({"key": self.get_serializer(key).data, "secret": secret}, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: Any) -> Response:
        """Revoke the key at once."""
        services.apikey_revoke(actor=self.actor, now=timezone.now(), uid=uid)
        return Response(status=204)


class Me(APIView):
    """Oneself."""

    @extend_schema(responses=shapes.MeSerializer)
    def get(self, request: Request) -> Response:
        actor = request.actor  # type: ignore[attr-defined]
        return self._shown(User.objects.visible_to(actor).the(pk=actor.user_id))

    @extend_schema(request=shapes.MePatch, responses=shapes.MeSerializer)
    def patch(self, request: Request) -> Response:
        serializer = shapes.MePatch(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = services.profile_edit(
            actor=request.actor,  # type: ignore[attr-defined]
            now=timezone.now(),
            version=seen_version(request),
            **serializer.validated_data,
        )
        return self._shown(user)

    def _shown(self, user: User) -> Response:
        return Response(shapes.MeSerializer(user).data, headers={"ETag": f'"{user.version}"'})


class TheOrganisation(APIView):
    """The organisation's settings."""

    @extend_schema(responses=shapes.OrganisationSerializer)
    def get(self, request: Request) -> Response:
        company = the_organisation()
        return Response(shapes.OrganisationSerializer(company).data, headers={"ETag": f'"{company.version}"'})

    @extend_schema(request=shapes.OrganisationPatch, responses=shapes.OrganisationSerializer)
    def patch(self, request: Request) -> Response:
        serializer = shapes.OrganisationPatch(data=request.data)
        serializer.is_valid(raise_exception=True)
        company = services.organisation_edit(
            actor=request.actor,  # type: ignore[attr-defined]
            now=timezone.now(),
            version=seen_version(request),
            **serializer.validated_data,
        )
        return Response(shapes.OrganisationSerializer(company).data, headers={"ETag": f'"{company.version}"'})
