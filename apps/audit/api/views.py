from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.models import AuditEvent
from apps.core import judge
from apps.core.api.base import ActorViewSet
from apps.core.errors import Denied


class AuditEventSerializer(serializers.ModelSerializer[AuditEvent]):
    """Names of changed fields only: values may hold money, which administrators do not see."""

    changed = serializers.SerializerMethodField()

    class Meta:
        model = AuditEvent
        fields = (
            "uid",
            "at",
            "actor_kind",
            "actor_label",
            "action",
            "object_type",
            "object_label",
            "changed",
            "request_id",
        )
        read_only_fields = fields

    def get_changed(self, row: AuditEvent) -> list[str]:
        return list(row.changes)


class AuditEvents(ActorViewSet):
    """The audit log (administrators)."""

    model = AuditEvent
    serializer_class = AuditEventSerializer
    filterset_fields = ("action", "object_type", "actor_label")

    def scoped(self) -> Any:
        if not (answer := judge.can(self.actor, "audit.log.see")):
            raise Denied(str(getattr(answer, "reason", "")))
        return AuditEvent.objects.visible_to(self.actor)

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())
