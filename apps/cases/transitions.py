"""Which move is possible from which state: the one table, pure.

new → assigned → contacted → resolved → closed; reopened (with a reason) from resolved and closed. A move that keeps the
state (a further call, another owner) is in the table too: what is not in it is not possible.
"""

from __future__ import annotations

from apps.core.errors import IllegalTransition

NEW, ASSIGNED, CONTACTED, RESOLVED, CLOSED = "new", "assigned", "contacted", "resolved", "closed"
STATES = (NEW, ASSIGNED, CONTACTED, RESOLVED, CLOSED)
OPEN = (NEW, ASSIGNED, CONTACTED, RESOLVED)

# How many contacts must be logged before a case may be resolved without having reached anybody, or closed unconfirmed.
ATTEMPTS = 2

TABLE: dict[str, dict[str, str]] = {
    "take": {NEW: ASSIGNED, ASSIGNED: ASSIGNED, CONTACTED: CONTACTED},
    "assign": {NEW: ASSIGNED, ASSIGNED: ASSIGNED, CONTACTED: CONTACTED, RESOLVED: RESOLVED},
    "hand_over": {ASSIGNED: ASSIGNED, CONTACTED: CONTACTED, RESOLVED: RESOLVED},
    "reach": {ASSIGNED: CONTACTED, CONTACTED: CONTACTED, RESOLVED: RESOLVED},
    "attempt": {ASSIGNED: ASSIGNED, CONTACTED: CONTACTED, RESOLVED: RESOLVED},
    "resolve": {ASSIGNED: RESOLVED, CONTACTED: RESOLVED},
    "close": {RESOLVED: CLOSED},
    "reopen": {RESOLVED: ASSIGNED, CLOSED: ASSIGNED},
    "note": {state: state for state in STATES},
}


def moves_from(state: str) -> list[str]:
    """The moves that are possible from a state, in the order of a case's life."""
    return [move for move, table in TABLE.items() if state in table]


def after(state: str, move: str) -> str:
    """The state after a move; raises `IllegalTransition`, which names the possible moves."""
    try:
        return TABLE[move][state]
    except KeyError:
        raise IllegalTransition(state=state, move=move, allowed=moves_from(state)) from None


def may_resolve(state: str, contacts: int) -> bool:
    """A customer was reached (state contacted), or enough attempts are documented."""
    return state == CONTACTED or contacts >= ATTEMPTS


def may_close_unconfirmed(contacts: int) -> bool:
    """Without the customer's answer a case closes only after documented attempts."""
    return contacts >= ATTEMPTS


def next_move(state: str) -> str:
    """The next useful action: what the page offers first; empty when there is none."""
    return {NEW: "take", ASSIGNED: "reach", CONTACTED: "resolve", RESOLVED: "close"}.get(state, "")
