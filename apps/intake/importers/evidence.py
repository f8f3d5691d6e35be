"""Interactions and purchases: dated records with an id of their own system."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext as _

from apps.cases.services import cases_open_for_events
from apps.customers.models import Interaction, Purchase
from apps.customers.services import customer_values_refresh
from apps.intake.convert import Record
from apps.intake.fields import ATTRIBUTE
from apps.intake.importers.base import (
    DEFAULT_SYSTEM,
    Assumed,
    Importer,
    Plan,
    differing,
    json_ready,
    rows_change,
)
from apps.intake.importers.people import Earlier, Found, People, Person
from apps.intake.importers.staging import rows_insert
from apps.kpis.services import rollup_mark


class EvidenceImporter(Importer):
    """What dated records share: found by (system, external id), given a customer, a unit and a day."""

    model: ClassVar[type[models.Model]]
    origin: ClassVar[str]
    moment_field: ClassVar[str] = "happened_at"

    def key(self, record: Record) -> tuple[Any, ...]:
        return (record.values.get("source") or DEFAULT_SYSTEM, record.values["external_id"])

    def plan(self, records: Sequence[Record]) -> list[Plan]:
        fresh, plans = self.first_met(records)
        stored = self.stored(fresh)
        for record, found in zip(fresh, People(self.context).find(fresh), strict=True):
            plans.append(self._one(record, found, stored.get(self.key(record))))
        return sorted(plans, key=lambda plan: plan.line)

    def stored(self, records: Sequence[Record]) -> dict[tuple[Any, ...], Any]:
        """Rows that are there already, by key."""
        keys = {self.key(record) for record in records}
        rows = self.model._default_manager.filter(
            system__in={system for system, _id in keys}, external_id__in={key for _system, key in keys}
        )
        return {(row.system, row.external_id): row for row in rows}

    def _one(self, record: Record, found: Found, row: Any) -> Plan:
        if found.reason:
            return self.rejected(
                record, found.column, found.reason, found.remedy, record.values.get("ref", "")
            )
        unit, touchpoint = self.unit_of(record), self.touchpoint_of(record)
        if isinstance(unit, Plan):
            return unit
        if isinstance(touchpoint, Plan):
            return touchpoint
        self._take_over(record, found)
        moment = record.values.get("occurred_at")
        if moment is None:
            return self.rejected(
                record,
                "occurred_at",
                _("The date is missing."),
                _("Fill in the cell, or let the row refer to a dated record."),
            )
        values = self.values(record, found, touchpoint)
        if isinstance(values, Plan):
            return values
        values[self.moment_field] = moment
        values["local_date"] = self.context.local_date(moment)
        if record.attributes:
            values["attributes"] = json_ready(record.attributes)
        person = found.person
        if person is not None and person.pk is not None:
            values["customer_id"] = person.pk
        if unit is not None:
            values["unit_id"] = unit
        if row is not None:
            changed = differing(row, values)
            if person is not None and person.pk is None:
                changed["customer_id"] = None  # replaced by the key of the customer to be added
            if not changed:
                return Plan(record, "skip", target=row, note=_("Already there."))
            return Plan(record, "change", target=row, values=changed, customer=person)
        values.setdefault("unit_id", self._home(person, found) or self.context.unit_id)
        return Plan(record, "add", values=values, customer=person)

    def _home(self, person: Person | None, found: Found) -> int | None:
        """The unit of a row that names none: its customer's, else that of the record it refers to."""
        if person is not None and person.unit_id is not None:
            return person.unit_id
        return found.earlier.unit_id if found.earlier else None

    def _take_over(self, record: Record, found: Found) -> None:
        """Fields the mapping lets a row inherit from the earlier record it refers to."""
        earlier = found.earlier
        if earlier is None:
            return
        for name in self.context.inherit:
            if name.startswith(ATTRIBUTE):
                key = name.removeprefix(ATTRIBUTE)
                if key in earlier.attributes:
                    record.attributes.setdefault(key, earlier.attributes[key])
            elif name == "occurred_at":
                record.values.setdefault("occurred_at", earlier.happened_at)

    def values(self, record: Record, found: Found, touchpoint: int | None) -> dict[str, Any] | Plan:
        """The columns of this kind that the row gives a value."""
        raise NotImplementedError

    def write(self, plans: Sequence[Plan]) -> None:
        People(self.context).store([plan.customer for plan in plans if plan.customer is not None])
        for plan in plans:
            if plan.customer is not None and "customer_id" in plan.values:
                plan.values["customer_id"] = plan.customer.pk
        dirty = {(plan.target.unit_id, plan.target.local_date) for plan in plans if plan.target is not None}
        changed = rows_change([plan for plan in plans if plan.action == "change"], self.context)
        adding = [plan for plan in plans if plan.action == "add"]
        lines = {self.key(plan.record): plan.line for plan in adding}
        added = rows_insert([self.row(plan) for plan in adding], key=self.unique)
        for row in added:
            self.context.noted(row, lines[self.key_of(row)])
        dirty |= {(row.unit_id, row.local_date) for row in [*added, *changed]}  # type: ignore[attr-defined]
        rollup_mark(origin=self.origin, keys=dirty)
        self.stored_rows(added, changed)

    def assume(self, plans: Sequence[Plan], assumed: Assumed) -> None:
        super().assume(plans, assumed)
        for plan in plans:
            if plan.action == "add":
                values = plan.values
                owner = values.get("customer_id") or (plan.customer.pk if plan.customer is not None else None)
                assumed.records[self.key(plan.record)] = Earlier(
                    owner,
                    values["unit_id"],
                    values.get("touchpoint_id"),
                    values[self.moment_field],
                    values.get("attributes", {}),
                )

    unique: ClassVar[tuple[str, ...]] = ("system", "external_id")

    def key_of(self, row: Any) -> tuple[Any, ...]:
        return (row.system, row.external_id)

    def row(self, plan: Plan) -> Any:
        """The new row of a plan."""
        system, external_id = self.key(plan.record)
        values = plan.values
        if plan.customer is not None:
            values["customer_id"] = plan.customer.pk
        return self.model(system=system, external_id=external_id, received_at=self.context.now, **values)

    def stored_rows(self, added: list[Any], changed: list[Any]) -> None:
        """What follows from new and changed rows of this kind."""


class InteractionsImporter(EvidenceImporter):
    kind: ClassVar[str] = "interactions"
    model = Interaction
    origin = "interactions"

    def values(self, record: Record, found: Found, touchpoint: int | None) -> dict[str, Any]:
        given = record.values
        values: dict[str, Any] = {"kind": given.get("type") or "event"}
        if given.get("summary"):
            values["summary"] = given["summary"]
        for name in ("is_failure", "minutes"):
            if given.get(name) is not None:
                values[name] = given[name]
        if given.get("channel"):
            record.attributes["channel"] = given["channel"]
        if touchpoint is not None:
            values["touchpoint_id"] = touchpoint
        return values

    def stored_rows(self, added: list[Any], changed: list[Any]) -> None:
        ids = [row.pk for row in [*added, *changed]]
        if ids:
            cases_open_for_events(
                actor=self.context.actor,
                now=self.context.now,
                interaction_ids=ids,
                notify=not self.context.is_historical,
                historical=self.context.is_historical,
                import_ref=self.context.job.pk if self.context.job else None,
            )


class PurchasesImporter(EvidenceImporter):
    kind: ClassVar[str] = "purchases"
    model = Purchase
    origin = "purchases"

    def values(self, record: Record, found: Found, touchpoint: int | None) -> dict[str, Any]:
        given = record.values
        values: dict[str, Any] = {
            "amount": given["amount"],
            "currency": given.get("currency") or self.context.currency,
        }
        if given.get("margin") is not None:
            values["margin"] = given["margin"]
        if given.get("product_line"):
            values["product_line"] = given["product_line"]
        if given.get("ref"):
            values["order_ref"] = given["ref"]
        if touchpoint is not None:
            values["touchpoint_id"] = touchpoint
        return values

    def stored_rows(self, added: list[Any], changed: list[Any]) -> None:
        touched = {row.customer_id for row in [*added, *changed] if row.customer_id}
        if touched:
            values_due(touched, self.context.now)


def values_due(customer_ids: set[int], now: dt.datetime) -> None:
    """Customers whose purchases changed get their value computed again."""
    from apps.core.actor import Actor

    customer_values_refresh(actor=Actor.system("import"), now=now, customer_ids=sorted(customer_ids))
