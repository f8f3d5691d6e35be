"""Who stands where: the people of units and of the units above them, read once for a whole batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from apps.accounts.models import Membership, User
from apps.accounts.selectors import ancestor_ids
from apps.cases import rules
from apps.core.actor import Role

TOLD = (Role.FRONTLINE, Role.TEAM_LEAD, Role.CX_MANAGER, Role.ADMINISTRATOR)
WORKERS = (Role.FRONTLINE, Role.TEAM_LEAD, Role.CX_MANAGER)


@dataclass(frozen=True, slots=True)
class Staff:
    """The units' ways up the tree and the people found there."""

    chains: dict[int, list[int]]
    people: dict[int, list[rules.Person]]
    users: dict[int, User]

    def team(self, unit_id: int) -> list[User]:
        """Who hears of a new case of this unit; nobody there means somebody further up."""
        return self._users(rules.team_of, unit_id)

    def leads(self, unit_id: int) -> list[User]:
        """Who hears of a missed target of this unit."""
        return self._users(rules.leads_of, unit_id)

    def _users(self, pick: Callable[..., list[int]], unit_id: int) -> list[User]:
        return [self.users[pk] for pk in pick(self.chains.get(unit_id, [unit_id]), self.people)]


def staff_of(unit_ids: Iterable[int]) -> Staff:
    """Three queries, however many units."""
    chains = ancestor_ids(unit_ids)
    above = {pk for chain in chains.values() for pk in chain}
    people: dict[int, list[rules.Person]] = {}
    users: dict[int, User] = {}
    rows = Membership.objects.filter(unit_id__in=above, role__in=TOLD, user__is_active=True)
    for row in rows.select_related("user").order_by("id"):
        users[row.user_id] = row.user
        people.setdefault(row.unit_id, []).append(
            rules.Person(row.user_id, row.unit_id, row.role, row.user.is_present)
        )
    return Staff(chains, people, users)


def may_own(user_id: int, unit_id: int) -> bool:
    """May this person own cases of the unit: active, and frontline, lead or CX manager there or above?"""
    return user_id in workers_of([unit_id])


def workers_of(unit_ids: Sequence[int]) -> set[int]:
    """The ids of the people who may own cases of all these units. Three queries."""
    chains = ancestor_ids(unit_ids)
    rows = Membership.objects.filter(
        unit_id__in={pk for chain in chains.values() for pk in chain}, role__in=WORKERS, user__is_active=True
    ).values_list("unit_id", "user_id")
    found = list(rows)
    able = [{user for unit, user in found if unit in chain} for chain in chains.values()]
    return set.intersection(*able) if able else set()
