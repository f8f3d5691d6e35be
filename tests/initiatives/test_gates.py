"""Gates ask for what the articles ask for, and remember who, when and why."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import pytest

from apps.audit.models import AuditEvent
from apps.core.errors import Denied, IllegalTransition, Invalid, NotVisible, Stale
from apps.initiatives import services
from apps.initiatives.models import CostLine, GateDecision, Initiative, Treatment
from apps.initiatives.rules import ASKS, GateFacts, asks_of, gate_gaps
from apps.initiatives.transitions import MOVES, ROAD, is_forward
from apps.initiatives.words import GAP_WORDS
from tests.initiatives.conftest import ANSWERS


def test_each_code_a_gate_asks_for_has_words() -> None:
    assert {code for codes in ASKS.values() for code in codes} == set(GAP_WORDS)


def test_each_stage_is_reached_and_the_road_is_walkable() -> None:
    assert {to for moves in MOVES.values() for to in moves} | {"idea"} == set(MOVES)
    assert all(nxt in MOVES[stage] for stage, nxt in itertools.pairwise(ROAD))


def test_a_move_back_asks_for_nothing_and_a_move_forward_for_all_before() -> None:
    assert asks_of("approved", "case", "enticement") == ()
    assert asks_of("running", "stopped", "enticement") == ()
    assert not is_forward("stopped", "case")
    assert set(ASKS["approved"]) - {"transformation"} <= set(asks_of("approved", "running", "enticement"))


def test_an_analysis_needs_its_transformation_not_a_kpi() -> None:
    facts = GateFacts(
        "analysis",
        **{k: v for k, v in ANSWERS.items() if not k.startswith("stays")},
        summary="x",
        stays=(1, 1, 1),
    )
    assert gate_gaps("case", "approved", facts, today=dt.date(2026, 1, 1)) == ("transformation",)


def approve(cast: Any, now: dt.datetime, row: Initiative, **answers: Any) -> GateDecision:
    services.gate_decide(
        actor=cast.actor("cx_manager"), now=now, initiative=row, to_stage="case", reason="Worth it"
    )
    return services.gate_decide(
        actor=cast.actor("executive"),
        now=now,
        initiative=row,
        to_stage="approved",
        reason="Go",
        answers={**ANSWERS, **answers},
    )


def test_the_gate_names_what_is_missing(cast: Any, now: dt.datetime, callbacks: Initiative) -> None:
    with pytest.raises(Invalid) as refusal:
        approve(cast, now, callbacks)
    assert set(refusal.value.fields) == {"links"}
    callbacks.refresh_from_db()
    assert callbacks.stage == "case"
    assert callbacks.budget is None, "nothing of a refused decision is kept"


def test_approval_takes_an_executive(cast: Any, now: dt.datetime, callbacks: Initiative, kpi: Any) -> None:
    services.link_add(actor=cast.actor("cx_manager"), now=now, initiative=callbacks, kpi=kpi)
    approve(cast, now, callbacks)
    decision = GateDecision.objects.get(to_stage="approved")
    assert (decision.decided_by, decision.decided_at, decision.reason) == (cast.executive, now, "Go")
    with pytest.raises(Denied):
        services.gate_decide(
            actor=cast.actor("finance"), now=now, initiative=callbacks, to_stage="stopped", reason="x"
        )
    with pytest.raises(NotVisible):
        services.gate_decide(
            actor=cast.actor("team_lead"), now=now, initiative=callbacks, to_stage="stopped", reason="x"
        )
    with pytest.raises(NotVisible):
        services.gate_decide(
            actor=cast.actor("other_unit"), now=now, initiative=callbacks, to_stage="stopped", reason="x"
        )


def test_a_manager_may_not_approve(cast: Any, now: dt.datetime, callbacks: Initiative) -> None:
    manager = cast.actor("cx_manager")
    services.gate_decide(actor=manager, now=now, initiative=callbacks, to_stage="case", reason="x")
    with pytest.raises(Denied, match="Executive"):
        services.gate_decide(
            actor=manager, now=now, initiative=callbacks, to_stage="approved", reason="x", answers=ANSWERS
        )
    with pytest.raises(Denied):
        services.stage_record(
            actor=manager, now=now, initiative=callbacks, stage="running", reason="Began in 2024"
        )


def test_high_trust_risk_takes_a_second_person(
    cast: Any, now: dt.datetime, callbacks: Initiative, kpi: Any
) -> None:
    services.link_add(actor=cast.actor("cx_manager"), now=now, initiative=callbacks, kpi=kpi)
    boss = cast.actor("executive")
    services.gate_decide(actor=boss, now=now, initiative=callbacks, to_stage="case", reason="Worth it")
    with pytest.raises(Denied, match="second person"):
        services.gate_decide(
            actor=boss,
            now=now,
            initiative=callbacks,
            to_stage="approved",
            reason="Go",
            answers={**ANSWERS, "trust_risk": "high"},
        )
    from apps.core.actor import Role

    other = cast.person("second", (Role.EXECUTIVE, cast.company))
    services.gate_decide(
        actor=cast.actor(other), now=now, initiative=callbacks, to_stage="approved", reason="Go",
        answers={**ANSWERS, "trust_risk": "high"},
    )  # fmt: skip


def test_impossible_moves_name_the_possible_ones(cast: Any, now: dt.datetime, callbacks: Initiative) -> None:
    with pytest.raises(IllegalTransition) as refusal:
        services.gate_decide(
            actor=cast.actor("executive"), now=now, initiative=callbacks, to_stage="live", reason="x"
        )
    assert refusal.value.extra["allowed"] == ["case", "stopped"]


def test_running_needs_a_unit_and_live_a_start(
    cast: Any, now: dt.datetime, callbacks: Initiative, kpi: Any
) -> None:
    boss, manager = cast.actor("executive"), cast.actor("cx_manager")
    services.link_add(actor=manager, now=now, initiative=callbacks, kpi=kpi)
    approve(cast, now, callbacks)
    with pytest.raises(Invalid) as refusal:
        services.gate_decide(actor=boss, now=now, initiative=callbacks, to_stage="running", reason="x")
    assert set(refusal.value.fields) == {"treatments"}
    services.treatment_add(
        actor=manager, now=now, initiative=callbacks, unit=cast.store, starts_on=dt.date(2026, 3, 3)
    )
    services.gate_decide(actor=boss, now=now, initiative=callbacks, to_stage="running", reason="x")
    with pytest.raises(Invalid) as refusal:
        services.gate_decide(actor=boss, now=now, initiative=callbacks, to_stage="live", reason="x")
    assert set(refusal.value.fields) == {"started"}
    # 23:30 UTC on the 2nd is already the 3rd in Berlin.
    late = dt.datetime(2026, 3, 2, 23, 30, tzinfo=dt.UTC)
    services.gate_decide(actor=boss, now=late, initiative=callbacks, to_stage="live", reason="x")


def test_stopping_may_end_what_still_runs(cast: Any, now: dt.datetime, callbacks: Initiative) -> None:
    manager = cast.actor("cx_manager")
    services.treatment_add(
        actor=manager, now=now, initiative=callbacks, unit=cast.store, starts_on=dt.date(2026, 1, 1)
    )
    services.cost_add(
        actor=manager, now=now, initiative=callbacks, label="Licences", amount=Decimal("10"), rhythm="monthly",
        starts_on=dt.date(2026, 1, 1),
    )  # fmt: skip
    services.gate_decide(
        actor=manager,
        now=now,
        initiative=callbacks,
        to_stage="stopped",
        reason="Too small",
        ends_on=dt.date(2026, 3, 2),
    )
    assert Treatment.objects.get().ends_on == CostLine.objects.get().ends_on == dt.date(2026, 3, 2)


def test_a_decision_on_a_stale_version_writes_nothing(
    cast: Any, now: dt.datetime, callbacks: Initiative
) -> None:
    with pytest.raises(Stale):
        services.gate_decide(
            actor=cast.actor("cx_manager"),
            now=now,
            initiative=callbacks,
            to_stage="case",
            reason="x",
            version=7,
        )
    assert not GateDecision.objects.exists()


def test_what_began_before_is_recorded_as_such(cast: Any, now: dt.datetime, callbacks: Initiative) -> None:
    then = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
    services.stage_record(
        actor=cast.actor("executive"),
        now=now,
        initiative=callbacks,
        stage="live",
        reason="Began in 2024",
        decided_at=then,
    )
    callbacks.refresh_from_db()
    assert callbacks.stage == "live"
    assert GateDecision.objects.get().decided_at == then
    assert AuditEvent.objects.filter(action="initiatives.gate.recorded").count() == 1
