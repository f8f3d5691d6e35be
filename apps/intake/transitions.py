"""Which moves an import's state allows."""

MOVES: dict[str, frozenset[str]] = {
    "uploaded": frozenset({"map", "preview", "start", "cancel"}),
    "previewing": frozenset({"cancel"}),
    "previewed": frozenset({"map", "preview", "confirm", "cancel"}),
    "confirmed": frozenset({"cancel"}),
    "running": frozenset({"cancel"}),
    "done": frozenset({"undo"}),
    "failed": frozenset({"map", "preview", "undo"}),
    "cancelled": frozenset({"map", "preview", "undo"}),
    "undoing": frozenset(),
    "undone": frozenset({"map", "preview"}),
}


def moves_from(state: str) -> frozenset[str]:
    """The moves possible in a state."""
    return MOVES[state]
