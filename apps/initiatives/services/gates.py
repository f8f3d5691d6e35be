from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.accounts.selectors import the_organisation
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Denied, IllegalTransition, Invalid
from apps.initiatives.models import CostLine, GateDecision, Initiative, JournalEntry, Stage, Treatment
from apps.initiatives.rules import changed_fields, gate_gaps, is_second_person, needs_second_person
from apps.initiatives.selectors import gate_facts
from apps.initiatives.services._shared import known_fields, locked_initiative, snapshot_of, touch, valid
from apps.initiatives.services.initiatives import ANSWERS, write_fields
from apps.initiatives.transitions import OVER, is_move, moves_from
from apps.initiatives.words import GAP_WORDS


@transaction.atomic
def gate_decide(
    *,
    actor: Actor,
    now: dt.datetime,
    initiative: Initiative,
    to_stage: str,
    reason: str,
    answers: dict[str, Any] | None = None,
    ends_on: dt.date | None = None,
    version: int | None = None,
) -> GateDecision:
    """Move the initiative to `to_stage`, with who, when and why; `answers` fill fields of ANSWERS on the way.

    Approving takes an executive. `Invalid` names by field what the gate still asks for; `IllegalTransition` when the
    move does not exist; `Denied` when a high trust risk needs a second person (R 0.09). With `ends_on`, stopping or
    finishing also ends the treatments and running costs that are still open: those costs count up to that month.
    """
    row = locked_initiative(actor=actor, pk=initiative.pk, version=version)
    action = "initiatives.gate.approve" if to_stage == Stage.APPROVED else "initiatives.gate.decide"
    policy.require(actor, action, row)
    known_fields(answers or {}, ANSWERS)
    if not reason.strip():
        raise Invalid(fields={"reason": [_("Say why: the next reader will ask.")]})
    if not is_move(row.stage, to_stage):
        raise IllegalTransition(state=row.stage, move=to_stage, allowed=list(moves_from(row.stage)))
    before = snapshot_of(row, (*(answers or {}), "stage"))
    write_fields(row, answers or {})
    facts = gate_facts(actor=actor, initiative=row)
    today = now.astimezone(_zone()).date()
    if gaps := gate_gaps(row.stage, to_stage, facts, today=today):
        raise Invalid(
            _("The gate asks for more before this step."),
            fields={code: [str(GAP_WORDS[code])] for code in gaps},
        )
    if needs_second_person(to_stage, row.trust_risk) and not is_second_person(
        actor.user_id, owner_id=row.owner_id, earlier_deciders=facts.earlier_deciders
    ):
        raise Denied(
            _(
                "A high risk to trust is approved by a second person: not the owner, nor who decided a gate before."
            )
        )
    decision = _decide(row, actor=actor, at=now, to_stage=to_stage, reason=reason)
    changes = changed_fields(before, snapshot_of(row, tuple(before)))
    ended = _end_parts(row, ends_on) if ends_on is not None and to_stage in OVER else 0
    touch(row, now=now, inputs=True, fields=tuple(changes))
    audit.record(
        actor=actor,
        action="initiatives.gate.decided",
        obj=row,
        now=now,
        changes={
            **audit.diff(before, changes),
            "reason": reason.strip(),
            **({"ended": ended} if ended else {}),
        },
    )
    return decision


@transaction.atomic
def stage_record(
    *,
    actor: Actor,
    now: dt.datetime,
    initiative: Initiative,
    stage: str,
    reason: str,
    decided_at: dt.datetime | None = None,
) -> GateDecision:
    """For what began before this register (imports): the stage it is in already, and since when. Asks for nothing.

    It passes over the gates, so it takes who may approve; it is kept and audited as recorded afterwards.
    """
    row = locked_initiative(actor=actor, pk=initiative.pk)
    policy.require(actor, "initiatives.gate.approve", row)
    if stage not in Stage.values:
        raise Invalid(fields={"stage": [_("This stage is not known.")]})
    if not reason.strip():
        raise Invalid(fields={"reason": [_("Say why: the next reader will ask.")]})
    before = row.stage
    decision = _decide(row, actor=actor, at=decided_at or now, to_stage=stage, reason=reason)
    touch(row, now=now, inputs=True, fields=("stage",))
    audit.record(
        actor=actor,
        action="initiatives.gate.recorded",
        obj=row,
        now=now,
        changes={"stage": [before, stage], "reason": reason.strip()},
    )
    return decision


@transaction.atomic
def journal_add(
    *,
    actor: Actor,
    now: dt.datetime,
    initiative: Initiative,
    text: str,
    written_at: dt.datetime | None = None,
) -> JournalEntry:
    """A dated note: what happened, what was learnt. Append-only; changes no return and no version."""
    row = locked_initiative(actor=actor, pk=initiative.pk)
    policy.require(actor, "initiatives.journal.add", row)
    entry = JournalEntry(
        initiative=row, author_id=actor.user_id, written_at=written_at or now, text=text.strip()
    )
    valid(entry, exclude=("author",))
    entry.save(force_insert=True)
    audit.record(
        actor=actor,
        action="initiatives.journal.added",
        obj=row,
        now=now,
        changes={"text": [None, entry.text[:200]]},
    )
    return entry


def _decide(row: Initiative, *, actor: Actor, at: dt.datetime, to_stage: str, reason: str) -> GateDecision:
    decision = GateDecision(
        initiative=row,
        from_stage=row.stage,
        to_stage=to_stage,
        decided_by_id=actor.user_id,
        decided_at=at,
        reason=reason.strip(),
    )
    valid(decision, exclude=("decided_by",))
    decision.save(force_insert=True)
    row.stage = to_stage
    return decision


def _end_parts(row: Initiative, ends_on: dt.date) -> int:
    treated = Treatment.objects.filter(initiative=row, ends_on__isnull=True, starts_on__lt=ends_on)
    running = CostLine.objects.filter(
        initiative=row, rhythm=CostLine.Rhythm.MONTHLY, ends_on__isnull=True, starts_on__lte=ends_on
    )
    return treated.update(ends_on=ends_on) + running.update(ends_on=ends_on)


def _zone() -> dt.tzinfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(the_organisation().time_zone)
