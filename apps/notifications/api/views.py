from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.base import ActorViewSet
from apps.notifications import services
from apps.notifications.models import Notification


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    class Meta:
        model = Notification
        fields = ("uid", "kind", "title", "body", "url", "created_at", "read_at")
        read_only_fields = fields


class ReadSerializer(serializers.Serializer[Any]):
    uids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)


class CountSerializer(serializers.Serializer[Any]):
    read = serializers.IntegerField()


class Notifications(ActorViewSet):
    """What is behind one's own bell."""

    model = Notification
    serializer_class = NotificationSerializer

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    @extend_schema(request=ReadSerializer, responses=CountSerializer)
    @action(detail=False, methods=["post"])
    def read(self, request: Request) -> Response:
        """Mark as read: these, or all without `uids`."""
        data = self.checked(ReadSerializer)
        uids = [str(uid) for uid in data["uids"]] if "uids" in data else None
        count = services.notifications_read(actor=self.actor, uids=uids, now=timezone.now())
        return Response({"read": count})
