from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.accounts.models import Unit
from apps.core.actor import Actor


def nothing(*, actor: Actor, now: dt.datetime, unit: Unit) -> None:
    """A bundle that needs nothing to exist beforehand."""


@dataclass(frozen=True, slots=True)
class BundleStep:
    """One file read as one kind by one mapping document. `what` tells steps of the same file apart."""

    file: str
    kind: str
    mapping: dict[str, Any]
    what: str = ""

    def label(self) -> str:
        return f"{self.file} ({self.what})" if self.what else self.file


@dataclass(frozen=True, slots=True)
class Bundle:
    """`setup` adds what the rows refer to (touchpoints, KPIs, rules) unless it is there; it bears running twice."""

    key: str
    name: str
    help: str
    steps: tuple[BundleStep, ...]
    setup: Callable[..., None] = field(default=nothing)

    @property
    def files(self) -> list[str]:
        return list(dict.fromkeys(step.file for step in self.steps))
