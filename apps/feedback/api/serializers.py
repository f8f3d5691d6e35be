"""Shapes of sources and responses in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.core.actor import Actor
from apps.feedback.models import Response, ScoreKind, Source, SourceKind
from apps.journeys.models import Touchpoint


class ScopedKey(serializers.SlugRelatedField[Any]):
    """A related row by its `key`, taken only from what the actor may see: a foreign one is as unknown as a wrong one."""

    def __init__(self, model: type[Any], **kwargs: Any) -> None:
        self.model = model
        super().__init__(slug_field="key", queryset=model.objects.none(), **kwargs)

    def get_queryset(self) -> Any:
        request = self.context.get("request")
        actor: Actor = request.actor if request is not None else Actor.anonymous()
        return self.model.objects.visible_to(actor)


class SourceSerializer(serializers.ModelSerializer[Source]):
    unit = serializers.SlugRelatedField(slug_field="key", read_only=True)
    touchpoint = serializers.SlugRelatedField(slug_field="key", read_only=True)

    class Meta:
        model = Source
        fields = (
            "uid", "key", "name", "kind", "score_kind", "scale_min", "scale_max", "unit", "touchpoint", "is_active", "version",
        )  # fmt: skip
        read_only_fields = fields


class SourceAdd(serializers.Serializer[Any]):
    key = serializers.SlugField(max_length=60)
    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=SourceKind.choices)
    score_kind = serializers.ChoiceField(choices=ScoreKind.choices, default=ScoreKind.NONE)
    scale_min = serializers.DecimalField(max_digits=6, decimal_places=2, default=0)
    scale_max = serializers.DecimalField(max_digits=6, decimal_places=2, default=10)
    unit = ScopedKey(Unit)
    touchpoint = ScopedKey(Touchpoint, required=False, allow_null=True)
    is_active = serializers.BooleanField(default=True)


class SourcePatch(serializers.Serializer[Any]):
    key = serializers.SlugField(max_length=60, required=False)
    name = serializers.CharField(max_length=120, required=False)
    kind = serializers.ChoiceField(choices=SourceKind.choices, required=False)
    score_kind = serializers.ChoiceField(choices=ScoreKind.choices, required=False)
    scale_min = serializers.DecimalField(max_digits=6, decimal_places=2, required=False)
    scale_max = serializers.DecimalField(max_digits=6, decimal_places=2, required=False)
    unit = ScopedKey(Unit, required=False)
    touchpoint = ScopedKey(Touchpoint, required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class ResponseSerializer(serializers.ModelSerializer[Response]):
    """A response; `customer` is a uid, and is left out for those who do not work with customers."""

    source = serializers.SlugRelatedField(slug_field="key", read_only=True)
    unit = serializers.SlugRelatedField(slug_field="key", read_only=True)
    touchpoint = serializers.SlugRelatedField(slug_field="key", read_only=True)
    customer = serializers.SlugRelatedField(slug_field="uid", read_only=True)
    attributes = serializers.DictField(read_only=True)

    class Meta:
        model = Response
        fields = (
            "uid", "source", "external_id", "customer", "unit", "touchpoint", "score", "score_norm", "title", "verbatim",
            "language", "asked_at", "responded_at", "received_at", "local_date", "attributes",
        )  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Response) -> dict[str, Any]:
        shown = super().to_representation(instance)
        request = self.context.get("request")
        if request is None or not policy.can(request.actor, "customers.customer.see"):
            shown.pop("customer")
        return shown
