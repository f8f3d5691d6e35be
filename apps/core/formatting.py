"""How numbers, amounts, spans and due times are written: one place for pages, messages, pictures and exports.

Pure but for the number format of the person at the screen, which the request's middleware sets with
`activate_number_format` (a context variable, so that threads and tests do not disturb each other).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Literal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise
else:
    Text = str

Numeric = int | float | Decimal
Tone = Literal["neutral", "info", "ok", "attention", "bad", "muted"]

NBSP = "\u00a0"
NARROW = "\u202f"
MINUS = "\u2212"
EN_DASH = "\u2013"
NO_VALUE = "\u2014"

# ISO 4217: currencies without minor units.
WHOLE_CURRENCIES = frozenset({"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND",
                              "VUV", "XAF", "XOF", "XPF"})  # fmt: skip


@dataclass(frozen=True)
class NumberFormat:
    """How a person writes 1234.5: the sign between thousands and the sign before decimals."""

    key: str
    group: str
    decimal: str


# The key of a format is how it writes the example, so that a stored choice explains itself.
NUMBER_FORMATS: dict[str, NumberFormat] = {
    "1,234.56": NumberFormat("1,234.56", ",", "."),
    "1.234,56": NumberFormat("1.234,56", ".", ","),
    "1 234,56": NumberFormat("1 234,56", NARROW, ","),
    "1\u2019234.56": NumberFormat("1\u2019234.56", "\u2019", "."),
}
NUMBER_FORMAT_CHOICES = [(key, key) for key in NUMBER_FORMATS]
DEFAULT_NUMBER_FORMAT = NUMBER_FORMATS["1,234.56"]

_active: ContextVar[NumberFormat] = ContextVar("cx_number_format", default=DEFAULT_NUMBER_FORMAT)


def activate_number_format(key: str) -> None:
    """Write numbers as `key` says for the rest of this request; an unknown key means the default."""
    _active.set(NUMBER_FORMATS.get(key, DEFAULT_NUMBER_FORMAT))


def number_format() -> NumberFormat:
    """The number format in force."""
    return _active.get()


@contextmanager
def number_format_as(key: str) -> Iterator[None]:
    """Write numbers as `key` says inside a `with` block (mails, exports, tests)."""
    token = _active.set(NUMBER_FORMATS.get(key, DEFAULT_NUMBER_FORMAT))
    try:
        yield
    finally:
        _active.reset(token)


def number(value: Numeric | None, places: int | None = None) -> str:
    """`value` with thousands apart and `places` decimals.

    Without `places`: whole numbers stay whole; others get 2 decimals below 100, 1 below 1,000, else none.
    """
    if value is None:
        return NO_VALUE
    amount = as_decimal(value)
    if not amount.is_finite():
        return NO_VALUE
    if places is None:
        places = _natural_places(value, amount)
    rounded = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    style = number_format()
    whole, _dot, decimals = f"{abs(rounded):,.{places}f}".partition(".")
    text = whole.replace(",", style.group) + (style.decimal + decimals if decimals else "")
    return (MINUS if rounded < 0 else "") + text


def percent(share: Numeric | None, places: int = 0) -> str:
    """A share of one as per cent: 0.615 is "62 %" (places=0) or "61.5 %" (places=1)."""
    if share is None:
        return NO_VALUE
    return f"{number(as_decimal(share) * 100, places)}{NBSP}%"


def money(amount: Numeric | None, currency: str, *, short: bool = False) -> str:
    """An amount with its own currency: "1,234.50 EUR" in full, "1.23 M EUR" short (pictures, tiles)."""
    if amount is None:
        return NO_VALUE
    text = short_number(amount) if short else number(amount, _money_places(currency))
    return f"{text}{NBSP}{currency}" if currency else text


def short_number(value: Numeric | None) -> str:
    """Three significant digits and a scale: 950, 9.5 k, 1.23 M, 4.1 bn."""
    if value is None:
        return NO_VALUE
    amount = as_decimal(value)
    if not amount.is_finite():
        return NO_VALUE
    for limit, divisor, suffix in _SCALES:
        if abs(amount) >= limit:
            scaled = amount / divisor
            return f"{_trim(scaled)}{NBSP}{suffix()}"
    return number(amount, 0) if abs(amount) >= 100 or amount == int(amount) else _trim(amount)


def interval(low: str, high: str) -> str:
    """Two written numbers as a range; what they share at the end is written once: "0.9–2.1 M EUR", "910 k–2.1 M EUR"."""
    low_parts, high_parts = low.split(NBSP), high.split(NBSP)
    shared = 0
    while (
        shared < min(len(low_parts), len(high_parts)) - 1
        and low_parts[-1 - shared] == high_parts[-1 - shared]
    ):
        shared += 1
    low = NBSP.join(low_parts[: len(low_parts) - shared])
    dash = f" {_('to')} " if low.startswith(MINUS) or high.startswith(MINUS) else EN_DASH
    return f"{low}{dash}{high}"


def span(duration: timedelta) -> str:
    """A length of time in its largest fitting unit: "25 min", "3 h", "2 d", "5 weeks"."""
    minutes = max(0, round(abs(duration).total_seconds() / 60))
    if minutes < 60:
        return _("%(count)s min") % {"count": minutes}
    hours = round(minutes / 60)
    if hours < 48:
        return _("%(count)s h") % {"count": hours}
    days = round(minutes / 1440)
    if days < 60:
        return _("%(count)s d") % {"count": days}
    if days < 365:
        weeks = round(days / 7)
        return ngettext("%(count)s week", "%(count)s weeks", weeks) % {"count": weeks}
    years = round(days / 365.25)
    return ngettext("%(count)s year", "%(count)s years", years) % {"count": years}


def due(at: datetime, now: datetime, *, soon: timedelta = timedelta(hours=4)) -> tuple[str, Tone]:
    """When something is due, in words and as a tone: "due in 3 h" (attention when `soon`), "overdue by 2 d" (bad)."""
    left = at - now
    if left < timedelta(0):
        return _("overdue by %(span)s") % {"span": span(left)}, "bad"
    tone: Tone = "attention" if left <= soon else "neutral"
    return _("due in %(span)s") % {"span": span(left)}, tone


def since(at: datetime, now: datetime) -> str:
    """How long ago something was, or how far ahead: "3 h ago", "in 2 d", "just now"."""
    gone = now - at
    if abs(gone) < timedelta(seconds=45):
        return _("just now")
    if gone > timedelta(0):
        return _("%(span)s ago") % {"span": span(gone)}
    return _("in %(span)s") % {"span": span(gone)}


def instant(at: datetime | date, *, zone: bool = True) -> str:
    """The exact time in the reader's zone, written out: "21 Nov 2026, 14:05 CET"; a date alone has no time.

    Without `zone` it is shorter: for tables, whose title says the zone.
    """
    if not isinstance(at, datetime):
        return date_format(at, "j M Y")
    local = timezone.localtime(at) if timezone.is_aware(at) else at
    return date_format(local, "j M Y, H:i T" if zone else "j M Y, H:i").strip()


def as_decimal(value: Numeric) -> Decimal:
    """A number with the digits it is written with."""
    # repr keeps the shortest digits of a float; Decimal(float) would show its binary tail.
    return Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)


def _natural_places(value: Numeric, amount: Decimal) -> int:
    is_whole = isinstance(value, int) or (isinstance(value, Decimal) and "." not in f"{value:f}")
    if is_whole or abs(amount) >= 1000:
        return 0
    return 1 if abs(amount) >= 100 else 2


def _money_places(currency: str) -> int:
    return 0 if currency in WHOLE_CURRENCIES else 2


def _trim(scaled: Decimal) -> str:
    places = 0 if abs(scaled) >= 100 else 1 if abs(scaled) >= 10 else 2
    text = number(scaled, places)
    mark = number_format().decimal
    return text.rstrip("0").removesuffix(mark) if places and mark in text else text


_SCALES = (
    (Decimal(999_500_000), Decimal(1_000_000_000), lambda: _("bn")),
    (Decimal(999_500), Decimal(1_000_000), lambda: _("M")),
    (Decimal(1_000), Decimal(1_000), lambda: _("k")),
)
