"""Which tone a state is drawn in; the word beside it always says the same."""

from __future__ import annotations

from apps.core.formatting import Tone

_TONES: dict[Tone, tuple[str, ...]] = {
    "info": (
        "new",
        "assigned",
        "contacted",
        "running",
        "tracking",
        "approved",
        "sent",
        "preview",
        "applying",
    ),
    "ok": (
        "resolved",
        "closed",
        "done",
        "live",
        "signed",
        "confirmed",
        "active",
        "applied",
        "delivered",
        "met",
    ),
    "attention": (
        "reopened",
        "due_soon",
        "stale",
        "waiting",
        "needs_decision",
        "unassigned",
        "partial",
        "draft",
    ),
    "bad": ("breached", "overdue", "failed", "rejected", "harmful", "negative", "error"),
    "muted": ("stopped", "cancelled", "archived", "inactive", "revoked", "expired", "idea", "undone"),
}
_BY_CODE = {code: tone for tone, codes in _TONES.items() for code in codes}


def tone_of(code: str) -> Tone:
    """The tone of a state code; an unknown one is neutral."""
    return _BY_CODE.get(code, "neutral")
