from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Q
from treebeard.mp_tree import MP_NodeManager, MP_NodeQuerySet

from apps.core.actor import Role
from apps.core.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from apps.accounts.models import ApiKey, Department, Membership, SavedView, Unit, User  # noqa: F401
    from apps.core.actor import Actor


class UserQuerySet(ScopedQuerySet["User"]):
    """Colleagues are visible by name to everybody who is signed in (cases are handed to them)."""

    def _visible_to(self, actor: Actor) -> Self:
        return self

    def with_role(self, role: Role, unit_ids: frozenset[int] | set[int] | None = None) -> Self:
        """Active people holding `role` directly on one of these units (None: on any)."""
        found = self.filter(is_active=True, memberships__role=role)
        if unit_ids is not None:
            found = found.filter(memberships__unit_id__in=unit_ids)
        return found.distinct()


class DepartmentQuerySet(ScopedQuerySet["Department"]):
    """Departments are named by everybody who says where a failure originated."""

    def _visible_to(self, actor: Actor) -> Self:
        return self


class UnitQuerySet(MP_NodeQuerySet, ScopedQuerySet["Unit"]):  # type: ignore[misc]
    """The units a person's roles reach; administrators see the whole tree."""

    def _visible_to(self, actor: Actor) -> Self:
        if actor.has_role(Role.ADMINISTRATOR):
            return self
        return self.filter(pk__in=actor.units())


class UnitManager(MP_NodeManager.from_queryset(UnitQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> Any:
        return UnitQuerySet(self.model, using=self._db).order_by("path")


class MembershipQuerySet(ScopedQuerySet["Membership"]):
    def _visible_to(self, actor: Actor) -> Self:
        if actor.has_role(Role.ADMINISTRATOR):
            return self
        return self.filter(
            Q(user_id=actor.user_id) | Q(unit_id__in=actor.units(Role.TEAM_LEAD, Role.CX_MANAGER))
        )


class ApiKeyQuerySet(ScopedQuerySet["ApiKey"]):
    def usable(self, *, digest: str, now: dt.datetime) -> ApiKey | None:
        """The key of this digest if it is neither revoked nor expired and its owner may still sign in."""
        alive = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
        found = self.filter(alive, digest=digest, revoked_at__isnull=True, owner__is_active=True)
        return found.select_related("owner").first()

    def _visible_to(self, actor: Actor) -> Self:
        return self if actor.has_role(Role.ADMINISTRATOR) else self.filter(owner_id=actor.user_id)


class SavedViewQuerySet(ScopedQuerySet["SavedView"]):
    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(Q(user_id=actor.user_id) | Q(is_shared=True))

    def for_page(self, page_key: str) -> Self:
        return self.filter(page_key=page_key)
