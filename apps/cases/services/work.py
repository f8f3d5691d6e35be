"""Working a case: note, contact, resolve, close, reopen."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.models import Department
from apps.audit import services as audit
from apps.cases import transitions
from apps.cases.models import Case, CaseEvent
from apps.cases.opener import currency as organisation_currency
from apps.cases.writing import change, entry, locked, resolution_due
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, check_version

ZERO = Decimal(0)
MOST_MINUTES = Decimal(10_000)
MOST_GOODWILL = Decimal(1_000_000)
CHANNELS = ("phone", "email", "store", "chat", "sms", "social", "post", "other")


@transaction.atomic
def case_note(*, actor: Actor, now: dt.datetime, case: Case, text: str) -> Case:
    """Add a note to the timeline; notes never conflict, so no version is asked for."""
    row = locked(actor, case)
    policy.require(actor, "cases.case.work", row)
    if not text.strip():
        raise Invalid(fields={"text": [_("Write something.")]})
    CaseEvent.objects.bulk_create([entry(row, actor, CaseEvent.Kind.NOTE, now, text.strip())])
    audit.record(actor=actor, action="cases.note.added", obj=row, now=now)
    return row


@transaction.atomic
def case_log_contact(
    *, actor: Actor, now: dt.datetime, case: Case, channel: str, is_reached: bool, text: str = "",
    minutes: Decimal | int = ZERO, goodwill: Decimal | int = ZERO, currency: str = "", wish: str | None = None,
    version: int | None = None,
) -> Case:  # fmt: skip
    """Log a contact or an attempt: what was said, minutes spent, goodwill given.

    Reaching the customer stops the first-contact clock and moves an assigned case to contacted; an attempt is only
    documented. Minutes and goodwill add up on the case: they become investment (R 0.04).
    """
    row = locked(actor, case)
    policy.require(actor, "cases.case.work", row)
    check_version(version, row.version)
    state = transitions.after(row.state, "reach" if is_reached else "attempt")
    if channel not in CHANNELS:
        raise Invalid(
            fields={"channel": [_("Choose one of: %(channels)s.") % {"channels": ", ".join(CHANNELS)}]}
        )
    values: dict[str, Any] = {"state": state, **_cost(row, minutes, goodwill, currency)}
    if is_reached and row.first_contacted_at is None:
        values["first_contacted_at"] = now
        if now > row.first_contact_due_at and row.first_contact_breached_at is None:
            values["first_contact_breached_at"] = row.first_contact_due_at
    if wish is not None and wish.strip() != row.wish:
        values["wish"] = wish.strip()[:500]
    changes = change(row, **values)
    CaseEvent.objects.bulk_create(
        [
            entry(
                row, actor, CaseEvent.Kind.CONTACT, now, text.strip(), channel=channel, is_reached=is_reached,
                minutes=minutes, goodwill=goodwill, goodwill_currency=row.goodwill_currency if goodwill else "",
            )
        ]
    )  # fmt: skip
    audit.record(actor=actor, action="cases.contact.logged", obj=row, now=now, changes=changes)
    return row


@transaction.atomic
def case_resolve(
    *, actor: Actor, now: dt.datetime, case: Case, cause: str, resolution: str, department: Department | None = None,
    minutes: Decimal | int = ZERO, goodwill: Decimal | int = ZERO, currency: str = "", version: int | None = None,
) -> Case:  # fmt: skip
    """Say what caused it, where it originated and what was done; stops the resolution clock.

    A customer who was never reached needs documented attempts first.
    """
    row = locked(actor, case)
    policy.require(actor, "cases.case.work", row)
    check_version(version, row.version)
    state = transitions.after(row.state, "resolve")
    if not transitions.may_resolve(row.state, _contacts(row)):
        raise Invalid(
            _("Reach the customer first, or log at least %(count)s attempts.")
            % {"count": transitions.ATTEMPTS}
        )
    faults = {}
    if not cause.strip():
        faults["cause"] = [_("Say what went wrong, in a few words.")]
    if not resolution.strip():
        faults["resolution"] = [_("Say what was done for the customer.")]
    if faults:
        raise Invalid(fields=faults)
    values = {
        "state": state,
        "resolved_at": now,
        "cause": cause.strip()[:300],
        "department": department,
        "resolution": resolution.strip()[:4000],
        **_cost(row, minutes, goodwill, currency),
    }
    if now > row.resolution_due_at and row.resolution_breached_at is None:
        values["resolution_breached_at"] = row.resolution_due_at
    changes = change(row, **values)
    CaseEvent.objects.bulk_create(
        [
            entry(
                row, actor, CaseEvent.Kind.RESOLVED, now, f"{row.cause} → {row.resolution}", minutes=minutes,
                goodwill=goodwill, goodwill_currency=row.goodwill_currency if goodwill else "",
            )
        ]
    )  # fmt: skip
    audit.record(actor=actor, action="cases.case.resolved", obj=row, now=now, changes=changes)
    return row


@transaction.atomic
def case_close(
    *, actor: Actor, now: dt.datetime, case: Case, outcome: str, score_after: Decimal | None = None, note: str = "",
    version: int | None = None,
) -> Case:  # fmt: skip
    """Close with the customer's answer: `confirmed`, or `unconfirmed` after documented attempts (shown apart, R 4.24)."""
    row = locked(actor, case)
    policy.require(actor, "cases.case.work", row)
    check_version(version, row.version)
    state = transitions.after(row.state, "close")
    if outcome not in {"confirmed", "unconfirmed"}:
        raise Invalid(fields={"outcome": [_("Choose confirmed or unconfirmed.")]})
    if outcome == "unconfirmed" and not transitions.may_close_unconfirmed(_contacts(row)):
        raise Invalid(
            fields={
                "outcome": [
                    _(
                        "Without the customer's answer a case closes after at least %(count)s logged contacts or attempts."
                    )
                    % {"count": transitions.ATTEMPTS}
                ]
            }
        )
    changes = change(row, state=state, closed_at=now, outcome=outcome, score_after=score_after)
    text = note.strip() or str(row.get_outcome_display())
    CaseEvent.objects.bulk_create([entry(row, actor, CaseEvent.Kind.CLOSED, now, text)])
    audit.record(actor=actor, action="cases.case.closed", obj=row, now=now, changes=changes)
    return row


@transaction.atomic
def case_reopen(
    *, actor: Actor, now: dt.datetime, case: Case, reason: str, version: int | None = None
) -> Case:
    """Take up a resolved or closed case again; the resolution clock starts anew. Refused while the customer has another
    open case on the same touchpoint (`Conflict` names it).
    """
    row = locked(actor, case)
    policy.require(actor, "cases.case.reopen", row)
    check_version(version, row.version)
    state = transitions.after(row.state, "reopen")
    if not reason.strip():
        raise Invalid(fields={"reason": [_("Say why it is taken up again.")]})
    owner = row.owner if row.owner is not None and row.owner.is_active else None
    try:
        with transaction.atomic():
            changes = change(
                row,
                state=state if owner else transitions.NEW,
                owner=owner,
                resolved_at=None,
                closed_at=None,
                outcome="",
                resolution_due_at=resolution_due(row, now),
                resolution_breached_at=None,
                reopened_count=row.reopened_count + 1,
            )
    except IntegrityError:
        others = Case.objects.filter(customer=row.customer, touchpoint=row.touchpoint)
        other = others.exclude(state=transitions.CLOSED).first()
        raise Conflict(
            _("The customer has a newer open case on the same touchpoint: %(case)s. Work on that one.")
            % {"case": other or "–"}
        ) from None
    CaseEvent.objects.bulk_create([entry(row, actor, CaseEvent.Kind.REOPENED, now, reason.strip())])
    audit.record(actor=actor, action="cases.case.reopened", obj=row, now=now, changes=changes)
    return row


def _contacts(row: Case) -> int:
    return CaseEvent.objects.filter(case=row, kind=CaseEvent.Kind.CONTACT).count()


def _cost(row: Case, minutes: Decimal | int, goodwill: Decimal | int, currency: str) -> dict[str, Any]:
    """The case's sums after this entry; goodwill of one case is in one currency."""
    faults = {}
    if not 0 <= minutes <= MOST_MINUTES:
        faults["minutes"] = [_("Minutes are between 0 and 10,000.")]
    if not 0 <= goodwill <= MOST_GOODWILL:
        faults["goodwill"] = [_("Goodwill is between 0 and 1,000,000.")]
    given = currency.upper() or row.goodwill_currency or (organisation_currency() if goodwill else "")
    if goodwill and not re.fullmatch("[A-Z]{3}", given):
        faults["currency"] = [_("Three letters, for example EUR.")]
    if goodwill and row.goodwill and given != row.goodwill_currency:
        faults["currency"] = [
            _("Goodwill of this case is in %(currency)s already.") % {"currency": row.goodwill_currency}
        ]
    if faults:
        raise Invalid(fields=faults)
    values: dict[str, Any] = {"minutes": row.minutes + minutes}
    if goodwill:
        values |= {"goodwill": row.goodwill + goodwill, "goodwill_currency": given}
    return values
