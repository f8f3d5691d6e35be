"""The left navigation: each app adds its own entries, and a person sees only what they may use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from apps.core.actor import Actor


@dataclass(frozen=True, slots=True)
class NavItem:
    """`action` is the policy action that shows the entry; `badge` counts what waits there (one cheap query)."""

    key: str
    label: str | Promise
    url_name: str
    icon: str
    action: str
    order: int
    section: str = "work"
    badge: Callable[[Actor], int] | None = None


_items: dict[str, NavItem] = {}


def register(item: NavItem) -> None:
    _items[item.key] = item


def items() -> list[NavItem]:
    """All entries in order."""
    return sorted(_items.values(), key=lambda item: (item.order, item.key))
