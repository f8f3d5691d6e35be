from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db.models import Case, DecimalField, Exists, F, OuterRef, Q, When

from apps.core.actor import Role
from apps.core.querysets import ScopedQuerySet

if TYPE_CHECKING:
    from apps.core.actor import Actor
    from apps.customers.models import Customer  # noqa: F401

# Who sees customers and what happened to them; amounts among it are narrower, see `Money`.
SEERS = (Role.FRONTLINE, Role.TEAM_LEAD, Role.CX_MANAGER, Role.ANALYST)


MONEY_SEERS = (Role.CX_MANAGER, Role.ANALYST, Role.FINANCE, Role.EXECUTIVE)


class Money:
    """Amounts for those who may see them. The roles are those of the policy action `customers.value.see` (a test compares)."""

    @staticmethod
    def money(actor: Actor, column: str) -> Any:
        """`column` where the actor may see money of the row's unit, else NULL: safe to show, sort and export."""
        if actor.is_system:
            return F(column)
        field = DecimalField(max_digits=14, decimal_places=2)
        return Case(When(unit_id__in=actor.units(*MONEY_SEERS), then=F(column)), output_field=field)


class CustomerQuerySet(Money, ScopedQuerySet["Customer"]):
    """Customers of one's own units and below."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(unit_id__in=actor.units(*SEERS))

    def known_in(self, system: str) -> Self:
        """Customers with an identity in this source system."""
        return self.filter(Exists(self._identities().filter(customer_id=OuterRef("pk"), system=system)))

    def known_as(self, external_id: str) -> Q:
        """The condition: some system knows the customer under exactly this id."""
        return Q(pk__in=self._identities().filter(external_id=external_id).values("customer_id"))

    def _identities(self) -> Any:
        return self.model.identities.rel.related_model.objects.all()  # type: ignore[attr-defined]

    def canonical(self) -> Self:
        """Without those that were merged into another."""
        return self.filter(merged_into__isnull=True)


class CustomerPartQuerySet(ScopedQuerySet[Any]):
    """Identities, key dates and consents: as visible as their customer."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(customer__unit_id__in=actor.units(*SEERS))


class EvidenceQuerySet(Money, ScopedQuerySet[Any]):
    """Interactions and purchases of one's own units and below."""

    def _visible_to(self, actor: Actor) -> Self:
        return self.filter(unit_id__in=actor.units(*SEERS))

    def with_money(self, actor: Actor) -> Self:
        """Only rows whose amounts the actor may see."""
        return self if actor.is_system else self.filter(unit_id__in=actor.units(*MONEY_SEERS))
