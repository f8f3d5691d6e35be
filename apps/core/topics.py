"""Which code works off which outbox topic. Apps register in their AppConfig.ready()."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


class Handler(Protocol):
    """Does the effect; runs at least once, so it must bear being run twice or late. A vanished row is a quiet return."""

    def __call__(self, *, key: str, payload: dict[str, Any], now: dt.datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Topic:
    """`lease_seconds`: after that long without an end another worker may try; `attempts`: then it is parked."""

    name: str
    handler: Handler
    queue: str = "default"
    lease_seconds: int = 120
    attempts: int = 8


_topics: dict[str, Topic] = {}


def register(
    name: str,
    handler: Callable[..., None],
    *,
    queue: str = "default",
    lease_seconds: int = 120,
    attempts: int = 8,
) -> None:
    _topics[name] = Topic(name, handler, queue, lease_seconds, attempts)


def topic(name: str) -> Topic:
    """The registered topic; KeyError for an unknown one (a typo fails in the tests, not in the night)."""
    return _topics[name]


def is_known(name: str) -> bool:
    return name in _topics
