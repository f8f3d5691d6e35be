"""What the verbs of this room share: locking the initiative, bumping its versions, and validating a row in words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import Invalid, check_version
from apps.initiatives.models import Initiative
from apps.notifications.services import outbox_add

NUDGE = "returns.nudge"
PAUSE = dt.timedelta(seconds=15)  # several edits in a row are one computation
CENT = Decimal("0.01")


def locked_initiative(*, actor: Actor, pk: int, version: int | None = None) -> Initiative:
    """The initiative the actor may see, locked for this transaction; `Stale` when `version` is not the current one."""
    found = Initiative.objects.visible_to(actor).locked().the(pk=pk)
    check_version(version, found.version)
    return found


def touch(initiative: Initiative, *, now: dt.datetime, inputs: bool, fields: tuple[str, ...] = ()) -> None:
    """Save these fields and a higher version; with `inputs` the return is stale from this moment (R: stale at once).

    The nudge only shortens the wait: pages compare versions themselves, and a sweep finds what a nudge missed.
    """
    # not a verb: the inner step of the verbs that record themselves
    initiative.version += 1
    names = {"version", "updated_at", *fields}
    if inputs:
        initiative.input_version += 1
        initiative.inputs_changed_at = now
        names |= {"input_version", "inputs_changed_at"}
    initiative.save(update_fields=sorted(names))
    if inputs:
        outbox_add(topic=NUDGE, key=str(initiative.pk), now=now, delay=PAUSE)


def valid(row: models.Model, *, exclude: tuple[str, ...] = ()) -> None:
    """Raise `Invalid` with messages per field when the row breaks a rule of its own fields."""
    try:
        row.clean_fields(exclude={"uid", *exclude})
    except ValidationError as error:
        raise Invalid(fields={name: list(texts) for name, texts in error.message_dict.items()}) from None


def known_fields(given: dict[str, Any], allowed: frozenset[str]) -> None:
    """Raise `Invalid` for a field that this verb does not write."""
    unknown = sorted(set(given) - allowed)
    if unknown:
        raise Invalid(fields={name: [_("This field is not known here.")] for name in unknown})


def money(value: Decimal | int | str, field: str) -> Decimal:
    """A finite amount of at least zero in whole cents; a float or a fraction of a cent is refused."""
    if isinstance(value, float):
        raise Invalid(fields={field: [_("Money is a decimal number, not a floating one.")]})
    try:
        amount = Decimal(value)
    except (InvalidOperation, ValueError, TypeError):
        raise Invalid(fields={field: [_("This is not an amount.")]}) from None
    if not amount.is_finite() or amount < 0:
        raise Invalid(fields={field: [_("An amount is zero or more.")]})
    if amount != amount.quantize(CENT):
        raise Invalid(fields={field: [_("At most two digits after the decimal sign.")]})
    return amount.quantize(CENT)


def snapshot_of(row: models.Model, names: frozenset[str] | tuple[str, ...]) -> dict[str, Any]:
    """The present values of these fields, related rows as they read."""
    return {name: getattr(row, name) for name in names}
