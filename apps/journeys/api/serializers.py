"""Shapes of journeys, steps and touchpoints in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.models import Unit, User
from apps.core.api.fields import ScopedUid, Shown
from apps.journeys.models import Channel, Journey, Step, Touchpoint


class JourneySerializer(serializers.ModelSerializer[Journey]):
    owner = Shown()

    class Meta:
        model = Journey
        fields = (
            "uid",
            "key",
            "name",
            "summary",
            "owner",
            "is_active",
            "version",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class JourneyPatch(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    key = serializers.SlugField(max_length=60, required=False)
    summary = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    owner = ScopedUid(User, required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class StepSerializer(serializers.ModelSerializer[Step]):
    journey, owner_unit = Shown(), Shown()

    class Meta:
        model = Step
        fields = (
            "uid", "journey", "key", "name", "position", "is_moment_of_truth", "owner_unit", "expected", "experienced",
            "version",
        )  # fmt: skip
        read_only_fields = fields


class StepPatch(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    key = serializers.SlugField(max_length=60, required=False)
    is_moment_of_truth = serializers.BooleanField(required=False)
    owner_unit = ScopedUid(Unit, required=False, allow_null=True)
    expected = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    experienced = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class StepAdd(StepPatch):
    journey = ScopedUid(Journey)


class StepMove(serializers.Serializer[Any]):
    by = serializers.IntegerField(
        min_value=-1000, max_value=1000, help_text="Places: -1 is one earlier, 1 one later."
    )


class TouchpointSerializer(serializers.ModelSerializer[Touchpoint]):
    step, owner_unit = Shown(), Shown()

    class Meta:
        model = Touchpoint
        fields = ("uid", "step", "channel", "key", "owner_unit", "is_active", "version")
        read_only_fields = fields


class TouchpointPatch(serializers.Serializer[Any]):
    channel = serializers.ChoiceField(choices=Channel.choices)
    key = serializers.SlugField(max_length=120, required=False)
    owner_unit = ScopedUid(Unit, required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class TouchpointAdd(TouchpointPatch):
    step = ScopedUid(Step)
