from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission

if TYPE_CHECKING:  # importing them here for real would go round in a circle
    from rest_framework.request import Request
    from rest_framework.views import APIView


class HasActor(BasePermission):
    """Somebody is signed in or sent a valid key; what they may do is asked of the policy in each verb."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        actor = getattr(request, "actor", None) or getattr(request._request, "actor", None)
        return actor is not None and actor.is_authenticated
