"""Shapes of people, units, keys and the organisation in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.models import (
    ROLE_CHOICES,
    ApiKey,
    Membership,
    NumberFormat,
    Organisation,
    Scope,
    Unit,
    User,
)
from apps.core.api.fields import ScopedUid


class UnitSerializer(serializers.ModelSerializer[Unit]):
    class Meta:
        model = Unit
        fields = ("uid", "key", "name", "depth", "is_active", "version")
        read_only_fields = fields


class UnitAdd(serializers.Serializer[Any]):
    key = serializers.SlugField(max_length=60)
    name = serializers.CharField(max_length=120)
    parent = ScopedUid(Unit)


class UnitPatch(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    is_active = serializers.BooleanField(default=True)


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    unit = serializers.SlugRelatedField(slug_field="uid", read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "role", "unit")
        read_only_fields = fields


class PersonSerializer(serializers.ModelSerializer[User]):
    memberships = MembershipSerializer(many=True, read_only=True)

    class Meta:
        model = User
        fields = ("uid", "name", "email", "is_active", "is_present", "last_login", "memberships", "version")
        read_only_fields = fields


class PersonInvite(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=120)
    role = serializers.ChoiceField(choices=ROLE_CHOICES)
    unit = ScopedUid(Unit)


class PersonPatch(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    is_active = serializers.BooleanField(required=False)


class MembershipGrant(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=ROLE_CHOICES)
    unit = ScopedUid(Unit)


class MeSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = (
            "uid",
            "name",
            "email",
            "time_zone",
            "language",
            "number_format",
            "theme",
            "is_present",
            "version",
        )
        read_only_fields = fields


class MePatch(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    time_zone = serializers.CharField(max_length=60, required=False, allow_blank=True)
    language = serializers.CharField(max_length=10, required=False, allow_blank=True)
    number_format = serializers.ChoiceField(choices=NumberFormat.choices, required=False)
    theme = serializers.ChoiceField(choices=["", "light", "dark"], required=False)
    is_present = serializers.BooleanField(required=False)


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    owner = serializers.SlugRelatedField(slug_field="uid", read_only=True)

    class Meta:
        model = ApiKey
        fields = (
            "uid",
            "owner",
            "name",
            "prefix",
            "scopes",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
        )
        read_only_fields = fields


class KeyAdd(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices), min_length=1, max_length=10
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class KeyMade(serializers.Serializer[Any]):
    key = KeySerializer()
    secret = serializers.CharField(help_text="Shown this once.")


class OrganisationSerializer(serializers.ModelSerializer[Organisation]):
    class Meta:
        model = Organisation
        fields = (
            "name", "currency", "time_zone", "language", "fiscal_year_start", "discount_rate", "minute_rate", "horizon_months",
            "version",
        )  # fmt: skip
        read_only_fields = fields


class OrganisationPatch(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)
    time_zone = serializers.CharField(max_length=60, required=False)
    language = serializers.CharField(max_length=10, required=False)
    fiscal_year_start = serializers.IntegerField(min_value=1, max_value=12, required=False)
    discount_rate = serializers.DecimalField(
        max_digits=6, decimal_places=4, min_value=0, max_value=1, required=False
    )
    minute_rate = serializers.DecimalField(max_digits=8, decimal_places=2, min_value=0, required=False)
    horizon_months = serializers.IntegerField(min_value=1, max_value=120, required=False)
