"""What the engine says when it cannot compute: bad input, a part that is not identified, a method it does not have."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: object) -> str:
    """The text with every line break or control character turned into a space, shortened to 80 characters."""
    flat = _CONTROL.sub(" ", str(text))
    return flat if len(flat) <= 80 else flat[:77] + "..."


@dataclass(frozen=True)
class Fault:
    """One fault of one cell: where it is, what is wrong, what to do about it."""

    source: str
    row: int
    column: str
    fault: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.source}:row {self.row}, column {one_line(self.column)}: {self.fault}; {self.remedy}"


class InputError(ValueError):
    """The input has faults; `faults` holds each of them and `str()` gives one line per fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class OptionError(ValueError):
    """An option has a value the engine cannot use."""


class MethodUnavailable(OptionError):
    """A method was forced that this version does not have."""


class NotIdentified(ValueError):
    """The outcome without initiatives cannot be estimated for the named units or periods."""

    def __init__(self, reason: str, *, units: Iterable[str] = (), periods: Iterable[str] = ()) -> None:
        self.reason = reason
        self.units = tuple(units)
        self.periods = tuple(periods)
        named = [f"{len(self.units)} units ({_some(self.units)})"] if self.units else []
        named += [f"{len(self.periods)} periods ({_some(self.periods)})"] if self.periods else []
        super().__init__(reason + (": " + ", ".join(named) if named else ""))


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(one_line(name) for name in names[:5]) + (", ..." if len(names) > 5 else "")
