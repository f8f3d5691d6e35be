"""Opening cases: by a rule for an answer or an event, in bulk for an import, or by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.audit import services as audit
from apps.cases import announcing, opener
from apps.cases.evidence import INTERACTIONS, RESPONSES
from apps.cases.models import Case, CaseEvent, CaseInteraction, CaseResponse, Priority
from apps.cases.transitions import OPEN
from apps.cases.writing import DEFAULT_FIRST_CONTACT, DEFAULT_RESOLUTION, entry
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid
from apps.customers.models import Customer, Interaction
from apps.engine import sla
from apps.feedback.models import Response, Source
from apps.journeys.models import Touchpoint


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """What a batch did: cases opened, evidence joined to open cases, known before, and wanted by no rule."""

    opened: int = 0
    joined: int = 0
    known: int = 0
    unmatched: int = 0


def _counts(found: opener.Opened) -> CaseCounts:
    return CaseCounts(len(found.added), len(found.joined), found.known, found.unmatched)


@transaction.atomic
def case_open_for_response(
    *, actor: Actor, now: dt.datetime, response: Response, notify: bool = True
) -> Case | None:
    """Open a case for an answer if a rule wants one, or join the customer's open one; a repeat returns the same case.

    None when no rule matches. Clocks start at `now`.
    """
    policy.require(actor, "cases.case.open_by_rule", response)
    found = opener.open_for(actor=actor, now=now, kind=RESPONSES, ids=[response.pk], historical=False)
    link = CaseResponse.objects.filter(response_id=response.pk).select_related("case").first()
    if link is None:
        return None
    for case in found.added:
        audit.record(
            actor=actor, action="cases.case.opened", obj=case, now=now, changes={"subject": case.subject}
        )
    if not found.added:
        audit.record_many(found.trail)
    if notify:
        announcing.announce(found, now=now)
    return link.case


@transaction.atomic
def cases_open_for_responses(
    *, actor: Actor, now: dt.datetime, response_ids: Sequence[int], notify: bool = False, historical: bool = True,
    import_ref: int | None = None,
) -> CaseCounts:  # fmt: skip
    """Open or join cases for many answers at once; running it again changes nothing.

    `historical`: clocks run from each answer's time. Without `notify` no mail is sent and, for historical answers, no
    missed target is ever announced.
    """
    policy.require(actor, "cases.case.open_by_rule")
    quiet = historical and not notify
    found = opener.open_for(
        actor=actor, now=now, kind=RESPONSES, ids=response_ids, historical=historical, import_ref=import_ref, quiet=quiet
    )  # fmt: skip
    _trace(actor, now, found)
    if found.added or found.joined:
        audit.record(
            actor=actor, action="cases.batch.opened", now=now, changes={"opened": len(found.added), "joined": len(found.joined)}
        )  # fmt: skip
    if notify:
        announcing.announce(found, now=now)
    return _counts(found)


def _trace(actor: Actor, now: dt.datetime, found: opener.Opened) -> None:
    audit.record_many(found.trail)


@transaction.atomic
def case_open_for_event(
    *, actor: Actor, now: dt.datetime, interaction: Interaction, notify: bool = True
) -> Case | None:
    """Open or join a case for an operational event if a rule wants one; a repeat returns the same case."""
    policy.require(actor, "cases.case.open_by_rule", interaction)
    found = opener.open_for(actor=actor, now=now, kind=INTERACTIONS, ids=[interaction.pk], historical=False)
    link = CaseInteraction.objects.filter(interaction_id=interaction.pk).select_related("case").first()
    if link is None:
        return None
    for case in found.added:
        audit.record(
            actor=actor, action="cases.case.opened", obj=case, now=now, changes={"subject": case.subject}
        )
    if not found.added:
        audit.record_many(found.trail)
    if notify:
        announcing.announce(found, now=now)
    return link.case


@transaction.atomic
def cases_open_for_events(
    *, actor: Actor, now: dt.datetime, interaction_ids: Sequence[int], notify: bool = False, historical: bool = True,
    import_ref: int | None = None,
) -> CaseCounts:  # fmt: skip
    """As `cases_open_for_responses`, for operational events."""
    policy.require(actor, "cases.case.open_by_rule")
    quiet = historical and not notify
    found = opener.open_for(
        actor=actor, now=now, kind=INTERACTIONS, ids=interaction_ids, historical=historical, import_ref=import_ref,
        quiet=quiet,
    )  # fmt: skip
    _trace(actor, now, found)
    if found.added or found.joined:
        audit.record(
            actor=actor, action="cases.batch.opened", now=now, changes={"opened": len(found.added), "joined": len(found.joined)}
        )  # fmt: skip
    if notify:
        announcing.announce(found, now=now)
    return _counts(found)


@transaction.atomic
def case_open(
    *, actor: Actor, now: dt.datetime, unit: Unit, subject: str, wish: str = "", customer: Customer | None = None,
    touchpoint: Touchpoint | None = None, source: Source | None = None, priority: int = Priority.NORMAL,
    first_contact_hours: float | None = None, resolution_hours: float | None = None, notify: bool = True,
) -> Case:  # fmt: skip
    """Open a case by hand. The customer's open case on the same touchpoint is a `Conflict` that names it."""
    policy.require(actor, "cases.case.open", unit)
    if not subject.strip():
        raise Invalid(fields={"subject": [_("Say in a few words what it is about.")]})
    contact = dt.timedelta(hours=first_contact_hours) if first_contact_hours else DEFAULT_FIRST_CONTACT
    resolution = dt.timedelta(hours=resolution_hours) if resolution_hours else DEFAULT_RESOLUTION
    row = Case(
        unit=unit, subject=subject.strip()[:200], wish=wish.strip()[:500], customer=customer, touchpoint=touchpoint,
        source=source, priority=priority, opened_at=now, first_contact_due_at=sla.due_at(now, contact),
        resolution_due_at=sla.due_at(now, max(resolution, contact)),
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        other = Case.objects.filter(customer=customer, touchpoint=touchpoint, state__in=OPEN).first()
        raise Conflict(
            _("This customer already has an open case on this touchpoint: %(case)s.") % {"case": other or "–"}
        ) from None
    row.refresh_from_db()
    CaseEvent.objects.bulk_create([entry(row, actor, CaseEvent.Kind.OPENED, now, row.wish)])
    audit.record(actor=actor, action="cases.case.opened", obj=row, now=now, changes={"subject": row.subject})
    if notify:
        announcing.announce(opener.Opened(added=[row]), now=now, but=actor.user_id)
    return row


@transaction.atomic
def cases_forget_untouched(*, actor: Actor, now: dt.datetime, response_ids: Iterable[int]) -> int:
    """Undo of an import: remove the cases that were opened from these answers alone and that nobody ever worked on.

    Answers of other cases are only detached (their rows go with the answers). Returns how many cases were removed.
    """
    policy.require(actor, "cases.case.open_by_rule")
    ids = set(response_ids)
    candidates = CaseResponse.objects.filter(response_id__in=ids).values("case_id")
    rows = list(
        Case.objects.visible_to(actor)
        .filter(pk__in=candidates, state="new", owner__isnull=True, reopened_count=0)
        .exclude(pk__in=CaseResponse.objects.exclude(response_id__in=ids).values("case_id"))
        .exclude(pk__in=CaseInteraction.objects.values("case_id"))
        .exclude(
            pk__in=CaseEvent.objects.exclude(kind__in=["opened", "joined", "breached"]).values("case_id")
        )
        .locked()
        .order_by("pk")
    )
    if not rows:
        return 0
    audit.record_many(
        audit.event(
            actor=actor,
            action="cases.case.forgotten",
            obj=row,
            now=now,
            changes={"subject": [row.subject, ""]},
        )
        for row in rows
    )
    Case.objects.filter(pk__in=[row.pk for row in rows]).delete()
    audit.record(actor=actor, action="cases.batch.forgotten", now=now, changes={"removed": len(rows)})
    return len(rows)
