"""What every page's frame needs; lazy, so that fragments and error pages pay nothing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.accounts import policy
from apps.accounts.selectors import organisation
from apps.core import nav
from apps.notifications.models import Notification


def frame(request: HttpRequest) -> dict[str, Any]:
    """`actor`, `organisation`, `nav_items` (only what the person may use), `unread_count`, `notices`."""
    actor = getattr(request, "actor", None)
    match = request.resolver_match
    here = match.app_name if match else ""

    def company() -> Any:
        try:
            return organisation()
        except DatabaseError:
            return None

    def items() -> list[dict[str, Any]]:
        if actor is None or not actor.is_authenticated:
            return []
        return [
            {
                "key": item.key,
                "label": item.label,
                "url_name": item.url_name,
                "icon": item.icon,
                "section": item.section,
                "is_active": item.key == here,
                "badge": item.badge(actor) if item.badge else 0,
            }
            for item in nav.items()
            if policy.can(actor, item.action)
        ]

    def unread() -> int:
        if actor is None or not actor.is_authenticated:
            return 0
        return Notification.objects.visible_to(actor).unread()[:100].count()

    return {
        "actor": actor,
        "organisation": SimpleLazyObject(company),
        "nav_items": SimpleLazyObject(items),
        "unread_count": SimpleLazyObject(unread),
        "is_plain_http": not settings.SECURE,
    }
