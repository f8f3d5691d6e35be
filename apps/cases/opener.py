"""From evidence to cases, set by set: a handful of queries for one answer as for three thousand. Used by services only.

Two deliveries of the same answer, or of two answers of one customer, may run here at the same time. What keeps them to
one case is in the database: the row lock on each answer, the partial unique index on (customer, touchpoint) of open
cases, and the unique link from answer to case. The order (answers by id; then inserts by key with ON CONFLICT DO NOTHING;
then row locks by key) is the same for everybody, so nobody waits in a circle.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from apps.accounts.selectors import the_organisation
from apps.audit import services as audit
from apps.audit.models import AuditEvent
from apps.cases import rules, transitions
from apps.cases.evidence import Evidence, Kind, active_rules, load
from apps.cases.models import Case, CaseEvent
from apps.cases.writing import change, entry, resolution_due
from apps.core.actor import Actor
from apps.core.errors import Conflict
from apps.engine import sla

BATCH = 2_000
TRIES = 5
Key = tuple[int, int]
Pair = tuple[Evidence, rules.Rule]


@dataclass
class Opened:
    """What came of it: new cases, (case, evidence) that joined one, how much no rule wanted or was known before."""

    added: list[Case] = field(default_factory=list)
    joined: list[tuple[Case, Evidence]] = field(default_factory=list)
    unmatched: int = 0
    known: int = 0
    trail: list[AuditEvent] = field(default_factory=list)


def open_for(
    *, actor: Actor, now: dt.datetime, kind: Kind, ids: Sequence[int], historical: bool, import_ref: int | None = None,
    quiet: bool = False,
) -> Opened:  # fmt: skip
    """Open or join cases for the evidence of these ids. `historical`: clocks run from when it was said, not from now.

    `quiet` marks the cases as imported history: their missed targets are counted but nobody is alarmed.
    """
    found = Opened()
    active = active_rules(kind.trigger)
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), BATCH):
        pairs: list[Pair] = []
        for evidence in load(kind, actor, ordered[start : start + BATCH]):
            rule = rules.first_match(active, evidence.signal)
            if rule is None:
                found.unmatched += 1
            else:
                pairs.append((evidence, rule))
        if pairs:
            _open_batch(found, actor, now, kind, pairs, historical, import_ref, quiet)
    return found


def _open_batch(
    found: Opened, actor: Actor, now: dt.datetime, kind: Kind, pairs: list[Pair], historical: bool,
    import_ref: int | None, quiet: bool,
) -> None:  # fmt: skip
    pairs = _not_yet_linked(found, kind, pairs)
    if not pairs:
        return
    by_key: dict[Key, list[Pair]] = {}
    loose: list[Pair] = []
    for pair in pairs:
        key = pair[0].key
        if key is None:
            loose.append(pair)
        else:
            by_key.setdefault(key, []).append(pair)

    def unsaved(matter: list[Pair]) -> Case:
        """One case for evidence of one matter: the first decides where and by which rule, the most urgent how urgent."""
        evidence, rule = matter[0]
        start = evidence.at if historical else now
        return Case(
            customer_id=evidence.customer_id,
            touchpoint_id=evidence.touchpoint_id,
            unit_id=evidence.signal.unit_id,
            rule_id=rule.pk,
            trigger=kind.trigger,
            source_id=evidence.signal.source_id,
            subject=evidence.subject[:200],
            priority=min(rule.priority for _evidence, rule in matter),
            opened_at=start,
            first_contact_due_at=sla.due_at(start, rule.first_contact),
            resolution_due_at=sla.due_at(start, rule.resolution),
            is_historical=quiet,
            import_ref=import_ref,
        )

    cases, mine = _cases_by_key(by_key, unsaved)
    links: list[tuple[Case, Evidence]] = []
    events: list[CaseEvent] = []
    for key, matter in by_key.items():
        case = cases[key]
        for position, (evidence, _rule) in enumerate(matter):
            links.append((case, evidence))
            if case.uid in mine and position == 0:
                _say_opened(found, events, actor, now, case, evidence)
            else:
                _say_joined(found, events, actor, now, case, evidence, historical)
    alone = Case.objects.bulk_create([unsaved([pair]) for pair in loose])
    _with_numbers(alone)
    for case, (evidence, _rule) in zip(alone, loose, strict=True):
        links.append((case, evidence))
        _say_opened(found, events, actor, now, case, evidence)
    kind.link.objects.bulk_create([kind.link(case=case, **{kind.field: e.pk}) for case, e in links])
    CaseEvent.objects.bulk_create(events, batch_size=1000)


def _not_yet_linked(found: Opened, kind: Kind, pairs: list[Pair]) -> list[Pair]:
    """Lock the evidence, then leave out what already belongs to a case (a repeated or a parallel delivery)."""
    ids = sorted(evidence.pk for evidence, _rule in pairs)
    rows = kind.model._default_manager.filter(pk__in=ids).order_by("pk")
    list(rows.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    linked = set(kind.link.objects.filter(**{f"{kind.field}__in": ids}).values_list(kind.field, flat=True))
    found.known += len(linked)
    return [pair for pair in pairs if pair[0].pk not in linked]


def _cases_by_key(by_key: dict[Key, list[Pair]], unsaved) -> tuple[dict[Key, Case], set]:  # type: ignore[no-untyped-def,type-arg]
    """The open case of each key, locked; made here where there was none (their uids come second)."""
    if not by_key:
        return {}, set()
    open_cases = Case.objects.filter(
        Q(customer_id__in={customer for customer, _touchpoint in by_key}), state__in=transitions.OPEN
    )
    attempted: set = set()  # type: ignore[type-arg]
    for _try in range(TRIES):
        there = {
            (customer, touchpoint or 0)
            for customer, touchpoint in open_cases.values_list("customer_id", "touchpoint_id")
        }
        missing = [unsaved(by_key[key]) for key in sorted(by_key) if key not in there]
        attempted |= {case.uid for case in missing}
        Case.objects.bulk_create(missing, ignore_conflicts=True, batch_size=500)
        rows = open_cases.locked().order_by("customer_id", "touchpoint_id").select_related("rule", "owner")
        cases = {
            key: case for case in rows if (key := (case.customer_id or 0, case.touchpoint_id or 0)) in by_key
        }
        if len(cases) == len(by_key):
            return cases, attempted & {case.uid for case in cases.values()}
    raise Conflict("Cases of these customers are being opened and closed at this moment; try again.")


def _with_numbers(cases: list[Case]) -> None:
    """Rows made in bulk do not know the number that the database gave them."""
    numbers = dict(Case.objects.filter(pk__in=[case.pk for case in cases]).values_list("pk", "number"))
    for case in cases:
        case.number = numbers[case.pk]


def _say_opened(
    found: Opened, events: list[CaseEvent], actor: Actor, now: dt.datetime, case: Case, evidence: Evidence
) -> None:
    found.added.append(case)
    events.append(entry(case, actor, CaseEvent.Kind.OPENED, case.opened_at, evidence.text))
    found.trail.append(
        audit.event(
            actor=actor, action="cases.case.opened", obj=case, now=now, changes={"subject": case.subject}
        )
    )


def _say_joined(
    found: Opened, events: list[CaseEvent], actor: Actor, now: dt.datetime, case: Case, evidence: Evidence,
    historical: bool,
) -> None:  # fmt: skip
    found.joined.append((case, evidence))
    at = evidence.at if historical else now
    events.append(entry(case, actor, CaseEvent.Kind.JOINED, at, evidence.text))
    changes: audit.Changes = {}
    if case.state == transitions.RESOLVED and not historical:
        # The customer is not content: what we took for resolved goes on.
        changes = change(
            case,
            state=transitions.ASSIGNED,
            resolved_at=None,
            resolution_due_at=resolution_due(case, now),
            resolution_breached_at=None,
            reopened_count=case.reopened_count + 1,
        )
        events.append(entry(case, actor, CaseEvent.Kind.REOPENED, now))
    found.trail.append(
        audit.event(actor=actor, action="cases.case.joined", obj=case, now=now, changes=changes)
    )


def currency() -> str:
    """The currency of goodwill where none is given: the organisation's."""
    return str(the_organisation().currency)
