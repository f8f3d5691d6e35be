from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.db.models import Q

from apps.core.actor import Role
from apps.core.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from apps.core.actor import Actor
    from apps.intake.models import ImportChange, ImportJob, ImportMapping, ImportReject  # noqa: F401

IMPORTERS = (Role.CX_MANAGER, Role.ANALYST)
BUSY = ("previewing", "confirmed", "running", "undoing")


class ImportJobQuerySet(ScopedQuerySet["ImportJob"]):
    """Imports into one's own units and below."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(unit_id__in=actor.units(*IMPORTERS))

    def whole(self) -> Self:
        """Without the steps of a bundle: those are shown on its page."""
        return self.filter(parent__isnull=True)

    def left_behind(self, now: dt.datetime) -> Self:
        """Jobs that should be worked on and that nobody holds: their worker died, or the broker lost them."""
        free = Q(lease_until__isnull=True, updated_at__lt=now - dt.timedelta(seconds=30)) | Q(
            lease_until__lt=now
        )
        return self.filter(free, state__in=BUSY, parent__isnull=True)


class ImportRejectQuerySet(ScopedQuerySet["ImportReject"]):
    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(job__unit_id__in=actor.units(*IMPORTERS))


class ImportChangeQuerySet(ScopedQuerySet["ImportChange"]):
    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(job__unit_id__in=actor.units(*IMPORTERS))


class ImportMappingQuerySet(ScopedQuerySet["ImportMapping"]):
    """Saved mappings are shared among those who import."""

    def _visible_to(self, actor: Actor) -> Self:
        return self if actor.has_role(*IMPORTERS) else self.none()

    def for_kind(self, kind: str) -> Self:
        return self.filter(kind=kind)
