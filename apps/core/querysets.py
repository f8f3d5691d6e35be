"""Every read starts from what the actor may see."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import models

from apps.core.errors import NotVisible

if TYPE_CHECKING:
    from apps.core.actor import Actor

M = TypeVar("M", bound=models.Model)


class ScopedQuerySet(models.QuerySet[M]):
    """A queryset that knows whom it may be shown to.

    Subclasses define `_visible_to(actor)` for people and API keys; jobs see all rows, anonymous visitors none.
    """

    def visible_to(self, actor: Actor) -> Self:
        """The rows this actor may see."""
        if actor.is_system:
            return self
        if not actor.is_authenticated:
            return self.none()
        return self._visible_to(actor)

    def _visible_to(self, actor: Actor) -> Self:
        raise NotImplementedError(f"{type(self).__name__} must say who may see its rows")

    def locked(self) -> Self:
        """The same rows, locked for this transaction (only this table: nullable joins cannot be locked)."""
        return self.select_for_update(of=("self",))

    def the(self, **lookup: Any) -> M:
        """The one row of this lookup, else `NotVisible`."""
        uid = lookup.get("uid")
        if uid is not None and not isinstance(uid, uuid.UUID):
            try:
                lookup["uid"] = uuid.UUID(str(uid))
            except ValueError:
                raise NotVisible from None
        try:
            return self.get(**lookup)
        except ObjectDoesNotExist:
            raise NotVisible from None
