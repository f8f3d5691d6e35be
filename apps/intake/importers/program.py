"""Initiatives with their treated units, and cost lines: few rows, written by the verbs of their room."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from apps.accounts.models import Unit, User
from apps.initiatives.models import CostLine, Initiative, InvestmentClass, Treatment
from apps.initiatives.services import (
    cost_record,
    initiative_create,
    initiative_edit,
    treatment_add,
    treatment_edit,
)
from apps.intake.convert import Record
from apps.intake.importers.base import Importer, Plan

PLANS = {"planned": "planned", "plan": "planned", "budget": "planned", "actual": "actual", "spent": "actual"}
RHYTHMS = {
    "once": "once",
    "one-off": "once",
    "one_off": "once",
    "monthly": "monthly",
    "running": "monthly",
    "each month": "monthly",
}
SPENDS = {"capex": True, "opex": False}
NATURES = {"fix": "fix", "enhancement": "enhancement"}


class ProgramImporter(Importer):
    preview_writes: ClassVar[bool] = True
    twice_is_fault: ClassVar[bool] = True

    def word(self, record: Record, name: str, words: dict[str, Any], default: Any) -> Any:
        """One of a few words a column may hold; raises the plan that rejects the row."""
        given = record.values.get(name)
        if not given:
            return default
        found = words.get(given.casefold(), ...)
        if found is ...:
            raise Refused(
                self.rejected(
                    record,
                    name,
                    _("Unknown word."),
                    _("Use one of: %(words)s.") % {"words": ", ".join(words)},
                    given,
                )
            )
        return found

    def one(self, record: Record) -> Plan:
        """The plan of one record; may raise Refused."""
        raise NotImplementedError

    def plan(self, records: Sequence[Record]) -> list[Plan]:
        fresh, plans = self.first_met(records)
        for record in fresh:
            try:
                plans.append(self.one(record))
            except Refused as refused:
                plans.append(refused.plan)
        return sorted(plans, key=lambda plan: plan.line)


class Refused(Exception):
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        super().__init__(str(plan.fault))


class InitiativesImporter(ProgramImporter):
    """One row per initiative, or one per treated unit: further rows of a key add their unit."""

    kind: ClassVar[str] = "initiatives"

    def key(self, record: Record) -> tuple[Any, ...]:
        return (record.values["key"].lower(), record.values.get("treated_unit", ""))

    def one(self, record: Record) -> Plan:
        given = record.values
        unit = self.unit_of(record)
        if isinstance(unit, Plan):
            return unit
        fields: dict[str, Any] = {"name": given["name"]}
        for name in ("summary", "budget", "currency"):
            if given.get(name) is not None:
                fields[name] = given[name]
        classes = {
            word.casefold(): value for value, label in InvestmentClass.choices for word in (value, str(label))
        }
        fields["investment_class"] = self.word(record, "investment_class", classes, InvestmentClass.REACTIVE)
        fields["nature"] = self.word(record, "nature", NATURES, "fix")
        owner = self._owner(record)
        row = Initiative.objects.filter(key=given["key"].lower()).first()
        if row is None:
            fields["unit"] = Unit.objects.get(pk=unit or self.context.unit_id)
            fields["owner"] = owner or User.objects.filter(pk=self.context.actor.user_id).first()
            if fields["owner"] is None:
                return self.rejected(
                    record, "owner", _("The owner is missing."), _("Give the e-mail address of a colleague.")
                )
            return Plan(record, "add", values=fields)
        if owner is not None:
            fields["owner"] = owner
        if not given.get("investment_class"):
            del fields["investment_class"]
        if not given.get("nature"):
            del fields["nature"]
        changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
        treatment = self._treatment(row, record)
        if not changed and treatment == "same":
            return Plan(record, "skip", target=row, note=_("Already there."))
        return Plan(record, "change", target=row, values=changed)

    def _owner(self, record: Record) -> User | None:
        email = record.values.get("owner")
        if not email:
            return None
        found = User.objects.filter(email__iexact=email, is_active=True).first()
        if found is None:
            raise Refused(
                self.rejected(
                    record,
                    "owner",
                    _("Nobody has this e-mail address."),
                    _("Use the address of a colleague."),
                    email,
                )
            )
        return found

    def _treated(self, record: Record) -> int | None:
        name = record.values.get("treated_unit")
        if not name:
            return None
        found = self.units.get(name)
        if found is None:
            raise Refused(
                self.rejected(
                    record, "treated_unit", _("There is no such unit."), _("Use the unit's key."), name
                )
            )
        if not record.values.get("starts_on"):
            raise Refused(
                self.rejected(
                    record, "starts_on", _("The date is missing."), _("Say when the unit's treatment starts.")
                )
            )
        return found

    def _treatment(self, row: Initiative, record: Record) -> str:
        unit_id = self._treated(record)
        if unit_id is None:
            return "same"
        stored = Treatment.objects.filter(initiative=row, unit_id=unit_id, segment="").first()
        if stored is None:
            return "new"
        told = (record.values["starts_on"], record.values.get("ends_on"))
        return "same" if (stored.starts_on, stored.ends_on) == told else "other"

    def write(self, plans: Sequence[Plan]) -> None:
        actor, now = self.context.actor, self.context.now
        for plan in plans:
            given = plan.record.values
            row = plan.target or Initiative.objects.filter(key=given["key"].lower()).first()
            if row is None:
                row = initiative_create(actor=actor, now=now, key=given["key"], **plan.values)
                self.context.noted(row, plan.line)
            elif plan.target is not None and plan.values:
                before = {name: _stored(row, name) for name in plan.values}
                row = initiative_edit(actor=actor, now=now, initiative=row, **plan.values)
                after = {name: _stored(row, name) for name in plan.values}
                self.context.noted(row, plan.line, before=_keyed(before), after=_keyed(after))
            self._treat(row, plan)

    def _treat(self, row: Initiative, plan: Plan) -> None:
        unit_id = self._treated(plan.record)
        if unit_id is None:
            return
        actor, now, given = self.context.actor, self.context.now, plan.record.values
        dates = {"starts_on": given["starts_on"], "ends_on": given.get("ends_on")}
        stored = Treatment.objects.filter(initiative=row, unit_id=unit_id, segment="").first()
        if stored is None:
            added = treatment_add(
                actor=actor, now=now, initiative=row, unit=Unit.objects.get(pk=unit_id), **dates
            )
            self.context.noted(added, plan.line)
        elif (stored.starts_on, stored.ends_on) != tuple(dates.values()):
            before = {"starts_on": str(stored.starts_on), "ends_on": stored.ends_on and str(stored.ends_on)}
            treatment_edit(actor=actor, now=now, treatment=stored, **dates)
            after = {name: value and str(value) for name, value in dates.items()}
            self.context.noted(stored, plan.line, before=before, after=after)


def _stored(row: Initiative, name: str) -> Any:
    value = getattr(row, name)
    return (
        value.pk
        if name in ("owner", "unit")
        else (str(value) if name == "budget" and value is not None else value)
    )


def _keyed(values: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}_id" if name in ("owner", "unit") else name: value for name, value in values.items()}


class CostLinesImporter(ProgramImporter):
    """Cost lines of known initiatives. Without an id of its own a line is known by what it says."""

    kind: ClassVar[str] = "cost_lines"

    def key(self, record: Record) -> tuple[Any, ...]:
        return (record.values["initiative"].lower(), self.external_id(record))

    def external_id(self, record: Record) -> str:
        given = record.values
        if given.get("external_id"):
            return str(given["external_id"])
        said = "\0".join(
            str(given.get(name, "")) for name in ("label", "plan", "pattern", "starts_on", "currency")
        )
        return f"file:{hashlib.sha256(said.encode()).hexdigest()[:24]}"

    def one(self, record: Record) -> Plan:
        given = record.values
        row = (
            Initiative.objects.visible_to(self.context.actor).filter(key=given["initiative"].lower()).first()
        )
        if row is None:
            return self.rejected(
                record, "initiative", _("There is no such initiative."), _("Use its key, or import the initiatives first."),
                given["initiative"],
            )  # fmt: skip
        values = {
            "label": given["label"],
            "amount": given["amount"],
            "starts_on": given["starts_on"],
            "ends_on": given.get("ends_on"),
            "currency": given.get("currency") or row.currency,
            "plan": self.word(record, "plan", PLANS, "actual"),
            "rhythm": self.word(record, "pattern", RHYTHMS, "once"),
            "is_capex": self.word(record, "spend", SPENDS, False),
        }
        known = CostLine.objects.filter(initiative=row, external_id=self.external_id(record)).first()
        if known is None:
            return Plan(record, "add", target=row, values=values)
        if all(getattr(known, name) == value for name, value in values.items()):
            return Plan(record, "skip", target=row, note=_("Already there."))
        return Plan(record, "change", target=row, values=values)

    def write(self, plans: Sequence[Plan]) -> None:
        for plan in plans:
            external_id = self.external_id(plan.record)
            known = CostLine.objects.filter(initiative=plan.target, external_id=external_id).first()
            before = {name: _text(getattr(known, name)) for name in plan.values} if known else None
            row, _outcome = cost_record(
                actor=self.context.actor,
                now=self.context.now,
                initiative=plan.target,
                external_id=external_id,
                **plan.values,
            )
            after = {name: _text(getattr(row, name)) for name in plan.values} if known else None
            self.context.noted(row, plan.line, before=before, after=after)


def _text(value: Any) -> Any:
    return value if isinstance(value, (str, bool, type(None))) else str(value)
