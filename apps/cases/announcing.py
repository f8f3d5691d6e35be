"""Who is told of what, through the notification outbox; every line has a dedupe key. Used by services only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import User
from apps.cases.models import Case
from apps.cases.opener import Opened
from apps.cases.routing import Staff, staff_of
from apps.notifications.services import notify

# More new cases than this at once for the same people are one line, not one each.
ONE_BY_ONE = 5


def announce(found: Opened, *, now: dt.datetime, but: int | None = None) -> None:
    """Tell the unit's people of new cases, and owners of further feedback on theirs. `but`: who did it knows already."""
    if found.added:
        staff = staff_of({case.unit_id for case in found.added})
        for unit_id, cases in _by_unit(found.added).items():
            people = [user for user in staff.team(unit_id) if user.pk != but]
            _tell_new(people, unit_id, cases, now)
    owned: dict[int, tuple[Case, int]] = {}
    for case, evidence in found.joined:
        if case.owner_id is not None:
            owned[case.pk] = (case, evidence.pk)
    for case, evidence_pk in owned.values():
        if case.owner is not None:
            notify(
                users=[case.owner],
                kind="cases.joined",
                title=_("%(case)s: the customer wrote again") % {"case": case},
                body=case.subject,
                url=case.get_absolute_url(),
                now=now,
                dedupe_key=f"case-joined:{case.pk}:{evidence_pk}",
            )


def _tell_new(people: list[User], unit_id: int, cases: list[Case], now: dt.datetime) -> None:
    if len(cases) <= ONE_BY_ONE:
        for case in cases:
            notify(
                users=people,
                kind="cases.new",
                title=_("New case %(case)s: %(subject)s") % {"case": case, "subject": case.subject},
                body=_("First contact is due by %(due)s UTC.")
                % {"due": f"{case.first_contact_due_at:%Y-%m-%d %H:%M}"},
                url=case.get_absolute_url(),
                now=now,
                dedupe_key=f"case-new:{case.pk}",
            )
        return
    first, last = min(case.pk for case in cases), max(case.pk for case in cases)
    notify(
        users=people,
        kind="cases.new",
        title=ngettext("%(count)s new case", "%(count)s new cases", len(cases)) % {"count": len(cases)},
        body=", ".join(str(case) for case in cases[:10]) + (" …" if len(cases) > 10 else ""),
        url=f"{reverse('cases:list')}?{urlencode({'owner': 'unassigned'})}",
        now=now,
        dedupe_key=f"case-new:{unit_id}:{first}-{last}",
    )


def tell_owner(case: Case, owner: User, *, by: int | None, now: dt.datetime, note: str = "") -> None:
    """The new owner hears of it, unless they took it themselves."""
    if owner.pk == by:
        return
    notify(
        users=[owner],
        kind="cases.assigned",
        title=_("%(case)s is yours: %(subject)s") % {"case": case, "subject": case.subject},
        body=note,
        url=case.get_absolute_url(),
        now=now,
        dedupe_key=f"case-assigned:{case.pk}:{case.version}",
    )


def tell_owner_of_many(cases: list[Case], owner: User, *, by: int | None, now: dt.datetime) -> None:
    """One line for a whole bundle of cases that was handed to somebody."""
    if owner.pk == by or not cases:
        return
    if len(cases) == 1:
        tell_owner(cases[0], owner, by=by, now=now)
        return
    notify(
        users=[owner],
        kind="cases.assigned",
        title=_("%(count)s cases are yours now") % {"count": len(cases)},
        body=", ".join(str(case) for case in cases[:10]) + (" …" if len(cases) > 10 else ""),
        url=f"{reverse('cases:list')}?{urlencode({'owner': 'me'})}",
        now=now,
        dedupe_key=f"case-assigned-many:{min(c.pk for c in cases)}:{len(cases)}:{now.isoformat()}",
    )


def tell_leads_of_missed(cases: Iterable[Case], target: str, *, now: dt.datetime, staff: Staff) -> None:
    """The lead of each unit hears once of the targets missed since the last look: one line per unit."""
    words = {
        "contact": (
            _("%(case)s: first contact is overdue"),
            _("%(count)s cases wait too long for a first contact"),
        ),
        "resolution": (_("%(case)s: resolution is overdue"), _("%(count)s cases are not resolved in time")),
    }[target]
    for unit_id, missed in _by_unit(cases).items():
        first = missed[0]
        one = len(missed) == 1
        notify(
            users=staff.leads(unit_id),
            kind="cases.breached",
            title=words[0] % {"case": first} if one else words[1] % {"count": len(missed)},
            body=first.subject if one else ", ".join(str(case) for case in missed[:10]),
            url=first.get_absolute_url()
            if one
            else f"{reverse('cases:list')}?{urlencode({'due': 'breached'})}",
            now=now,
            dedupe_key=f"case-breached:{target}:{unit_id}:{first.pk}-{missed[-1].pk}:{len(missed)}",
        )


def _by_unit(cases: Iterable[Case]) -> dict[int, list[Case]]:
    found: dict[int, list[Case]] = {}
    for case in sorted(cases, key=lambda case: case.pk):
        found.setdefault(case.unit_id, []).append(case)
    return found
