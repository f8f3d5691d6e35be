"""What every importer shares: where it writes, what it plans for a row, what it notes for undoing."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext as _

from apps.accounts.models import Unit
from apps.core.actor import Actor, Role
from apps.intake.convert import Record
from apps.intake.models import ImportChange, ImportJob
from apps.intake.reading.faults import RowFault
from apps.journeys.models import Touchpoint

Action = Literal["add", "change", "skip", "reject"]
DEFAULT_SYSTEM = "import"


@dataclass(slots=True)
class Plan:
    """What a row means: its action, the row it is about if there is one, new values, and the customer found."""

    record: Record
    action: Action
    target: Any = None
    values: dict[str, Any] = field(default_factory=dict)
    customer: Any = None
    fault: RowFault | None = None
    note: str = ""

    @property
    def line(self) -> int:
        return self.record.line


@dataclass(slots=True)
class Assumed:
    """What earlier files of a bundle would have added, for the check of later ones: nothing of it is stored."""

    people: dict[tuple[str, str], Any] = field(default_factory=dict)
    records: dict[tuple[str, str], Any] = field(default_factory=dict)
    by_pk: dict[int, Any] = field(default_factory=dict)

    def person(self, person: Any) -> Any:
        """The person with a key of its own, below zero as no stored one is."""
        if person.pk is None:
            person.pk = -1 - len(self.by_pk)
            self.by_pk[person.pk] = person
        return person


@dataclass(slots=True)
class Context:
    """For whom and where rows are written. `unit_id` is taken by rows that name no unit and have no customer."""

    actor: Actor
    now: dt.datetime
    zone: ZoneInfo
    currency: str
    unit_id: int
    job: ImportJob | None = None
    is_preview: bool = False
    notify: bool = False
    scale: tuple[Decimal, Decimal] = (Decimal(0), Decimal(10))
    inherit: tuple[str, ...] = ()
    may_add_sources: bool = True
    has_scores: bool = True
    assumed: Assumed | None = None
    changes: list[ImportChange] = field(default_factory=list)

    @property
    def is_historical(self) -> bool:
        """Files tell of the past: cases open quietly unless asked otherwise. What comes in by API is live."""
        return self.job is not None and not self.notify

    def local_date(self, moment: dt.datetime) -> dt.date:
        """The organisation's day of an instant."""
        return moment.astimezone(self.zone).date()

    def noted(
        self,
        row: models.Model,
        line: int,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Keep what undoing this row needs; without `before` it was added."""
        if self.job is not None:
            self.changes.append(
                ImportChange(
                    job=self.job,
                    table=row._meta.label_lower,
                    object_id=row.pk,
                    line=line,
                    is_added=before is None,
                    before=before,
                    after=after,
                )
            )


def plain(value: Any) -> Any:
    """A field's value as JSON keeps it; the field's `to_python` reads it back."""
    if isinstance(value, (Decimal, dt.datetime, dt.date)):
        return str(value) if isinstance(value, Decimal) else value.isoformat()
    return value


def json_ready(attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        name: float(value) if isinstance(value, Decimal) else plain(value)
        for name, value in attributes.items()
    }


class Importer(ABC):
    """Plans a batch of records in a constant number of queries, then writes the plans in a constant number of statements.

    `seen` maps the key of each record met in this file to its line: a key that stands twice is noticed wherever
    the two lines are, also after a crash (the lines before the checkpoint are met again by `remember`).
    """

    kind: ClassVar[str]
    twice_is_fault: ClassVar[bool] = True
    # Verbs with rules of their own can only be tried: their preview writes and rolls back.
    preview_writes: ClassVar[bool] = False

    def __init__(self, context: Context) -> None:
        self.context = context
        self.seen: dict[int, int] = {}

    @abstractmethod
    def key(self, record: Record) -> tuple[Any, ...]:
        """What makes a record the same thing when it comes again."""

    @abstractmethod
    def plan(self, records: Sequence[Record]) -> list[Plan]:
        """What each record means against what is stored now. Reads only."""

    @abstractmethod
    def write(self, plans: Sequence[Plan]) -> None:
        """Carry out the plans that add or change, in the caller's transaction."""

    def assume(self, plans: Sequence[Plan], assumed: Assumed) -> None:
        """Note what these plans would add, for later files of the same bundle."""
        for plan in plans:
            if plan.action == "add" and plan.customer is not None:
                person = assumed.person(plan.customer)
                for pair in person.identities:
                    assumed.people[pair] = person
                person.identities = []

    def reset(self) -> None:  # noqa: B027 - most importers remember nothing
        """Forget what was read of rows that this transaction added: it was rolled back."""

    def finish(self) -> None:  # noqa: B027 - most importers are done
        """What follows once when all rows are in."""

    def remember(self, record: Record) -> None:
        """Meet a record of an earlier run again."""
        self.seen.setdefault(hash(self.key(record)), record.line)

    def first_met(self, records: Sequence[Record]) -> tuple[list[Record], list[Plan]]:
        """Records whose key is new in this file, and plans for those whose key stood on an earlier line."""
        fresh, again = [], []
        for record in records:
            number = hash(self.key(record))
            line = self.seen.setdefault(number, record.line)
            if line == record.line:
                fresh.append(record)
            elif self.twice_is_fault:
                reason = _("The same key stands on line %(line)d.") % {"line": line}
                value = " · ".join(str(part) for part in self.key(record))
                again.append(
                    self.rejected(
                        record, "", reason, _("Remove one of them, or make the key of more columns."), value
                    )
                )
            else:
                again.append(Plan(record, "skip", note=_("Already told on line %(line)d.") % {"line": line}))
        return fresh, again

    def rejected(self, record: Record, column: str, reason: str, remedy: str, value: str = "") -> Plan:
        return Plan(record, "reject", fault=RowFault(record.line, column, value, reason, remedy))

    # ---- what rows name by key -----------------------------------------------------------------------------------------

    @cached_property
    def units(self) -> dict[str, int]:
        return dict(Unit.objects.filter(is_active=True).values_list("key", "id"))

    @cached_property
    def allowed_units(self) -> frozenset[int] | None:
        """Units the actor may import into; None for all (a job of the system)."""
        actor = self.context.actor
        return None if actor.is_system else actor.units(Role.CX_MANAGER, Role.ANALYST, *self.more_roles)

    more_roles: ClassVar[tuple[Role, ...]] = ()

    @cached_property
    def touchpoints(self) -> dict[str, int]:
        return dict(Touchpoint.objects.filter(is_active=True).values_list("key", "id"))

    def unit_of(self, record: Record) -> int | Plan | None:
        """The unit a row names, None when it names none, or the plan that rejects it."""
        name = record.values.get("unit")
        if not name:
            return None
        found = self.units.get(name)
        if found is None or (self.allowed_units is not None and found not in self.allowed_units):
            return self.rejected(
                record,
                "unit",
                _("There is no such unit, or it is not yours."),
                _("Use the unit's key, as on the units page."),
                name,
            )
        return found

    def touchpoint_of(self, record: Record) -> int | Plan | None:
        name = record.values.get("touchpoint")
        if not name:
            return None
        found = self.touchpoints.get(name)
        if found is None:
            return self.rejected(
                record,
                "touchpoint",
                _("There is no such touchpoint."),
                _("Use the touchpoint's key, as on the journey page."),
                name,
            )
        return found


def differing(row: models.Model, values: dict[str, Any]) -> dict[str, Any]:
    """Those of `values` (attribute names) that differ from the row; JSON attributes are merged, never dropped."""
    found = {}
    for name, value in values.items():
        old = getattr(row, name)
        if name == "attributes":
            value = {**old, **value}
        if old != value:
            found[name] = value
    return found


def rows_change(plans: Iterable[Plan], context: Context) -> list[models.Model]:
    """Write the changed values of the plans' targets, one statement per set of fields, and note how it was before."""
    rows: dict[frozenset[str], list[Any]] = {}
    for plan in plans:
        row = plan.target
        before = {name: plain(getattr(row, name)) for name in plan.values}
        for name, value in plan.values.items():
            setattr(row, name, value)
        context.noted(
            row, plan.line, before=before, after={name: plain(value) for name, value in plan.values.items()}
        )
        names = set(plan.values)
        if hasattr(row, "version"):
            row.version += 1
            names.add("version")
        rows.setdefault(frozenset(names), []).append(row)
    for names, changed in rows.items():
        type(changed[0])._default_manager.bulk_update(changed, list(names), batch_size=500)
    return [row for changed in rows.values() for row in changed]
