"""Marking missed targets. The clock is data: due instants are columns, and a sweep each minute notices those that passed."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.audit import services as audit
from apps.cases import announcing, transitions
from apps.cases.models import Case, CaseEvent
from apps.cases.routing import staff_of
from apps.cases.writing import entry
from apps.core.actor import Actor
from apps.core.locks import try_lock_until_commit
from apps.core.models import Heartbeat

log = logging.getLogger(__name__)
HEARTBEAT = "cases.breaches_sweep"
LONGEST_GAP = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Swept:
    """How many first contacts and resolutions were found too late; `refused` says why nothing was looked at."""

    contacts: int = 0
    resolutions: int = 0
    refused: str = ""
    is_more: bool = False


@transaction.atomic
def breaches_sweep(*, actor: Actor, now: dt.datetime, limit: int = 2_000) -> Swept:
    """Mark up to `limit` missed first contacts and as many missed resolutions; tell each unit's lead once.

    The mark is the due instant itself, so a late sweep does not move it. When the clock has jumped by more than ten
    minutes since the last look (or backwards), nothing is marked for the next ten minutes: a wrong clock must not alarm a
    whole company, and a stopped one costs only minutes. Imported history is marked silently.
    """
    policy.require(actor, "cases.clock.sweep")
    if not try_lock_until_commit(HEARTBEAT):
        return Swept(refused="another sweep is running")
    if reason := _jumped(now):
        log.warning("breaches are not marked: %s", reason)
        return Swept(refused=reason)
    contacts = _mark(
        actor,
        now,
        limit,
        "contact",
        "first_contact_due_at",
        "first_contact_breached_at",
        "first_contacted_at",
    )
    resolutions = _mark(
        actor, now, limit, "resolution", "resolution_due_at", "resolution_breached_at", "resolved_at"
    )
    if contacts or resolutions:
        audit.record(
            actor=actor,
            action="cases.clock.swept",
            now=now,
            changes={"first_contact": contacts, "resolution": resolutions},
        )
    return Swept(contacts, resolutions, is_more=limit in {contacts, resolutions})


def _jumped(now: dt.datetime) -> str:
    """Why this tick cannot be trusted, else an empty text; remembers the tick in any case."""
    last, created = Heartbeat.objects.select_for_update().get_or_create(name=HEARTBEAT, defaults={"at": now})
    if created:
        return ""
    gap = now - last.at
    held = last.detail.get("held_until")
    reason, held_until = "", dt.datetime.fromisoformat(held) if held else None
    if gap > LONGEST_GAP or gap < dt.timedelta(minutes=-1):
        held_until = now + LONGEST_GAP
        reason = _("the clock moved by %(minutes)s minutes since the last look") % {
            "minutes": round(gap.total_seconds() / 60)
        }
    elif held_until is not None and now < held_until:
        reason = _("the clock jumped a moment ago; waiting until it is steady")
    else:
        held_until = None
    last.at = now
    last.detail = {"held_until": held_until.isoformat(), "reason": reason} if held_until else {}
    last.save(update_fields=["at", "detail"])
    return reason


def _mark(actor: Actor, now: dt.datetime, limit: int, target: str, due: str, mark: str, done: str) -> int:
    """One batch of one target: rows that somebody is just editing are left for the next minute."""
    rows = list(
        Case.objects.filter(**{f"{due}__lte": now, f"{mark}__isnull": True, f"{done}__isnull": True})
        .exclude(state=transitions.CLOSED)
        .order_by(due)
        .select_for_update(skip_locked=True, of=("self",))[:limit]
    )
    if not rows:
        return 0
    Case.objects.filter(pk__in=[row.pk for row in rows]).update(**{mark: F(due)})
    alarming = [row for row in rows if not row.is_historical]
    text = {"contact": _("First contact"), "resolution": _("Resolution")}[target]
    CaseEvent.objects.bulk_create(
        [entry(row, actor, CaseEvent.Kind.BREACHED, now, text) for row in alarming], batch_size=1000
    )
    if alarming:
        staff = staff_of({row.unit_id for row in alarming})
        announcing.tell_leads_of_missed(alarming, target, now=now, staff=staff)
    return len(rows)
