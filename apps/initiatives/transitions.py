"""Which stage follows which. Pure: the database repeats only that a stage is known."""

from __future__ import annotations

MOVES: dict[str, tuple[str, ...]] = {
    "idea": ("case", "stopped"),
    "case": ("approved", "idea", "stopped"),
    "approved": ("running", "case", "stopped"),
    "running": ("live", "stopped"),
    "live": ("tracking", "stopped"),
    "tracking": ("done", "live", "stopped"),
    "stopped": ("case",),
    "done": ("tracking",),
}
# The way forward, for pages that draw it.
ROAD = ("idea", "case", "approved", "running", "live", "tracking", "done")
# What still runs or is still watched: its return is computed each night.
ACTIVE = frozenset({"approved", "running", "live", "tracking"})
# Stages at which money is no longer newly committed.
OVER = frozenset({"stopped", "done"})


def moves_from(stage: str) -> tuple[str, ...]:
    """The stages that may follow `stage`; none for an unknown one."""
    return MOVES.get(stage, ())


def is_move(stage: str, to_stage: str) -> bool:
    """May an initiative go from `stage` to `to_stage`?"""
    return to_stage in moves_from(stage)


def is_forward(stage: str, to_stage: str) -> bool:
    """Does the move lead along the road? Only such moves must answer what the gate asks."""
    return stage in ROAD and to_stage in ROAD and ROAD.index(to_stage) > ROAD.index(stage)
