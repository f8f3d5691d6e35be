from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Q

from apps.core.actor import Role
from apps.core.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from django.db import models

    from apps.audit.models import AuditEvent  # noqa: F401
    from apps.core.actor import Actor


class AuditEventQuerySet(ScopedQuerySet["AuditEvent"]):
    """Administrators see all events; everybody sees their own and those of the units they lead or manage."""

    def _visible_to(self, actor: Actor) -> Self:
        if actor.has_role(Role.ADMINISTRATOR):
            return self
        units = actor.units(Role.TEAM_LEAD, Role.CX_MANAGER, Role.FINANCE, Role.EXECUTIVE, Role.ANALYST)
        return self.filter(Q(actor_id=actor.user_id) | Q(unit_id__in=units))

    def of_object(self, row: models.Model) -> Self:
        """The history of one row, newest first. The caller has checked that the row itself is visible."""
        return self.filter(object_type=row._meta.label_lower, object_id=row.pk).order_by("-id")
