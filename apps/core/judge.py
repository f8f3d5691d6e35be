"""Lets pages of the core ask the permission table, which lives in a room above it.

The accounts app hands over `policy.can` when it is ready; until then every question is an error, never a yes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from django.core.exceptions import ImproperlyConfigured

from apps.core.actor import Actor


class Answer(Protocol):
    """True when allowed; a refusal also has `reason`, a sentence for people."""

    def __bool__(self) -> bool: ...


_judges: list[Callable[[Actor, str, Any], Answer]] = []


def register(can: Callable[[Actor, str, Any], Answer]) -> None:
    """Make `can(actor, action, obj)` the judge of every page."""
    _judges[:] = [can]


def can(actor: Actor, action: str, obj: Any = None) -> Answer:
    """Whether `actor` may do `action` to `obj`."""
    if not _judges:
        raise ImproperlyConfigured("no permission table is registered with apps.core.judge")
    return _judges[0](actor, action, obj)
