"""What undoing an import needs: what may be deleted, and what may be set back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from apps.audit import services as audit
from apps.customers.types import Changes


def take_back(row: Any, changes: Changes) -> bool:
    """Set each field that still holds the "after" of `changes` back to its "before" (unsaved); was there any?"""
    done = False
    for name, (before, after) in changes.items():
        field = row._meta.get_field(name)
        current = audit.diff({}, {name: getattr(row, field.attname)}).get(name, [None, None])[1]
        if current == after and current != before:
            setattr(row, field.attname, field.to_python(before))
            done = True
    return done


def referred_ids(model: type[Model], ids: Iterable[int], *, but: Iterable[str] = ()) -> set[int]:
    """Those of `ids` to which any row of any app refers, but those of the models named in `but`.

    Asks the registry for the foreign keys, so that rooms above are respected without being imported.
    """
    wanted, skipped, found = set(ids), set(but), set[int]()
    relations: list[Any] = list(model._meta.get_fields(include_hidden=True))
    for relation in relations:
        if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        if relation.related_model.__name__ in skipped or not wanted:
            continue
        column = relation.field.attname
        rows = relation.related_model._base_manager.filter(**{f"{column}__in": wanted})
        found |= set(rows.order_by().values_list(column, flat=True).distinct())
    return found
