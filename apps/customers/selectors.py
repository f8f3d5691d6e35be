"""Composed reads: whom do these identities and addresses mean, and what happened to a customer, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

from django.db.models import Q

from apps.core.actor import Actor
from apps.customers import rules
from apps.customers.models import Customer, Identity
from apps.customers.types import CustomerRow, IdentityKey


def canonical_ids(ids: Iterable[int]) -> dict[int, int]:
    """{id: the id of the customer it stands for}: merged customers are followed. One query, one more per merge step."""
    found = {pk: pk for pk in ids}
    open_ids = set(found)
    while open_ids:
        merged = dict(
            Customer.objects.filter(pk__in=open_ids, merged_into__isnull=False).values_list(
                "pk", "merged_into_id"
            )
        )
        found = {pk: merged.get(target, target) for pk, target in found.items()}
        open_ids = set(merged.values())
    return found


def identity_owners(keys: Iterable[IdentityKey]) -> dict[IdentityKey, int]:
    """{(system, external id): customer id} for the known ones of any unit, merged customers followed. Two queries."""
    by_system: dict[str, set[str]] = {}
    for system, external_id in keys:
        by_system.setdefault(system, set()).add(external_id)
    if not by_system:
        return {}
    wanted = reduce(or_, (Q(system=system, external_id__in=ids) for system, ids in by_system.items()))
    owners = {
        (system, external_id): customer_id
        for system, external_id, customer_id in Identity.objects.filter(wanted)
        .order_by()
        .values_list("system", "external_id", "customer_id")
    }
    canonical = canonical_ids(set(owners.values())) if owners else {}
    return {key: canonical[customer_id] for key, customer_id in owners.items()}


def contact_candidates(
    actor: Actor, *, emails: Iterable[str], phones: Iterable[str]
) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """({e-mail key: ids}, {phone key: ids}) of the customers the actor may see, oldest first. One query."""
    email_keys, phone_keys = {key for key in emails if key}, {key for key in phones if key}
    by_email: dict[str, list[int]] = {}
    by_phone: dict[str, list[int]] = {}
    if not (email_keys or phone_keys):
        return by_email, by_phone
    wanted = Q()
    if email_keys:
        wanted |= Q(email_key__in=email_keys)
    if phone_keys:
        wanted |= Q(phone_key__in=phone_keys)
    rows = Customer.objects.visible_to(actor).canonical().filter(wanted).order_by("pk")
    for pk, email_key, phone_key in rows.values_list("pk", "email_key", "phone_key"):
        if email_key in email_keys:
            by_email.setdefault(email_key, []).append(pk)
        if phone_key in phone_keys:
            by_phone.setdefault(phone_key, []).append(pk)
    return by_email, by_phone


def customers_find(*, actor: Actor, identities: Iterable[IdentityKey]) -> dict[IdentityKey, int]:
    """{(system, external id): customer id} for those known identities whose customer the actor may see. Three queries."""
    owners = identity_owners(identities)
    seen = set(
        Customer.objects.visible_to(actor).filter(pk__in=set(owners.values())).values_list("pk", flat=True)
    )
    return {key: customer_id for key, customer_id in owners.items() if customer_id in seen}


def customers_match(*, actor: Actor, rows: Sequence[CustomerRow]) -> list[Customer | None]:
    """The customer each row means, None where it is nobody known yet: a preview of `customers_bulk_record`.

    Exact identity, then normalised e-mail, then a phone that exactly one customer has. Five queries for any number of
    rows; matches between rows of the batch itself are not seen here.
    """
    owners = customers_find(actor=actor, identities={key for row in rows for key in row.identities})
    emails = [rules.normalise_email(row.email) for row in rows]
    phones = [rules.normalise_phone(row.phone) for row in rows]
    by_email, by_phone = contact_candidates(actor, emails=emails, phones=phones)
    ids: list[int | None] = []
    for row, email, phone in zip(rows, emails, phones, strict=True):
        known = next((owners[key] for key in row.identities if key in owners), None)
        if known is None:
            known = rules.pick_by_email(by_email.get(email, []))
        if known is None:
            known = rules.pick_by_phone(by_phone.get(phone, []))
        ids.append(known)
    found = Customer.objects.visible_to(actor).in_bulk({pk for pk in ids if pk is not None})
    return [found.get(pk) if pk is not None else None for pk in ids]
