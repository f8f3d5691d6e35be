"""Numbers, scores and money out of text, by a stated decimal sign. Nothing is guessed while reading."""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from apps.intake.reading.faults import CellFault

# Thousands may be parted by the other sign, a blank (also no-break) or an apostrophe.
_PLAIN = re.compile(r"[+-]?[0-9]+")
_SHAPES = {
    ".": re.compile(
        r"[+-]?(?:[1-9][0-9]{0,2}(?:([, \u00a0\u202f'’])[0-9]{3}(?:\1[0-9]{3})*)|[0-9]+)(?:\.[0-9]+)?"
    ),
    ",": re.compile(
        r"[+-]?(?:[1-9][0-9]{0,2}(?:([. \u00a0\u202f'’])[0-9]{3}(?:\1[0-9]{3})*)|[0-9]+)(?:,[0-9]+)?"
    ),
}
_BOTH = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_MONEY_MARK = re.compile(r"^(?:R\$|[$€£¥])\s*|\s*(?:R\$|[$€£¥])$")
_PARTING = str.maketrans("", "", " \u00a0\u202f'’")
_LONGEST = 40


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else str(value)


def number(value: Any, sign: str = ".") -> Decimal:
    """A plain number in ASCII digits. No exponent, no full-width digits, no words: those are typing or export faults."""
    if isinstance(value, bool):
        raise CellFault(_("Not a number."), _("Write it in digits."))
    if isinstance(value, (int, float, Decimal)):
        found = Decimal(repr(value) if isinstance(value, float) else value)
        if not found.is_finite():
            raise CellFault(_("Not a number."), _("Write it in digits."))
        return found
    text = _text(value)
    if not text:
        raise CellFault(_("The number is missing."), _("Fill in the cell."))
    if len(text) > _LONGEST or not _SHAPES[sign].fullmatch(text):
        raise CellFault(
            _("Not a number with the decimal sign “%(sign)s”.") % {"sign": sign},
            _("Write it in plain digits, for example 1234%(sign)s50.") % {"sign": sign},
        )
    text = text.translate(_PARTING).replace("," if sign == "." else ".", "").replace(",", ".")
    try:
        return Decimal(text)
    except InvalidOperation as wrong:  # pragma: no cover - the pattern admits only decimals
        raise CellFault(_("Not a number."), _("Write it in digits.")) from wrong


def bounded(value: Any, sign: str, *, digits: int, places: int, least: Decimal | None = None) -> Decimal:
    """A number that fits a column of `digits` digits, `places` of them after the sign."""
    found = number(value, sign)
    if abs(found) >= Decimal(10) ** (digits - places):
        raise CellFault(_("The number is too large."), _("Check the unit and the decimal sign."))
    if found != round(found, places):
        raise CellFault(
            _("More than %(places)d places after the decimal sign.") % {"places": places},
            _("Round it, or check the decimal sign."),
        )
    if least is not None and found < least:
        raise CellFault(_("The number is below %(least)s.") % {"least": least}, _("Check the sign."))
    return found


def money(value: Any, sign: str = ".", *, least: Decimal | None = None) -> Decimal:
    """An amount with at most two places; a currency sign around it is ignored (the currency is a field of its own)."""
    if isinstance(value, str):
        value = _MONEY_MARK.sub("", value.strip())
    elif isinstance(value, float):
        # Excel keeps amounts in binary: 10.1 + 0.2 is stored as 10.299999999999999.
        value = (
            Decimal(repr(value)).quantize(Decimal("0.00000001")).normalize() if abs(value) < 1e14 else value
        )
    return round(bounded(value, sign, digits=14, places=2, least=least), 2)


def score(value: Any, sign: str = ".", *, low: Decimal, high: Decimal, step: Decimal = Decimal(1)) -> Decimal:
    """A score on its scale: within [low, high] and on a step counted from `low`."""
    try:
        found = number(value, sign)
    except CellFault as wrong:
        if not _text(value):
            raise CellFault(
                _("The score is missing."), _("Fill in the cell, or leave the column unmapped.")
            ) from wrong
        raise CellFault(
            _("Not a score."),
            _("Write a number from %(low)s to %(high)s in plain digits.") % {"low": low, "high": high},
        ) from wrong
    if not low <= found <= high:
        raise CellFault(
            _("The score is outside the scale %(low)s to %(high)s.") % {"low": low, "high": high},
            _("Correct it, or state the right scale in the mapping."),
        )
    if (found - low) % step:
        raise CellFault(
            _("The score is not a step of %(step)s on its scale.") % {"step": step},
            _("Round it, or state the step in the mapping."),
        )
    return found


def whole(value: Any, sign: str = ".", *, least: int = 0, most: int = 2_147_483_647) -> int:
    found = number(value, sign)
    if found != found.to_integral_value():
        raise CellFault(_("Not a whole number."), _("Round it."))
    if not least <= found <= most:
        raise CellFault(
            _("The number is not between %(least)d and %(most)d.") % {"least": least, "most": most},
            _("Check it."),
        )
    return int(found)


_TRUE = {"1", "true", "t", "yes", "y", "ja", "sim", "sí", "si", "oui", "x", "wahr"}
_FALSE = {"0", "false", "f", "no", "n", "nein", "não", "nao", "non", "falsch"}


def truth(value: Any) -> bool:
    """Yes or no in the words common exports use."""
    word = _text(value).casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise CellFault(_("Neither yes nor no."), _("Write yes or no."))


def sign_evidence(values: Iterable[Any]) -> frozenset[str]:
    """What the cells of a number column say about its decimal sign.

    Holds "." and/or "," for each sign proven by some cell, and "?" when some cell can be read either way
    (`1.234`, `1,234`). Empty: no cell has a separator, so both readings agree.
    """
    found: set[str] = set()
    for value in values:
        if not isinstance(value, str):
            continue
        text = _MONEY_MARK.sub("", value.strip())
        if not text or len(text) > _LONGEST or _PLAIN.fullmatch(text):
            continue
        readings = {sign for sign, shape in _SHAPES.items() if shape.fullmatch(text)}
        if len(readings) == 1:
            found |= readings
        elif len(readings) == 2 and _BOTH.fullmatch(text):
            found.add("?")
    return frozenset(found)
