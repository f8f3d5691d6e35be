"""Composed reads: whom do these identities and addresses mean, and what happened to a customer, in order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Model, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from apps.accounts import policy
from apps.accounts.selectors import the_organisation
from apps.core.actor import Actor
from apps.core.components import TimelineEntry
from apps.customers import panels, rules
from apps.customers.models import Customer, Identity, Purchase
from apps.customers.querysets import CustomerQuerySet
from apps.customers.types import CustomerRow, IdentityKey

# More merges in a row than anybody makes: a ring of pointers ends here instead of never.
MERGE_STEPS = 20


def canonical_ids(ids: Iterable[int]) -> dict[int, int]:
    """{id: the id of the customer it stands for}: merged customers are followed. One query, one more per merge step."""
    found = {pk: pk for pk in ids}
    open_ids = set(found)
    for _step in range(MERGE_STEPS):
        if not open_ids:
            break
        rows = Customer.objects.filter(pk__in=open_ids)  # unscoped: a pointer is followed, nothing is shown
        merged = dict(rows.filter(merged_into__isnull=False).values_list("pk", "merged_into_id"))
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
    rows = Identity.objects.filter(wanted).order_by()  # unscoped: an identity is unique over all units
    owners = {
        (system, external_id): customer_id
        for system, external_id, customer_id in rows.values_list("system", "external_id", "customer_id")
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


def words_of(model: type[Model], column: str, *, limit: int = 200) -> list[str]:
    """The distinct non-empty words of a column, in order, at most `limit`: for choices of filters.

    Hops from word to word along an index instead of reading every row (the columns have one, see the migrations).
    """
    table, name = connection.ops.quote_name(model._meta.db_table), connection.ops.quote_name(column)
    hop = f"""
        WITH RECURSIVE hops(word, place) AS (
          (SELECT {name}, 1 FROM {table} WHERE {name} > '' ORDER BY {name} LIMIT 1)
          UNION ALL
          SELECT (SELECT {name} FROM {table} WHERE {name} > hops.word ORDER BY {name} LIMIT 1), place + 1
          FROM hops WHERE hops.word IS NOT NULL AND place < %s
        )
        SELECT word FROM hops WHERE word IS NOT NULL"""  # noqa: S608 - names come from the model
    with connection.cursor() as cursor:
        cursor.execute(hop, [limit])
        return [word for (word,) in cursor.fetchall()]


def customers_search(rows: CustomerQuerySet, text: str) -> CustomerQuerySet:
    """The customers that match all words: part of the name or e-mail, an exact identity, or a whole phone number."""
    phone = rules.normalise_phone(text)
    if phone:
        return rows.filter(Q(phone_key=phone) | rows.known_as(text.strip()))
    for word in text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(email__icontains=word) | rows.known_as(word))
    return rows


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Entries, newest first, and the cursor of the next page ("" = that was all)."""

    entries: list[TimelineEntry]
    next_cursor: str


def timeline(
    actor: Actor, customer: Customer, limit: int = 30, *, cursor: str = "", kind: str = ""
) -> TimelinePage:
    """One timeline of a customer from all registered sources (`panels.timeline_register`), newest first.

    `cursor` goes on where the last page ended: "<instant>~<entries already shown of that instant>"; nonsense starts
    anew. `kind` keeps one source. Each source costs a fixed number of queries.
    """
    until, shown = _cursor(cursor)
    ids = [
        customer.pk,
        *Customer.objects.visible_to(actor).filter(merged_into=customer).values_list("pk", flat=True),
    ]
    found: list[TimelineEntry] = []
    for source in panels.timeline_sources():
        if (not kind or source.key == kind) and policy.can(actor, source.action, customer):
            found += source.provide(actor, ids, until, limit + shown + 1)
    found.sort(key=lambda entry: entry.at, reverse=True)
    if until is not None:
        found = found[min(shown, sum(entry.at == until for entry in found)) :]
    page = found[:limit]
    if len(found) <= limit:
        return TimelinePage(page, "")
    last = page[-1].at
    same = sum(entry.at == last for entry in page) + (shown if last == until else 0)
    return TimelinePage(page, f"{last.isoformat()}~{same}")


def _cursor(text: str) -> tuple[dt.datetime | None, int]:
    instant, _sign, shown = text.partition("~")
    try:
        until, count = dt.datetime.fromisoformat(instant), int(shown)
    except ValueError:
        return None, 0
    return (until, count) if until.tzinfo is not None and 0 <= count <= 1000 else (None, 0)


@dataclass(frozen=True, slots=True)
class MonthValue:
    """What a customer paid in one month, in one currency."""

    month: dt.date
    currency: str
    amount: Decimal
    purchases: int


def value_by_month(
    actor: Actor, customer: Customer, *, now: dt.datetime, months: int = 12
) -> list[MonthValue]:
    """The last `months` months up to the present one, per currency; months without purchases are there with 0.

    Months are the organisation's. Only purchases the actor may see; the caller has asked the policy for money.
    """
    today = now.astimezone(ZoneInfo(the_organisation().time_zone)).date()
    first = (today.year * 12 + today.month - 1) - (months - 1)
    days = [dt.date(at // 12, at % 12 + 1, 1) for at in range(first, first + months)]
    rows = (
        Purchase.objects.visible_to(actor)
        .filter(Q(customer=customer) | Q(customer__merged_into=customer), local_date__gte=days[0])
        .annotate(month=TruncMonth("local_date"))
        .values_list("month", "currency")
        .annotate(amount=Sum("amount"), purchases=Count("pk"))
        .order_by()
    )
    found = {(month, currency): (amount, count) for month, currency, amount, count in rows}
    return [
        MonthValue(day, currency, *found.get((day, currency), (Decimal(0), 0)))
        for currency in sorted({currency for _month, currency in found})
        for day in days
    ]


def value_now(actor: Actor, customer: Customer, *, now: dt.datetime) -> list[tuple[str, Decimal, int]]:
    """[(currency, sum, number of purchases)] of the twelve months up to `now`, as `customer_values_refresh` counts. One query.

    Only purchases the actor may see; the caller has asked the policy for money.
    """
    rows = Purchase.objects.visible_to(actor).filter(Q(customer=customer) | Q(customer__merged_into=customer))
    return purchase_totals(rows.filter(happened_at__gt=rules.twelve_months_before(now), happened_at__lte=now))


def purchase_totals(rows: QuerySet[Purchase]) -> list[tuple[str, Decimal, int]]:
    """[(currency, sum, number)] of these purchases, largest number first. One query."""
    found = rows.order_by().values_list("currency").annotate(amount=Sum("amount"), purchases=Count("pk"))
    return sorted(found, key=lambda total: (-total[2], total[0]))
