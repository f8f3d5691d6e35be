from __future__ import annotations

from typing import TYPE_CHECKING, Self

from apps.core.actor import Role
from apps.core.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from apps.core.actor import Actor
    from apps.kpis.models import Kpi, Observation, ValueModel  # noqa: F401

READERS = (Role.TEAM_LEAD, Role.CX_MANAGER, Role.ANALYST, Role.FINANCE, Role.EXECUTIVE)
MONEY = (Role.CX_MANAGER, Role.ANALYST, Role.FINANCE, Role.EXECUTIVE)


MONEY_MEASURES = ("amount", "margin")  # of purchases


class KpiQuerySet(ScopedQuerySet["Kpi"]):
    """The dictionary is shared by all who read KPIs; what customers spend only by those who may see money."""

    def _visible_to(self, actor: Actor) -> Self:
        if not actor.has_role(*READERS):
            return self.none()
        return self if actor.has_role(*MONEY) else self.without_money()

    def without_money(self) -> Self:
        return self.exclude(derived__isnull=False, derived__measure__in=MONEY_MEASURES)


class ObservationQuerySet(ScopedQuerySet["Observation"]):
    """Values of one's own units and below."""

    def _visible_to(self, actor: Actor) -> Self:
        rows = self.filter(unit_id__in=actor.units(*READERS))
        if actor.has_role(*MONEY):
            return rows
        return rows.exclude(kpi__derived__isnull=False, kpi__derived__measure__in=MONEY_MEASURES)


class ValueModelQuerySet(ScopedQuerySet["ValueModel"]):
    """Money: not for team leads, frontline or administrators."""

    def _visible_to(self, actor: Actor) -> Self:
        return self if actor.has_role(*MONEY) else self.none()

    def current(self) -> Self:
        return self.filter(is_active=True, superseded_by__isnull=True)
