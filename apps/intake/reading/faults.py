"""The two ways input is turned away: a whole file, or one cell of one row."""

from dataclasses import dataclass


class FileRefused(Exception):
    """The whole file (or its mapping) is turned away before anything is written.

    `code` is stable for programs; `message` and `remedy` are for people; `line` counts from 1 (the header).
    """

    def __init__(self, code: str, message: str, *, remedy: str = "", line: int | None = None) -> None:
        self.code = code
        self.message = message
        self.remedy = remedy
        self.line = line
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        tail = f" {self.remedy}" if self.remedy else ""
        return f"{place}{self.message}{tail}"


class Question(FileRefused):
    """The file can be read in two ways; a person (or the mapping) must say which.

    `setting` names the mapping key that answers, `choices` the values it may take, `columns` where it was seen.
    """

    def __init__(
        self, setting: str, message: str, *, choices: tuple[str, ...], columns: tuple[str, ...], remedy: str
    ) -> None:
        self.setting = setting
        self.choices = choices
        self.columns = columns
        super().__init__(f"ambiguous_{setting}", message, remedy=remedy)


class CellFault(ValueError):
    """One cell cannot be used; says why and what to do."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        self.reason = reason
        self.remedy = remedy
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class RowFault:
    """One rejected cell (or row, when `column` is empty) with its place, what stood there, why, and the remedy."""

    line: int
    column: str
    value: str
    reason: str
    remedy: str = ""
