"""What goes into and comes out of the feedback verbs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apps.accounts.models import Unit
    from apps.customers.models import Customer
    from apps.feedback.models import Source
    from apps.journeys.models import Touchpoint

Key = tuple[int, dt.date]


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """One answer as it arrives. Without `unit` or `touchpoint` the source's own is taken; `score` is on the source's scale."""

    source: Source
    external_id: str
    responded_at: dt.datetime
    unit: Unit | None = None
    customer: Customer | None = None
    touchpoint: Touchpoint | None = None
    score: Decimal | float | int | None = None
    title: str = ""
    verbatim: str = ""
    language: str = ""
    asked_at: dt.datetime | None = None
    attributes: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A response that was there already and got other values; `before` holds what `responses_restore` needs."""

    id: int
    before: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What a batch did. `repeated` counts rows whose key stood more than once in the batch (the last one counts).

    `touched` are the (unit id, day) keys whose rollups must be computed again: hand them to `kpis.services.rollup_mark`.
    """

    added: list[int] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    unchanged: int = 0
    repeated: int = 0
    touched: frozenset[Key] = frozenset()
