"""How rows of sources become customers: match, merge, write; in a fixed number of statements for any number of rows.

One road for one row and for two thousand. Whoever may add a customer or an identity holds the lock
`customers.matching` until commit, so that two imports at once cannot both find nothing and both add: the second waits,
looks again and finds. Rows whose identities are all known take no lock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.locks import lock_until_commit
from apps.customers import rules
from apps.customers.models import Customer, Identity
from apps.customers.selectors import contact_candidates, identity_owners
from apps.customers.types import ChangeKind, Changes, CustomerOutcome, CustomerRow, IdentityKey

MATCHING = "customers.matching"
TEXTS = {"name": 200, "email": 254, "phone": 40, "language": 10, "segment": 60}
FIELDS = (*TEXTS, "since_on", "attributes")
STORED = [*FIELDS, "email_key", "phone_key", "version", "updated_at"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row belongs, for the policy."""

    unit_id: int


@dataclass(eq=False)
class Slot:
    """A customer while a batch is worked through; new ones get their key when the batch is written."""

    customer: Customer
    is_new: bool = False
    is_changed: bool = False
    claims: list[IdentityKey] = field(default_factory=list)


@dataclass(eq=False)
class Result:
    """What one row did to its slot."""

    slot: Slot | None
    kind: ChangeKind = "unchanged"
    changes: Changes = field(default_factory=dict)
    identities: tuple[IdentityKey, ...] = ()
    problem: str = ""


def units_allowed(actor: Actor, action: str, unit_ids: Iterable[int]) -> set[int]:
    """Those units of `unit_ids` in which the actor may do `action`."""
    return {unit_id for unit_id in set(unit_ids) if policy.can(actor, action, Place(unit_id))}


def customers_locked(ids: Iterable[int]) -> dict[int, Customer]:
    """These customers, locked in the order of their keys, so that two batches never wait for each other in a ring."""
    return {row.pk: row for row in Customer.objects.filter(pk__in=set(ids)).order_by("pk").locked()}


def rows_record(actor: Actor, now: dt.datetime, rows: Sequence[CustomerRow]) -> list[CustomerOutcome]:
    """Match and write `rows`, in their order; see `customers_bulk_record`."""
    units = units_allowed(actor, "customers.customer.edit", (row.unit_id for row in rows))
    refused = [_refusal(row, units) for row in rows]
    taken = [row for row, problem in zip(rows, refused, strict=True) if not problem]
    keys = {key for row in taken for key in row.identities}
    owners = identity_owners(keys)
    if any(not row.identities or not all(key in owners for key in row.identities) for row in taken):
        lock_until_commit(MATCHING)
        owners = identity_owners(keys)
    batch = _Batch(actor, now, taken, owners)
    results = [
        Result(None, "refused", problem=problem) if problem else batch.take(row)
        for row, problem in zip(rows, refused, strict=True)
    ]
    batch.write()
    return [
        CustomerOutcome(
            customer_id=result.slot.customer.pk if result.slot else None,
            outcome=result.kind,
            changes=result.changes,
            identities=result.identities,
            problem=result.problem,
        )
        for result in results
    ]


def merge(customer: Customer, row: CustomerRow) -> Changes:
    """Write what `row` tells into `customer` (unsaved) and return what changed. Empty values never overwrite."""
    before = {name: getattr(customer, name) for name in FIELDS}
    for name in TEXTS:
        if (told := getattr(row, name).strip()) and not _is_same_contact(name, told, customer):
            setattr(customer, name, told)
    if row.since_on and (customer.since_on is None or row.since_on < customer.since_on):
        customer.since_on = row.since_on
    customer.attributes = rules.merged_attributes(customer.attributes, row.attributes)
    changes = audit.diff(before, {name: getattr(customer, name) for name in FIELDS})
    if "email" in changes:
        customer.email_key = rules.normalise_email(customer.email)
    if "phone" in changes:
        customer.phone_key = rules.normalise_phone(customer.phone)
    return changes


def _is_same_contact(name: str, told: str, customer: Customer) -> bool:
    """Another spelling of the address or number we have is no change: else two files would overwrite each other for ever."""
    if name == "email":
        return bool(customer.email_key) and rules.normalise_email(told) == customer.email_key
    if name == "phone":
        return bool(customer.phone_key) and rules.normalise_phone(told) == customer.phone_key
    return False


class _Batch:
    """The customers of one batch by everything they can be recognised by, those of earlier rows included."""

    def __init__(
        self, actor: Actor, now: dt.datetime, rows: Sequence[CustomerRow], owners: dict[IdentityKey, int]
    ) -> None:
        self.actor, self.now = actor, now
        lost = [row for row in rows if not any(key in owners for key in row.identities)]
        by_email, by_phone = contact_candidates(
            actor,
            emails=(rules.normalise_email(row.email) for row in lost),
            phones=(rules.normalise_phone(row.phone) for row in lost),
        )
        wanted = {
            *owners.values(),
            *(pk for found in (by_email, by_phone) for ids in found.values() for pk in ids),
        }
        known = customers_locked(wanted)
        writable = units_allowed(actor, "customers.customer.edit", (row.unit_id for row in known.values()))
        self.slots = {pk: Slot(customer) for pk, customer in known.items() if customer.unit_id in writable}
        self.elsewhere = {key for key, pk in owners.items() if pk not in self.slots}
        self.by_identity = {key: self.slots[pk] for key, pk in owners.items() if pk in self.slots}
        self.by_email = _slots(by_email, self.slots)
        self.by_phone = _slots(by_phone, self.slots)
        self.new: list[Slot] = []

    def take(self, row: CustomerRow) -> Result:
        """Find or add the customer of `row` and merge it; nothing is written yet."""
        if any(key in self.elsewhere for key in row.identities):
            return Result(
                None, "refused", problem=_("This identity belongs to a customer outside your units.")
            )
        slot = self._find(row)
        result = Result(slot)
        if slot is None:
            slot = Slot(Customer(unit_id=row.unit_id), is_new=True)
            self.new.append(slot)
            result = Result(slot, "added")
        result.changes = merge(slot.customer, row)
        # An identity that is somebody else's already stays there: merging two people is a decision, not an import.
        result.identities = tuple(key for key in dict.fromkeys(row.identities) if key not in self.by_identity)
        slot.claims += result.identities
        if result.kind != "added":
            if result.changes or result.identities:
                result.kind = "changed"
            slot.is_changed = slot.is_changed or bool(result.changes)
        self._remember(slot, result.identities)
        return result

    def write(self) -> None:
        """Write all slots: at most three statements."""
        for slot in self.slots.values():
            if slot.is_changed:
                slot.customer.version += 1
        Customer.objects.bulk_create([slot.customer for slot in self.new])
        changed = [slot.customer for slot in self.slots.values() if slot.is_changed]
        if changed:
            # One statement instead of a CASE per field and row; the rows are locked, so each one meets itself.
            Customer.objects.bulk_create(
                changed, update_conflicts=True, unique_fields=["id"], update_fields=STORED
            )
        claims = [
            Identity(customer=slot.customer, system=system, external_id=external_id)
            for slot in (*self.slots.values(), *self.new)
            for system, external_id in slot.claims
        ]
        Identity.objects.bulk_create(sorted(claims, key=lambda claim: (claim.system, claim.external_id)))

    def _find(self, row: CustomerRow) -> Slot | None:
        for key in row.identities:
            if key in self.by_identity:
                return self.by_identity[key]
        if found := self.by_email.get(rules.normalise_email(row.email)):
            return found[0]
        found = self.by_phone.get(rules.normalise_phone(row.phone), [])
        return found[0] if len(found) == 1 else None

    def _remember(self, slot: Slot, identities: Iterable[IdentityKey]) -> None:
        for key in identities:
            self.by_identity[key] = slot
        for known, contact in (
            (self.by_email, slot.customer.email_key),
            (self.by_phone, slot.customer.phone_key),
        ):
            if contact and slot not in known.setdefault(contact, []):
                known[contact].append(slot)


def _slots(ids_by_key: dict[str, list[int]], slots: dict[int, Slot]) -> dict[str, list[Slot]]:
    return {key: [slots[pk] for pk in ids if pk in slots] for key, ids in ids_by_key.items()}


def _refusal(row: CustomerRow, units: set[int]) -> str:
    if row.unit_id not in units:
        return _("You may not write customers of this unit.")
    for name, limit in TEXTS.items():
        text: Any = getattr(row, name)
        if "\x00" in text or len(text.strip()) > limit:
            return _("“%(field)s” holds a NUL or more than %(limit)s characters.") % {
                "field": name,
                "limit": limit,
            }
    for system, external_id in row.identities:
        if not (0 < len(system) <= 60 and 0 < len(external_id) <= 200) or "\x00" in system + external_id:
            return _("An identity needs a system (up to 60 characters) and an id (up to 200).")
    if not (row.identities or rules.normalise_email(row.email) or rules.normalise_phone(row.phone)):
        return _("An identity, an e-mail address or a phone number is needed to recognise the customer.")
    return ""
