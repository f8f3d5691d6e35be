"""Whose row it is: by identity, by e-mail, by phone, or by the earlier record the row refers to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.core.locks import lock_until_commit
from apps.customers.models import Customer, Identity, Interaction, Purchase
from apps.customers.services import normalise_email, normalise_phone
from apps.intake.convert import Record
from apps.intake.importers.base import DEFAULT_SYSTEM, Context
from apps.intake.importers.staging import rows_insert


@dataclass(slots=True)
class Person:
    """A customer: known (`pk`), or about to be added. `identities` are those to be added to them."""

    pk: int | None = None
    unit_id: int | None = None
    row: Customer | None = None
    email: str = ""
    phone: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    identities: list[tuple[str, str]] = field(default_factory=list)
    line: int = 0


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier record a row refers to, and what the row may take over from it."""

    customer_id: int | None
    unit_id: int
    touchpoint_id: int | None
    happened_at: dt.datetime
    attributes: dict[str, Any]


@dataclass(slots=True)
class Found:
    person: Person | None = None
    earlier: Earlier | None = None
    reason: str = ""
    remedy: str = ""
    column: str = ""


def identity_of(record: Record) -> tuple[str, str] | None:
    key = record.values.get("customer_key")
    return (record.values.get("customer_system") or DEFAULT_SYSTEM, key) if key else None


def contact_keys(record: Record) -> tuple[str, str]:
    """The normalised address and phone a row gives, "" for none."""
    email, phone = record.values.get("email"), record.values.get("phone")
    return normalise_email(email) if email else "", normalise_phone(phone) if phone else ""


class People:
    """Finds the customers of a batch in five queries, whatever its size. Remembers those to be added in this batch."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def find(self, records: Sequence[Record], *, add: bool = True) -> list[Found]:
        """For each record its customer (existing or to be added) and the earlier record it refers to."""
        identities = self._identities({pair for record in records if (pair := identity_of(record))})
        contacts = [contact_keys(record) for record in records]
        emails = self._unique("email_key", {email for email, _phone in contacts})
        phones = self._unique("phone_key", {phone for _email, phone in contacts})
        earlier = self._earlier({pair for record in records if (pair := self._ref(record))})
        owners = self._customers({each.customer_id for each in earlier.values() if each.customer_id})
        found = []
        for record in records:
            found.append(self._one(record, identities, emails, phones, earlier, owners, add))
        return found

    def _one(
        self,
        record: Record,
        identities: dict[tuple[str, str], Person],
        emails: dict[str, Person],
        phones: dict[str, Person],
        earlier: dict[tuple[str, str], Earlier],
        owners: dict[int, Person],
        add: bool,
    ) -> Found:
        ref = self._ref(record)
        before = earlier.get(ref) if ref else None
        if ref and before is None:
            return Found(
                column="ref",
                reason=_("There is no earlier record %(ref)s.") % {"ref": ref[1][:80]},
                remedy=_("Import the records it refers to first."),
            )
        pair = identity_of(record)
        email, phone = contact_keys(record)
        person = (identities.get(pair) if pair else None) or emails.get(email) or phones.get(phone)
        if person is None and before is not None and before.customer_id:
            person = owners.get(before.customer_id)
        if person is None and add and (pair or email or phone):
            person = Person(line=record.line)
        if person is not None and add:
            self._learn(person, record, pair, email, phone, identities, emails, phones)
        return Found(person=person, earlier=before)

    def _learn(
        self,
        person: Person,
        record: Record,
        pair: tuple[str, str] | None,
        email: str,
        phone: str,
        identities: dict[tuple[str, str], Person],
        emails: dict[str, Person],
        phones: dict[str, Person],
    ) -> None:
        """A further row of the same batch with this identity, e-mail or phone is the same person."""
        if pair and pair not in identities:
            identities[pair] = person
            person.identities.append(pair)
        if person.pk is None:
            person.email = person.email or record.values.get("email", "")
            person.phone = person.phone or record.values.get("phone", "")
            if email:
                emails.setdefault(email, person)
            if phone:
                phones.setdefault(phone, person)

    def _ref(self, record: Record) -> tuple[str, str] | None:
        ref = record.values.get("ref")
        return (
            (record.values.get("ref_system") or record.values.get("source") or DEFAULT_SYSTEM, ref)
            if ref
            else None
        )

    def _identities(self, pairs: set[tuple[str, str]]) -> dict[tuple[str, str], Person]:
        if not pairs:
            return {}
        rows = (
            Identity.objects.filter(
                system__in={system for system, _key in pairs}, external_id__in={key for _system, key in pairs}
            )
            .order_by()
            .values_list("system", "external_id", "customer_id")
        )
        owner = {(system, key): customer_id for system, key, customer_id in rows if (system, key) in pairs}
        people = self._customers(set(owner.values()))
        found = {pair: people[customer_id] for pair, customer_id in owner.items()}
        if self.context.assumed is not None:
            assumed = self.context.assumed.people
            found |= {pair: assumed[pair] for pair in pairs - set(found) if pair in assumed}
        return found

    def _customers(self, ids: set[int]) -> dict[int, Person]:
        """The canonical customer of each id: a merged one stands for the one it was merged into."""
        found: dict[int, Person] = {}
        if self.context.assumed is not None:
            by_pk = self.context.assumed.by_pk
            found = {pk: by_pk[pk] for pk in ids if pk in by_pk}
            ids = ids - set(found)
        rows = Customer.objects.in_bulk(ids)
        for pk in ids:
            row = rows[pk]
            for _step in range(20):
                if row.merged_into_id is None:
                    break
                row = rows.get(row.merged_into_id) or Customer.objects.get(pk=row.merged_into_id)
                rows[row.pk] = row
            found[pk] = Person(pk=row.pk, unit_id=row.unit_id, row=row)
        canonical: dict[int, Person] = {}
        return {pk: canonical.setdefault(person.pk or 0, person) for pk, person in found.items()}

    def _unique(self, field_name: str, keys: set[str]) -> dict[str, Person]:
        """Customers by a normalised key that fits exactly one of them; a shared address or phone names nobody."""
        keys.discard("")
        if not keys:
            return {}
        counts: dict[str, list[Customer]] = {}
        for row in Customer.objects.canonical().filter(**{f"{field_name}__in": keys}):
            counts.setdefault(getattr(row, field_name), []).append(row)
        return {
            key: Person(pk=rows[0].pk, unit_id=rows[0].unit_id, row=rows[0])
            for key, rows in counts.items()
            if len(rows) == 1
        }

    def _earlier(self, pairs: set[tuple[str, str]]) -> dict[tuple[str, str], Earlier]:
        found: dict[tuple[str, str], Earlier] = {}
        for model in (Interaction, Purchase):
            left = pairs - set(found)
            if not left:
                break
            rows = model.objects.filter(
                system__in={system for system, _key in left}, external_id__in={key for _system, key in left}
            ).values_list(
                "system",
                "external_id",
                "customer_id",
                "unit_id",
                "touchpoint_id",
                "happened_at",
                "attributes",
            )
            for system, key, *rest in rows:
                if (system, key) in left:
                    found[(system, key)] = Earlier(*rest)
        if self.context.assumed is not None:
            assumed = self.context.assumed.records
            found |= {pair: assumed[pair] for pair in pairs - set(found) if pair in assumed}
        return found

    # ---- writing -------------------------------------------------------------------------------------------------------

    def store(self, people: Sequence[Person]) -> None:
        """Add the customers and identities that are new, each once; gives every person their `pk`.

        Two batches that meet the same new identity at once are kept apart by a lock on adding people.
        """
        fresh = _distinct(people)
        new = [person for person in fresh if person.pk is None]
        adding = [person for person in fresh if person.pk is None or person.identities]
        if not adding:
            return
        lock_until_commit("customers.matching")  # the lock of `customer_record`: one road for adding people
        self._meet_again(new)
        new = [person for person in new if person.pk is None]
        rows = [self._customer(person) for person in new]
        rows_insert(rows, key=("uid",))
        for person, row in zip(new, rows, strict=True):
            person.pk, person.unit_id, person.row = row.pk, row.unit_id, row
            self.context.noted(row, person.line)
        identities = [
            Identity(customer_id=person.pk or 0, system=system, external_id=key)
            for person in fresh
            for system, key in person.identities
        ]
        lines = {(system, key): person.line for person in fresh for system, key in person.identities}
        for identity in rows_insert(identities, key=("system", "external_id")):
            self.context.noted(identity, lines[(identity.system, identity.external_id)])

    def _meet_again(self, new: list[Person]) -> None:
        """Somebody else may have added these people since they were looked for."""
        known = self._identities({pair for person in new for pair in person.identities})
        for person in new:
            for pair in person.identities:
                if pair in known:
                    person.pk, person.unit_id, person.row = (
                        known[pair].pk,
                        known[pair].unit_id,
                        known[pair].row,
                    )
                    break

    def _customer(self, person: Person) -> Customer:
        values = dict(person.values)
        email, phone = values.pop("email", person.email), values.pop("phone", person.phone)
        return Customer(
            unit_id=values.pop("unit_id", None) or person.unit_id or self.context.unit_id,
            email=email,
            email_key=normalise_email(email),
            phone=phone,
            phone_key=normalise_phone(phone),
            created_at=self.context.now,
            **values,
        )


def _distinct(people: Sequence[Person]) -> list[Person]:
    """Each person once, in order (they are compared by identity: two with equal values are two)."""
    seen: set[int] = set()
    return [person for person in people if not (id(person) in seen or seen.add(id(person)))]  # type: ignore[func-returns-value]
