"""Saved views: a door through which the accounts app, which lies above, keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.core.actor import Actor


@dataclass(frozen=True)
class SavedViewRow:
    """A named query string of a list page; only one's own can be deleted."""

    id: str
    name: str
    query: str
    is_shared: bool
    is_own: bool


class SavedViews(Protocol):
    """What the keeper of saved views offers."""

    def rows(self, actor: Actor, page_key: str) -> Sequence[SavedViewRow]:
        """The actor's own and the shared views of a page, by name."""

    def save(self, actor: Actor, *, page_key: str, name: str, query: str, is_shared: bool) -> None:
        """Keep a view; the same name replaces the old one."""

    def delete(self, actor: Actor, *, page_key: str, view_id: str) -> None:
        """Forget one of the actor's own views."""


_keepers: list[SavedViews] = []


def register(keeper: SavedViews) -> None:
    """Make `keeper` the one that keeps saved views."""
    _keepers[:] = [keeper]


def keeper() -> SavedViews | None:
    """The keeper, if one is there."""
    return _keepers[0] if _keepers else None
