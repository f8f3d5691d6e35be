"""The door of the customer's timeline: rooms above add what they know, without being imported from here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.core.actor import Actor
from apps.core.components import Text, TimelineEntry


class Provide(Protocol):
    """The newest `limit` entries at or before `until` (None: no bound), newest first, only what `actor` may see.

    `customer_ids` holds one customer and those merged into them. A fixed number of queries, equal order on each call.
    """

    def __call__(
        self, actor: Actor, customer_ids: list[int], until: dt.datetime | None, limit: int
    ) -> Sequence[TimelineEntry]: ...


@dataclass(frozen=True, slots=True)
class TimelineSource:
    """One kind of entries; `action` is the policy action of those who get it, `key` its filter in the address."""

    key: str
    label: Text
    action: str
    provide: Provide
    order: int = 100


_sources: dict[str, TimelineSource] = {}


def timeline_register(*, key: str, label: Text, action: str, provide: Provide, order: int = 100) -> None:
    """Add a kind of entries to the timeline of every customer."""
    _sources[key] = TimelineSource(key, label, action, provide, order)


def timeline_sources() -> list[TimelineSource]:
    """All kinds, in their order."""
    return sorted(_sources.values(), key=lambda source: (source.order, source.key))
