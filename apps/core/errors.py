"""What may go wrong in a verb, in words that a person and a program can use.

Pages show `message`; the API answers RFC 9457 problem details with the same words.
"""

from __future__ import annotations

from django.utils.translation import gettext as _


class DomainError(Exception):
    """A refusal with a reason. `status` is the HTTP status, `code` a stable word for programs."""

    status = 400
    code = "refused"

    def __init__(self, message: str, **extra: object) -> None:
        super().__init__(message)
        self.message = message
        self.extra = extra


class NotVisible(DomainError):
    """It does not exist, or not for this actor: nobody is told which."""

    status = 404
    code = "not_found"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or _("Nothing was found at this address."))


class Denied(DomainError):
    """Visible, but this actor may not do this; the message says why."""

    status = 403
    code = "denied"


class Invalid(DomainError):
    """Input that cannot be meant: `fields` maps a field to its messages, "" holds those of the whole."""

    status = 422
    code = "invalid"

    def __init__(self, message: str = "", fields: dict[str, list[str]] | None = None) -> None:
        self.fields = fields or ({"": [message]} if message else {})
        first = next(iter(self.fields.values()), [""])[0]
        super().__init__(message or first, fields=self.fields)


class Stale(DomainError):
    """Somebody changed it since this actor looked: nothing was written."""

    status = 409
    code = "stale"

    def __init__(self, *, seen: int, current: int) -> None:
        super().__init__(
            _("Somebody changed this while you were editing. Your text is kept: compare and save again."),
            seen=seen,
            current=current,
        )


class IllegalTransition(DomainError):
    """This move is not possible from this state; `allowed` names those that are."""

    status = 409
    code = "illegal_transition"

    def __init__(self, *, state: str, move: str, allowed: list[str]) -> None:
        super().__init__(
            _("“%(move)s” is not possible while the state is “%(state)s”. Possible: %(allowed)s.")
            % {"move": move, "state": state, "allowed": ", ".join(allowed) or "–"},
            state=state,
            move=move,
            allowed=allowed,
        )


class Conflict(DomainError):
    """It clashes with something that is already there."""

    status = 409
    code = "conflict"


class Unavailable(DomainError):
    """A part that is needed is away for the moment."""

    status = 503
    code = "unavailable"


def check_version(seen: int | None, current: int) -> None:
    """Raise `Stale` when the version the actor saw is not the current one (None = the caller just locked it)."""
    if seen is not None and int(seen) != current:
        raise Stale(seen=int(seen), current=current)
