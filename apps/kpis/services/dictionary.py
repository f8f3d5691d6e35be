"""Verbs of the metric dictionary."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid, check_version
from apps.kpis import wording
from apps.kpis.models import Kpi, Observation
from apps.kpis.rollup_sql import segments_of
from apps.kpis.rules import RuleError, parse
from apps.kpis.services.rollup import rebuild_later

FIELDS = (
    "key",
    "name",
    "kind",
    "statistic",
    "direction",
    "grain",
    "unit_label",
    "definition",
    "formula",
    "how_to_read",
    "owner",
    "target",
    "derived",
    "is_active",
)
MEASURED = ("statistic", "grain", "derived")  # what stored values were computed with
MAX_SEGMENTS = 40


@transaction.atomic
def kpi_create(*, actor: Actor, now: dt.datetime, **fields: Any) -> Kpi:
    """Add a metric to the dictionary; a derived one is computed soon after. Raises Invalid, Conflict, Denied."""
    _known(fields)
    policy.require(actor, "kpis.kpi.edit")
    kpi = Kpi(**fields)
    _check(kpi)
    try:
        with transaction.atomic():
            kpi.save()
    except IntegrityError:
        raise Conflict(
            _("Another KPI has this key."), fields={"key": [_("Another KPI has this key.")]}
        ) from None
    audit.record(
        actor=actor, action="kpis.kpi.added", obj=kpi, now=now,
        changes=audit.diff({}, {name: value for name, value in fields.items() if value not in (None, "")}),
    )  # fmt: skip
    if kpi.derived is not None:
        rebuild_later(kpi, now)
    return kpi


@transaction.atomic
def kpi_edit(*, actor: Actor, now: dt.datetime, kpi: Kpi, version: int | None = None, **fields: Any) -> Kpi:
    """Change a metric. How it is measured stays once values were recorded by hand or import; a changed rule of a
    derived one is computed anew soon after. Raises Invalid, Conflict, Stale, Denied."""
    _known(fields)
    row = Kpi.objects.visible_to(actor).locked().the(pk=kpi.pk)
    policy.require(actor, "kpis.kpi.edit", row)
    check_version(version, row.version)
    before = {name: getattr(row, name) for name in FIELDS}
    for name, value in fields.items():
        setattr(row, name, value)
    changes = audit.diff(before, fields)
    if not changes:
        return row
    _check(row)
    measured = [name for name in MEASURED if name in changes]
    if measured and _has_fed_values(row):
        why = _("Values were recorded for this KPI. Add another KPI for another way of measuring.")
        raise Conflict(why, fields={name: [why] for name in measured})
    if "key" in changes and Kpi.objects.filter(key=row.key).exclude(pk=row.pk).exists():
        raise Conflict(_("Another KPI has this key."), fields={"key": [_("Another KPI has this key.")]})
    if measured:
        Observation.objects.filter(kpi=row).delete()
        row.data_version += 1
    row.version += 1
    row.save()
    audit.record(actor=actor, action="kpis.kpi.changed", obj=row, now=now, changes=changes)
    if row.derived is not None and (measured or "is_active" in changes):
        rebuild_later(row, now)
    return row


def _known(fields: dict[str, Any]) -> None:
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"a KPI has no {', '.join(sorted(unknown))}")


def _has_fed_values(kpi: Kpi) -> bool:
    return Observation.objects.filter(kpi=kpi).exclude(source="rollup").exists()


def _check(kpi: Kpi) -> None:
    if not kpi.name.strip():
        raise Invalid(fields={"name": [_("Give the KPI a name.")]})
    if kpi.target is not None and not abs(kpi.target) < 1e15:
        raise Invalid(fields={"target": [_("Give a finite number.")]})
    if kpi.derived is None:
        return
    try:
        rule = parse(kpi.derived, kpi.statistic)
    except RuleError as error:
        raise Invalid(fields={"derived": [wording.fault(fault) for fault in error.faults]}) from error
    if (
        rule.split
        and rule.split.condition is None
        and len(segments_of(rule, MAX_SEGMENTS + 1)) > MAX_SEGMENTS
    ):
        words = _("This split gives more than %(max)s segments: split by a condition instead.")
        raise Invalid(fields={"derived": [words % {"max": MAX_SEGMENTS}]})
