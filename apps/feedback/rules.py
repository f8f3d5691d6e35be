"""Pure rules of feedback: what a score may be, how scales are compared, and which words are searched for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
MAX_VERBATIM = 100_000
MAX_TITLE = 300
MAX_EXTERNAL_ID = 200
MAX_SEARCH_WORDS = 8
# On any scale: 4 and 5 of 5 stars are favourable, 1 and 2 are unfavourable.
FAVOURABLE, UNFAVOURABLE = 0.75, 0.25
_WORD = re.compile(r"\w+", re.UNICODE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")


class ScoreError(ValueError):
    """A score that this scale does not have; `code` is `not_a_number`, `no_score` or `outside`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale of a source: lowest and highest score, both included. `has_score` is False for notes and the like."""

    low: Decimal
    high: Decimal
    has_score: bool = True

    def score(self, value: Decimal | float | int | str | None) -> Decimal | None:
        """The score to two decimals; raises `ScoreError`. None stays None."""
        if value is None or value == "":
            return None
        if not self.has_score:
            raise ScoreError("no_score")
        try:
            given = Decimal(str(value))
        except InvalidOperation:
            raise ScoreError("not_a_number") from None
        if isinstance(value, bool) or not given.is_finite():
            raise ScoreError("not_a_number")
        if not self.low <= given <= self.high:
            raise ScoreError("outside")
        return given.quantize(CENT, rounding=ROUND_HALF_UP)

    def norm(self, score: Decimal | None) -> float | None:
        """The score on 0–1 of the scale: (score − low) / (high − low)."""
        return None if score is None else float((score - self.low) / (self.high - self.low))


def clean_text(text: str) -> str:
    """The text without what PostgreSQL cannot hold (NUL, lone surrogates); line breaks and all planes stay."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def clean_language(code: str) -> str:
    """A language code in lower case ("pt-br"); anything else is unknown (empty)."""
    tidy = code.strip().lower().replace("_", "-")[:10]
    return tidy if _LANGUAGE.fullmatch(tidy) else ""


def search_query(text: str) -> str:
    """What a person typed as a raw tsquery: every word, each as a beginning (`'deliv':* & 'lat':*`); empty for no word.

    Only word characters pass, so that no operator of the query language can be typed.
    """
    words = _WORD.findall(clean_text(text))[:MAX_SEARCH_WORDS]
    return " & ".join(f"'{word}':*" for word in words)
