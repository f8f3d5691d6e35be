"""Pure rules: when are two records the same person, what may overwrite what, which value is high."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

# Characters that look like nothing and come along when people copy an address.
_INVISIBLE = dict.fromkeys(
    [*range(0x20), 0x7F, 0x00AD, 0x034F, 0x061C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F),
     *range(0x2060, 0x2070), 0xFEFF]
)  # fmt: skip
_EXTENSION = re.compile(r"(?:ext\.?|extension|x|#)\s*\d{1,6}\s*$", re.IGNORECASE)
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
CENT = Decimal("0.01")


def normalise_email(text: str) -> str:
    """The key under which an e-mail address is matched: lower case, compatibility forms unified; "" for no address.

    Dots and "+tags" stay: only the mailbox's own provider knows whether they matter. Idempotent.
    """
    if len(text) > 1000:
        return ""
    address = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).strip()
    address = unicodedata.normalize("NFKC", address.lower()).lower().removeprefix("mailto:").strip()
    local, at, domain = address.partition("@")
    if not (local and at and domain) or "@" in domain or any(sign.isspace() for sign in address):
        return ""
    if "." not in domain.strip(".") or domain[0] in ".-" or domain[-1] in ".-" or ".." in domain:
        return ""
    if any(sign in address for sign in '<>,;:"()[]\\') or len(address) > 254:
        return ""
    return address


def normalise_phone(text: str) -> str:
    """The key under which a phone number is matched: digits, with "+" when the country is told; "" for no number.

    "00" in front means "+"; the "(0)" of an international number goes; extensions go. A national number never equals
    an international one, because its country is unknown: rather no match than a wrong one. Placeholders of one
    repeated digit, and what has fewer than 6 or more than 15 digits (E.164), are no number. Idempotent.
    """
    if len(text) > 200:
        return ""
    written = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).strip()
    written = written.removeprefix("tel:").strip()
    written = _EXTENSION.sub("", written).strip()
    if any(sign.isalpha() for sign in written):
        return ""
    compact = "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
        for sign in _TRUNK_ZERO.sub("(0)", written)
        if sign.isdecimal() or sign in "+()"
    )
    bare = compact.replace("(", "").replace(")", "")
    international = bare.startswith(("+", "00"))
    if international:
        bare = compact.replace("(0)", "").replace("(", "").replace(")", "")
    digits = bare.replace("+", "")
    if international and not bare.startswith("+"):
        digits = digits.removeprefix("00")
    if not 6 <= len(digits) <= 15 or len(set(digits)) == 1:
        return ""
    return f"+{digits}" if international else digits


def pick_by_email(candidates: Sequence[int]) -> int | None:
    """Which of several customers with the same address is meant: the one known longest, so that a repeat is the same."""
    return min(candidates, default=None)


def pick_by_phone(candidates: Sequence[int]) -> int | None:
    """A phone is often shared by a household: it decides only when exactly one customer has it."""
    return candidates[0] if len(candidates) == 1 else None


def merged_attributes(current: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """`current` with what is told; empty values tell nothing."""
    return {**current, **{key: value for key, value in told.items() if value not in (None, "")}}


def cents(amount: Decimal | int | str) -> Decimal:
    """An amount as it is stored: two decimals, half up."""
    return Decimal(amount).quantize(CENT, rounding=ROUND_HALF_UP)


def twelve_months_before(now: dt.datetime) -> dt.datetime:
    """The same day and time a year earlier; 28 February for the 29th."""
    try:
        return now.replace(year=now.year - 1)
    except ValueError:
        return now.replace(year=now.year - 1, day=28)
