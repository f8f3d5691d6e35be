"""The table of moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.cases import transitions
from apps.cases.transitions import STATES, TABLE, after, moves_from
from apps.core.errors import IllegalTransition


def test_the_straight_way_from_new_to_closed():
    state = "new"
    for move in ("take", "attempt", "reach", "resolve", "close"):
        state = after(state, move)
    assert state == "closed"
    assert after(state, "reopen") == "assigned"


@pytest.mark.parametrize(
    ("state", "move"),
    [
        ("new", "resolve"),
        ("closed", "reach"),
        ("contacted", "close"),
        ("new", "reopen"),
        ("closed", "assign"),
    ],
)
def test_an_impossible_move_names_the_possible_ones(state: str, move: str):
    with pytest.raises(IllegalTransition) as caught:
        after(state, move)
    assert caught.value.extra["allowed"] == moves_from(state)
    assert moves_from(state)


@given(st.lists(st.sampled_from(sorted(TABLE)), max_size=30))
def test_no_sequence_of_moves_leaves_the_known_states(moves: list[str]):
    state = "new"
    for move in moves:
        try:
            state = after(state, move)
        except IllegalTransition:
            continue
        assert state in STATES
        assert state != "new" or move == "note"


def test_every_open_state_has_a_next_useful_action_that_is_possible():
    for state in transitions.OPEN:
        assert transitions.next_move(state) in moves_from(state)
    assert transitions.next_move("closed") == ""


def test_without_reaching_anybody_attempts_must_be_documented():
    assert transitions.may_resolve("contacted", 0)
    assert not transitions.may_resolve("assigned", 1)
    assert transitions.may_resolve("assigned", 2)
    assert not transitions.may_close_unconfirmed(1)
    assert transitions.may_close_unconfirmed(2)
