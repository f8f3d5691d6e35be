from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from apps.accounts.models import Organisation, Unit
from apps.audit.models import AuditEvent
from apps.core import judge
from apps.core.actor import Actor
from apps.core.components import Change, HistoryEntry
from apps.core.errors import Unavailable


def organisation() -> Organisation | None:
    """The organisation, None before the first run's setup."""
    return Organisation.objects.filter(pk=1).first()  # unscoped: there is one, for everybody


def the_organisation() -> Organisation:
    """The organisation; raises `Unavailable` when setup was never done."""
    found = organisation()
    if found is None:
        raise Unavailable("The organisation is not set up yet: run start.py or `manage.py setup`.")
    return found


def subtree_ids(unit: Unit) -> frozenset[int]:
    """The ids of a unit and of everything below it. One query."""
    below = Unit.objects.filter(path__startswith=unit.path)  # unscoped: visibility itself is made of this
    return frozenset(below.values_list("id", flat=True))


def ancestor_ids(unit_ids: Iterable[int]) -> dict[int, list[int]]:
    """{unit id: ids from itself up to the root} for these units. Two queries."""
    step = Unit.steplen
    some = Unit.objects.filter(pk__in=set(unit_ids))  # unscoped: visibility itself is made of this
    paths = dict(some.values_list("id", "path"))
    wanted = {path[:end] for path in paths.values() for end in range(step, len(path) + 1, step)}
    above = Unit.objects.filter(path__in=wanted)  # unscoped: visibility itself is made of this
    ids = dict(above.values_list("path", "id"))
    return {
        pk: [ids[path[:end]] for end in range(len(path), 0, -step) if path[:end] in ids]
        for pk, path in paths.items()
    }


MONEY_WORDS = (
    "amount",
    "budget",
    "cost",
    "goodwill",
    "margin",
    "price",
    "value_12m",
    "returned",
    "invested",
    "cost_per_1000",
)


def history_of(row: models.Model, actor: Actor, *, limit: int = 200) -> list[HistoryEntry]:
    """What happened to a row, newest first; amounts only for those who may see money. One query.

    Whoever may see the row may see its history: the caller has loaded `row` by `visible_to`.
    """
    with_money = bool(judge.can(actor, "initiatives.cost.see", row))
    return [
        entry(event, with_money=with_money)
        for event in AuditEvent.objects.visible_to(Actor.system("history")).of_object(row)[:limit]
    ]


def entry(event: AuditEvent, *, with_money: bool) -> HistoryEntry:
    """One audit event as the history component draws it."""
    changes = []
    for name, value in event.changes.items():
        if not with_money and any(word in name for word in MONEY_WORDS):
            continue
        before, after = value if isinstance(value, list) and len(value) == 2 else ("", value)
        changes.append(Change(name.replace("_", " "), _shown(before), _shown(after)))
    return HistoryEntry(at=event.at, who=event.actor_label, what=in_words(event.action), changes=changes)


def in_words(action: str) -> str:
    """`cases.case.closed` as "Case closed": the audit's codes are made to be read."""
    _app, noun, past = action.split(".", 2) if action.count(".") >= 2 else ("", "", action)
    return f"{noun} {past}".replace("_", " ").strip().capitalize()


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)
