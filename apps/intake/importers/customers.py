"""Customers and their further identities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from apps.customers.models import Customer, Identity
from apps.customers.services import normalise_email, normalise_phone
from apps.intake.convert import Record
from apps.intake.importers.base import Assumed, Importer, Plan, differing, json_ready, rows_change
from apps.intake.importers.people import People, identity_of
from apps.intake.importers.staging import rows_insert


class CustomersImporter(Importer):
    """One row per customer; the first row of a key counts, further ones tell nothing new."""

    kind: ClassVar[str] = "customers"
    twice_is_fault: ClassVar[bool] = False

    def key(self, record: Record) -> tuple[Any, ...]:
        return identity_of(record) or ("", record.line)

    def plan(self, records: Sequence[Record]) -> list[Plan]:
        fresh, plans = self.first_met(records)
        people = People(self.context)
        for record, found in zip(fresh, people.find(fresh), strict=True):
            unit = self.unit_of(record)
            if isinstance(unit, Plan):
                plans.append(unit)
                continue
            person = found.person
            assert person is not None  # a customer row always names its customer
            values = self._values(record, unit)
            if person.row is None and person.pk is not None:
                plans.append(Plan(record, "skip", note=_("An earlier file of the bundle tells of it.")))
                continue
            if person.row is None:
                person.values = {**values, **person.values}
                plans.append(Plan(record, "add", customer=person))
                continue
            changed = differing(person.row, values)
            action = "change" if changed or person.identities else "skip"
            note = "" if action == "change" else _("Already there.")
            plans.append(Plan(record, action, target=person.row, values=changed, customer=person, note=note))  # type: ignore[arg-type]
        return sorted(plans, key=lambda plan: plan.line)

    def _values(self, record: Record, unit_id: int | None) -> dict[str, Any]:
        """What the row says of the customer; an empty cell says nothing, and never wipes what is known."""
        given = record.values
        values: dict[str, Any] = {
            name: given[name] for name in ("name", "email", "phone", "language", "segment") if given.get(name)
        }
        if "email" in values:
            values["email_key"] = normalise_email(values["email"])
        if "phone" in values:
            values["phone_key"] = normalise_phone(values["phone"])
        if given.get("since"):
            values["since_on"] = given["since"]
        if unit_id is not None:
            values["unit_id"] = unit_id
        if record.attributes:
            values["attributes"] = json_ready(record.attributes)
        return values

    def write(self, plans: Sequence[Plan]) -> None:
        for plan in plans:
            plan.customer.values.pop("email_key", None)
            plan.customer.values.pop("phone_key", None)
        People(self.context).store([plan.customer for plan in plans])
        rows_change([plan for plan in plans if plan.action == "change" and plan.values], self.context)


class IdentitiesImporter(Importer):
    """Further numbers of customers who are known by another."""

    kind: ClassVar[str] = "identities"
    twice_is_fault: ClassVar[bool] = False

    def key(self, record: Record) -> tuple[Any, ...]:
        values = record.values
        return (*(identity_of(record) or ()), values["system"], values["value"])

    def plan(self, records: Sequence[Record]) -> list[Plan]:
        fresh, plans = self.first_met(records)
        pairs = {(each.values["system"], each.values["value"]) for each in fresh}
        stored: dict[tuple[str, str], Customer] = {
            (row.system, row.external_id): row.customer
            for row in Identity.objects.filter(
                system__in={system for system, _key in pairs}, external_id__in={key for _system, key in pairs}
            ).select_related("customer__merged_into")
        }
        given: dict[tuple[str, str], int] = {}
        for record, found in zip(fresh, People(self.context).find(fresh, add=False), strict=True):
            pair = (record.values["system"], record.values["value"])
            person = found.person
            if person is None or person.pk is None:
                plans.append(
                    self.rejected(
                        record,
                        "customer_key",
                        _("There is no such customer."),
                        _("Import the customers first."),
                        record.values["customer_key"],
                    )
                )
                continue
            owner = stored.get(pair)
            owner_id = (owner.merged_into_id or owner.pk) if owner else given.setdefault(pair, person.pk)
            if owner_id != person.pk:
                plans.append(
                    self.rejected(
                        record,
                        "value",
                        _("This identity belongs to another customer."),
                        _("Check which of the two is right."),
                        record.values["value"],
                    )
                )
            elif owner is not None:
                plans.append(Plan(record, "skip", note=_("Already there.")))
            else:
                plans.append(Plan(record, "add", customer=person))
        return sorted(plans, key=lambda plan: plan.line)

    def assume(self, plans: Sequence[Plan], assumed: Assumed) -> None:
        for plan in plans:
            if plan.action == "add":
                assumed.people[(plan.record.values["system"], plan.record.values["value"])] = plan.customer

    def write(self, plans: Sequence[Plan]) -> None:
        lines = {(plan.record.values["system"], plan.record.values["value"]): plan.line for plan in plans}
        rows = [
            Identity(
                customer_id=plan.customer.pk,
                system=plan.record.values["system"],
                external_id=plan.record.values["value"],
                created_at=self.context.now,
            )
            for plan in plans
        ]
        for row in rows_insert(rows, key=("system", "external_id")):
            self.context.noted(row, lines[(row.system, row.external_id)])
