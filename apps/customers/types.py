"""What goes into and comes out of the bulk verbs: plain data, so that importers need no model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

ChangeKind = Literal["added", "changed", "unchanged", "refused"]
# {field: [before, after]} as plain JSON, the same shape as in the audit log.
Changes = dict[str, list[Any]]
IdentityKey = tuple[str, str]
UnitDay = tuple[int, dt.date]


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer as a source tells it. Empty means "not told" and never overwrites; `since_on` keeps the earliest.

    `identities` are (system, external id) pairs. `unit_id` is the home unit of a *new* customer: a known one stays
    where they are.
    """

    unit_id: int
    identities: tuple[IdentityKey, ...] = ()
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    segment: str = ""
    since_on: dt.date | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomerOutcome:
    """What became of one row, in the order of the rows.

    `changes` is what to take back on undo (`customers_restore`), `identities` those newly attached to a customer who
    was there before or was added by an earlier row. `refused` rows have no customer and say why in `problem`.
    """

    customer_id: int | None
    outcome: ChangeKind
    changes: Changes = field(default_factory=dict)
    identities: tuple[IdentityKey, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class InteractionRow:
    """One interaction as a source tells it; (system, external_id) is its key. None and "" never overwrite."""

    system: str
    external_id: str
    unit_id: int
    kind: str
    happened_at: dt.datetime
    customer_id: int | None = None
    touchpoint_id: int | None = None
    summary: str = ""
    is_failure: bool = False
    minutes: Decimal | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PurchaseRow:
    """One purchase (negative: money back) as a source tells it; (system, external_id) is its key."""

    system: str
    external_id: str
    unit_id: int
    happened_at: dt.datetime
    amount: Decimal
    currency: str
    customer_id: int | None = None
    touchpoint_id: int | None = None
    margin: Decimal | None = None
    product_line: str = ""
    order_ref: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of a batch. `added` and `changed` are row ids (`changed` with what to take back on undo).

    `ids` has one entry per given row, in order (None: refused); `refused` maps the position of a row to the reason.
    `touched` are the (unit id, day) keys whose derived KPIs are out of date.
    """

    added: list[int]
    changed: dict[int, Changes]
    unchanged: int
    ids: list[int | None]
    refused: dict[int, str] = field(default_factory=dict)
    touched: frozenset[UnitDay] = frozenset()
