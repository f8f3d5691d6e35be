from __future__ import annotations

from collections.abc import Iterable

from apps.accounts.models import Organisation, Unit
from apps.core.errors import Unavailable


def organisation() -> Organisation | None:
    """The organisation, None before the first run's setup."""
    return Organisation.objects.filter(pk=1).first()


def the_organisation() -> Organisation:
    """The organisation; raises `Unavailable` when setup was never done."""
    found = organisation()
    if found is None:
        raise Unavailable("The organisation is not set up yet: run start.py or `manage.py setup`.")
    return found


def subtree_ids(unit: Unit) -> frozenset[int]:
    """The ids of a unit and of everything below it. One query."""
    return frozenset(Unit.objects.filter(path__startswith=unit.path).values_list("id", flat=True))


def ancestor_ids(unit_ids: Iterable[int]) -> dict[int, list[int]]:
    """{unit id: ids from itself up to the root} for these units. Two queries."""
    step = Unit.steplen
    paths = dict(Unit.objects.filter(pk__in=set(unit_ids)).values_list("id", "path"))
    wanted = {path[:end] for path in paths.values() for end in range(step, len(path) + 1, step)}
    ids = dict(Unit.objects.filter(path__in=wanted).values_list("path", "id"))
    return {
        pk: [ids[path[:end]] for end in range(len(path), 0, -step) if path[:end] in ids]
        for pk, path in paths.items()
    }
