from __future__ import annotations

from typing import TYPE_CHECKING, Self

from apps.core.actor import Role
from apps.core.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from apps.core.actor import Actor
    from apps.notifications.models import Mail, Notification  # noqa: F401


class NotificationQuerySet(ScopedQuerySet["Notification"]):
    """Everybody sees their own."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(user_id=actor.user_id)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)


class MailQuerySet(ScopedQuerySet["Mail"]):
    """Mails may hold links that sign somebody in: administrators only."""

    def _visible_to(self, actor: Actor) -> Self:
        return self if actor.has_role(Role.ADMINISTRATOR) else self.none()
