"""From a user or an API key to an `Actor`, in a fixed number of queries."""

from __future__ import annotations

from django.db.models import Q

from apps.accounts.models import ApiKey, Membership, Unit, User
from apps.accounts.selectors import organisation
from apps.core.actor import Actor, Kind, Role


def grants_of(user: User) -> tuple[dict[Role, frozenset[int]], int | None]:
    """{role: ids of all units reached}, and the unit of the first membership. Two queries."""
    memberships = list(Membership.objects.filter(user_id=user.pk).select_related("unit").order_by("id"))
    if not memberships:
        return {}, None
    wanted = Q()
    for path in {membership.unit.path for membership in memberships}:
        wanted |= Q(path__startswith=path)
    units = list(Unit.objects.filter(wanted).values_list("id", "path"))
    reached: dict[Role, set[int]] = {}
    for membership in memberships:
        below = {pk for pk, path in units if path.startswith(membership.unit.path)}
        reached.setdefault(Role(membership.role), set()).update(below)
    return {role: frozenset(ids) for role, ids in reached.items()}, memberships[0].unit_id


def actor_for(user: User, *, key: ApiKey | None = None, request_id: str = "") -> Actor:
    """The actor of a signed-in person, or of a key acting with its owner's rights narrowed by its scopes."""
    grants, home = grants_of(user)
    company = organisation()
    return Actor(
        kind=Kind.API_KEY if key else Kind.PERSON,
        user_id=user.pk,
        label=f"{user} · {key}" if key else str(user),
        email=user.email,
        grants=grants,
        scopes=frozenset(key.scopes) if key else None,
        time_zone=user.time_zone or (company.time_zone if company else "UTC"),
        language=user.language or (company.language if company else "en-gb"),
        number_format=user.number_format,
        request_id=request_id,
        home_unit_id=home,
    )
