"""Verbs of value models: what a KPI unit is worth, versioned, and signed by finance before it counts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Conflict, Denied, Invalid, check_version
from apps.kpis.models import Kpi, ValueModel

FIELDS = (
    "name",
    "stream",
    "amount",
    "amount_sd",
    "currency",
    "side",
    "is_cash",
    "basis",
    "exposure",
    "exposure_fixed",
    "evidence",
)
LIMIT = Decimal(10) ** 10


@transaction.atomic
def value_model_create(*, actor: Actor, now: dt.datetime, kpi: Kpi, **fields: Any) -> ValueModel:
    """State what one unit of a KPI is worth. It counts after finance has signed it. Raises Invalid, Denied."""
    policy.require(actor, "kpis.value.edit")
    row = ValueModel(
        kpi=Kpi.objects.visible_to(actor).the(pk=kpi.pk), author_id=actor.user_id, **_known(fields)
    )
    _check(row)
    row.save()
    _kpi_changed(row.kpi_id, now)
    audit.record(actor=actor, action="kpis.value.added", obj=row, now=now, changes=audit.diff({}, fields))
    return row


@transaction.atomic
def value_model_edit(
    *, actor: Actor, now: dt.datetime, value_model: ValueModel, version: int | None = None, **fields: Any
) -> ValueModel:
    """Replace a value model by a new version, which needs a signature of its own. The old one stays as it was.

    Raises Stale or Conflict when it has been replaced already, Invalid, Denied.
    """
    old = _locked(actor, value_model)
    policy.require(actor, "kpis.value.edit", old)
    check_version(version, old.version)
    before = {name: getattr(old, name) for name in FIELDS}
    changes = audit.diff(before, _known(fields))
    if not changes:
        return old
    row = ValueModel(**{**before, **fields}, kpi_id=old.kpi_id, supersedes=old, author_id=actor.user_id)
    _check(row)
    row.save()
    _kpi_changed(row.kpi_id, now)
    audit.record(actor=actor, action="kpis.value.revised", obj=row, now=now, changes=changes)
    return row


@transaction.atomic
def value_model_sign(
    *, actor: Actor, now: dt.datetime, value_model: ValueModel, version: int | None = None
) -> ValueModel:
    """Finance confirms the figure: from now on it counts. Four eyes: not its author. Raises Conflict, Stale, Denied."""
    row = _locked(actor, value_model)
    policy.require(actor, "kpis.value.sign", row)
    check_version(version, row.version)
    if row.signed_at is not None:
        return row
    if actor.user_id is None:
        raise Denied(_("A person signs, not a program."))
    if row.author_id == actor.user_id:
        raise Denied(_("Four eyes: somebody other than its author signs a value model."))
    row.signed_by_id, row.signed_at = actor.user_id, now
    row.version += 1
    row.save()
    _kpi_changed(row.kpi_id, now)
    audit.record(
        actor=actor, action="kpis.value.signed", obj=row, now=now, changes={"signed_at": [None, now]}
    )
    return row


@transaction.atomic
def value_model_retire(
    *, actor: Actor, now: dt.datetime, value_model: ValueModel, version: int | None = None
) -> ValueModel:
    """Stop using a value model from now on; what was computed with it stays readable. Raises Stale, Denied."""
    row = _locked(actor, value_model)
    policy.require(actor, "kpis.value.edit", row)
    check_version(version, row.version)
    if row.is_active:
        row.is_active = False
        row.version += 1
        row.save()
        _kpi_changed(row.kpi_id, now)
        audit.record(
            actor=actor, action="kpis.value.retired", obj=row, now=now, changes={"is_active": [True, False]}
        )
    return row


def _locked(actor: Actor, value_model: ValueModel) -> ValueModel:
    row = ValueModel.objects.visible_to(actor).locked().the(pk=value_model.pk)
    if ValueModel.objects.filter(supersedes=row).exists():
        raise Conflict(_("A newer version of this value model is there already."))
    return row


def _kpi_changed(kpi_id: int, now: dt.datetime) -> None:
    """Returns that use this KPI compare its version and find themselves stale."""
    Kpi.objects.filter(pk=kpi_id).update(data_version=F("data_version") + 1, updated_at=now)


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"a value model has no {', '.join(sorted(unknown))}")
    return fields


def _check(row: ValueModel) -> None:
    faults: dict[str, list[str]] = {}
    if not row.name.strip():
        faults["name"] = [_("Give the value model a name.")]
    for name in ("amount", "amount_sd", "exposure_fixed"):
        given = getattr(row, name)
        if given is not None and not (Decimal(given).is_finite() and abs(Decimal(given)) < LIMIT):
            faults[name] = [_("Give a number below 10,000,000,000.")]
    if "amount_sd" not in faults and row.amount_sd < 0:
        faults["amount_sd"] = [_("An uncertainty is not negative.")]
    if not (
        len(row.currency) == 3
        and row.currency.isascii()
        and row.currency.isalpha()
        and row.currency.isupper()
    ):
        faults["currency"] = [_("Three capital letters, for example EUR.")]
    if row.exposure == ValueModel.Exposure.FIXED and row.exposure_fixed is None:
        faults["exposure_fixed"] = [_("Give the number to multiply with.")]
    if row.side == ValueModel.Side.SAVE and row.basis == ValueModel.Basis.REVENUE:
        faults["basis"] = [_("Saved money is a cost that is avoided, never revenue.")]
    if faults:
        raise Invalid(fields=faults)
