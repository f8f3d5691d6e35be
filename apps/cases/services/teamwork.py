"""Whose case it is: take, assign, hand over, and many at once."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Case as Choose
from django.db.models import F, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.models import User
from apps.audit import services as audit
from apps.cases import announcing, transitions
from apps.cases.models import Case, CaseEvent
from apps.cases.routing import may_own, workers_of
from apps.cases.writing import change, entry, locked
from apps.core.actor import Actor
from apps.core.errors import Denied, IllegalTransition, Invalid, check_version

MOST_AT_ONCE = 1_000


@transaction.atomic
def case_take(*, actor: Actor, now: dt.datetime, case: Case, version: int | None = None) -> Case:
    """Make the case one's own. A colleague's case is taken only by who may assign; taking one's own changes nothing."""
    row = locked(actor, case)
    policy.require(actor, "cases.case.take", row)
    check_version(version, row.version)
    if actor.user_id is None:
        raise Denied(_("A case is taken by a person."))
    state = transitions.after(row.state, "take")
    if row.owner_id == actor.user_id:
        return row
    if row.owner_id is not None:
        policy.require(actor, "cases.case.assign", row)
    me = User.objects.get(pk=actor.user_id)
    changes = change(row, state=state, owner=me, assigned_at=row.assigned_at or now)
    CaseEvent.objects.bulk_create([entry(row, actor, CaseEvent.Kind.ASSIGNED, now, _("taken"))])
    audit.record(actor=actor, action="cases.case.taken", obj=row, now=now, changes=changes)
    return row


@transaction.atomic
def case_assign(
    *, actor: Actor, now: dt.datetime, case: Case, to: User, note: str = "", version: int | None = None
) -> Case:
    """Give the case to somebody who may own cases of its unit; they hear of it."""
    row = locked(actor, case)
    policy.require(actor, "cases.case.assign", row)
    check_version(version, row.version)
    state = transitions.after(row.state, "assign")
    _check_owner(to, row)
    changes = change(row, state=state, owner=to, assigned_at=row.assigned_at or now)
    CaseEvent.objects.bulk_create([entry(row, actor, CaseEvent.Kind.ASSIGNED, now, _to(to, note))])
    audit.record(actor=actor, action="cases.case.assigned", obj=row, now=now, changes=changes)
    announcing.tell_owner(row, to, by=actor.user_id, now=now, note=note)
    return row


@transaction.atomic
def case_hand_over(
    *, actor: Actor, now: dt.datetime, case: Case, to: User, note: str = "", version: int | None = None
) -> Case:
    """Pass one's own case on to a colleague, with a word on what is left to do."""
    row = locked(actor, case)
    policy.require(actor, "cases.case.work", row)
    check_version(version, row.version)
    state = transitions.after(row.state, "hand_over")
    if row.owner_id != actor.user_id:
        policy.require(actor, "cases.case.assign", row)
    _check_owner(to, row)
    changes = change(row, state=state, owner=to)
    CaseEvent.objects.bulk_create([entry(row, actor, CaseEvent.Kind.ASSIGNED, now, _to(to, note))])
    audit.record(actor=actor, action="cases.case.handed_over", obj=row, now=now, changes=changes)
    announcing.tell_owner(row, to, by=actor.user_id, now=now, note=note)
    return row


@dataclass
class BulkAssigned:
    """What a bulk assignment did: how many changed hands, and why others did not ({case number: reason})."""

    assigned: int = 0
    refused: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def cases_bulk_assign(
    *, actor: Actor, now: dt.datetime, uids: Iterable[uuid.UUID | str], to: User, note: str = ""
) -> BulkAssigned:
    """Give many cases to one person: those for which it is possible change hands, the others are named with the reason.

    Cases the actor cannot see are not touched and not named. At most 1,000 at once. A constant number of statements.
    """
    policy.require(actor, "cases.case.bulk")
    wanted = _uids(uids)
    rows = list(
        Case.objects.visible_to(actor)
        .filter(uid__in=wanted)
        .locked()
        .select_related("unit", "owner")
        .order_by("pk")
    )
    outcome = BulkAssigned()
    able = {unit: to.pk in workers_of([unit]) for unit in sorted({row.unit_id for row in rows})}
    moved: list[Case] = []
    for row in rows:
        reason = _why_not(actor, row, able[row.unit_id], to)
        if reason:
            outcome.refused[str(row)] = reason
        elif row.owner_id != to.pk:
            moved.append(row)
    Case.objects.filter(pk__in=[row.pk for row in moved]).update(
        state=Choose(When(state="new", then=Value("assigned")), default=F("state")),
        owner=to,
        assigned_at=Coalesce("assigned_at", Value(now)),
        version=F("version") + 1,
        updated_at=now,
    )
    CaseEvent.objects.bulk_create(
        [entry(row, actor, CaseEvent.Kind.ASSIGNED, now, _to(to, note)) for row in moved]
    )
    audit.record_many(
        audit.event(
            actor=actor,
            action="cases.case.assigned",
            obj=row,
            now=now,
            changes={"owner": [row.owner, to]},
        )
        for row in moved
    )
    if moved:
        audit.record(
            actor=actor, action="cases.batch.assigned", now=now, changes={"to": str(to), "count": len(moved)}
        )
        announcing.tell_owner_of_many(moved, to, by=actor.user_id, now=now)
    outcome.assigned = len(moved)
    return outcome


def _why_not(actor: Actor, row: Case, is_able: bool, to: User) -> str:
    answer = policy.can(actor, "cases.case.assign", row)
    if not answer:
        return str(getattr(answer, "reason", ""))
    try:
        transitions.after(row.state, "assign")
    except IllegalTransition as error:
        return error.message
    return "" if is_able else _not_able(to, row)


def _uids(given: Iterable[uuid.UUID | str]) -> list[uuid.UUID]:
    found: list[uuid.UUID] = []
    for text in given:
        try:
            found.append(text if isinstance(text, uuid.UUID) else uuid.UUID(str(text)))
        except ValueError:
            raise Invalid(
                fields={"ids": [_("“%(id)s” is not the id of a case.") % {"id": str(text)[:60]}]}
            ) from None
    if not found:
        raise Invalid(fields={"ids": [_("Choose at least one case.")]})
    if len(found) > MOST_AT_ONCE:
        raise Invalid(fields={"ids": [_("At most 1,000 cases at once.")]})
    return found


def _check_owner(to: User, row: Case) -> None:
    if not may_own(to.pk, row.unit_id):
        raise Invalid(fields={"to": [_not_able(to, row)]})


def _not_able(to: User, row: Case) -> str:
    return _("%(person)s does not work on cases of %(unit)s.") % {"person": to, "unit": row.unit}


def _to(to: User, note: str) -> str:
    return f"→ {to}" + (f": {note.strip()}" if note.strip() else "")
