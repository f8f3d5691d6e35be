"""Shapes of snapshots and runs in the API. Money is a decimal string."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.initiatives.models import Initiative
from apps.returns.models import RecomputeRun, Snapshot


class SnapshotSerializer(serializers.ModelSerializer[Snapshot]):
    """A computed return; `invested` and `returned_*` are so far, `npv_*` and `payback_months` over the horizon."""

    initiative = serializers.SlugRelatedField(slug_field="key", read_only=True)

    class Meta:
        model = Snapshot
        fields = (
            "uid", "initiative", "engine_version", "digest", "computed_at", "as_of", "currency", "invested",
            "returned_low", "returned_mid", "returned_high", "saved_mid", "made_mid", "cash_mid", "roi", "npv_low",
            "npv_mid", "npv_high", "payback_months", "grade", "verdict",
        )  # fmt: skip
        read_only_fields = fields


class SnapshotDetail(SnapshotSerializer):
    """With everything that went in and every intermediate step."""

    class Meta(SnapshotSerializer.Meta):
        fields = (*SnapshotSerializer.Meta.fields, "inputs", "result")
        read_only_fields = fields


class RunSerializer(serializers.ModelSerializer[RecomputeRun]):
    class Meta:
        model = RecomputeRun
        fields = (
            "uid", "scope", "state", "requested_by_label", "requested_at", "started_at", "finished_at",
            "is_cancel_requested",
        )  # fmt: skip
        read_only_fields = fields


class InitiativeByKey(serializers.SlugRelatedField[Any]):
    """An initiative by key, out of what the actor may see."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="key", queryset=Initiative.objects.none(), **kwargs)

    def get_queryset(self) -> Any:
        request = self.context.get("request")
        return (
            Initiative.objects.visible_to(request.actor) if request is not None else Initiative.objects.none()
        )


class RunRequest(serializers.Serializer[Any]):
    """Without an initiative: all of them."""

    initiative = InitiativeByKey(required=False)
