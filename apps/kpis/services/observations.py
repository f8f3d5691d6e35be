"""Verbs of observations: recorded in bulk, corrected by hand, taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import policy
from apps.audit import services as audit
from apps.core.actor import Actor
from apps.core.errors import Conflict, Invalid
from apps.kpis.models import Kpi, Observation
from apps.kpis.periods import start_of
from apps.kpis.statistics import Sums, se_from_value, se_of, value_of
from apps.kpis.types import ChangedObservation, ObservationRow, RecordOutcome

STORED = ("value", "n", "se", "total", "total_sq", "hits", "promoters", "detractors")
TOLD_AT_MOST = 20  # that many single values are written into the audit log; of more, only their number
MAX_N = 2_147_483_647
MAX_SEGMENT = 80


@transaction.atomic
def observations_record(
    *, actor: Actor, now: dt.datetime, kpi: Kpi, rows: Sequence[ObservationRow], source: str = ""
) -> RecordOutcome:
    """Record or correct values of a KPI in a constant number of queries; the same rows again change nothing.

    The key is (unit, segment, period); the last row of a key counts. Raises Invalid naming rows and fields (nothing is
    written then), Conflict for a derived KPI, Denied.
    """
    locked = _open(actor, kpi)
    made: dict[tuple[int, str, dt.date], Observation] = {}
    faults: dict[str, list[str]] = {}
    for position, row in enumerate(rows):
        fault = observation_faults(row, locked)
        faults |= {f"rows.{position}.{name}": words for name, words in fault.items()}
        if not fault:
            observation = _prepared(row, locked, source)
            made[observation.unit_id, observation.segment, observation.period] = observation
    if faults:
        raise Invalid(fields=dict(list(faults.items())[:50]))
    for unit_id in {unit for unit, _segment, _period in made}:
        policy.require(actor, "kpis.observation.record", Observation(unit_id=unit_id))
    stored = _stored(locked, made)
    fresh = [row for key, row in made.items() if key not in stored]
    dirty, changed = [], []
    for key, old in stored.items():
        new = made[key]
        before = {name: getattr(old, name) for name in (*STORED, "source")}
        if any(getattr(new, name) != before[name] for name in STORED):
            dirty.append(new)
            changed.append(ChangedObservation(old.pk, before))
    _write(locked, [*fresh, *dirty])
    if fresh or dirty:
        _audit(
            actor, now, locked, fresh, [(stored[row.unit_id, row.segment, row.period], row) for row in dirty]
        )
    added = _stored(locked, {(row.unit_id, row.segment, row.period): row for row in fresh})
    return RecordOutcome(
        added=[row.pk for row in added.values()],
        changed=changed,
        unchanged=len(stored) - len(changed),
        repeated=len(rows) - len(made),
    )


def _open(actor: Actor, kpi: Kpi) -> Kpi:
    """The KPI, locked: writers of one KPI take turns, so that none is lost and the version counts all."""
    row = Kpi.objects.visible_to(actor).locked().the(pk=kpi.pk)
    policy.require(actor, "kpis.observation.record")
    if row.derived is not None:
        raise Conflict(_("This KPI is computed from single rows; its values cannot be set by hand."))
    return row


def _write(kpi: Kpi, rows: list[Observation]) -> None:
    if not rows:
        return
    Observation.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["kpi", "unit", "segment", "period"],
        update_fields=[*STORED, "source", "updated_at"],
    )
    kpi.data_version += 1
    kpi.save(update_fields=["data_version", "updated_at"])


def _stored(
    kpi: Kpi, wanted: dict[tuple[int, str, dt.date], Any]
) -> dict[tuple[int, str, dt.date], Observation]:
    if not wanted:
        return {}
    rows = Observation.objects.filter(
        kpi=kpi,
        unit_id__in={unit for unit, _segment, _period in wanted},
        segment__in={segment for _unit, segment, _period in wanted},
        period__in={period for _unit, _segment, period in wanted},
    )
    found = {(row.unit_id, row.segment, row.period): row for row in rows}
    return {key: row for key, row in found.items() if key in wanted}


def _prepared(row: ObservationRow, kpi: Kpi, source: str) -> Observation:
    sums = Sums(row.n, row.total, row.total_sq, row.hits, row.promoters, row.detractors)
    from_sums = value_of(kpi.statistic, sums)
    value = row.value if row.value is not None else from_sums
    assert value is not None  # observation_faults has refused it otherwise
    se = row.se
    if se is None:
        se = (
            se_of(kpi.statistic, sums)
            if from_sums is not None
            else se_from_value(kpi.statistic, value, row.n)
        )
    return Observation(
        kpi=kpi,
        unit_id=row.unit.pk,
        segment=row.segment.strip(),
        period=start_of(kpi.grain, row.period),
        value=value,
        se=se,
        source=source[:60],
        **{
            name: getattr(row, name) for name in ("n", "total", "total_sq", "hits", "promoters", "detractors")
        },
    )


def observation_faults(row: ObservationRow, kpi: Kpi) -> dict[str, list[str]]:
    """{field: what is wrong with it}, empty when the row can be recorded: for callers that tell faults row by row."""
    faults: dict[str, list[str]] = {}
    for name in ("value", "se", "total", "total_sq"):
        given = getattr(row, name)
        if given is not None and not (isfinite(given) and abs(given) < 1e15):
            faults[name] = [_("Give a finite number below 1,000,000,000,000,000.")]
    for name in ("n", "hits", "promoters", "detractors"):
        given = getattr(row, name)
        if given is not None and not 0 <= given <= MAX_N:
            faults[name] = [_("Give a whole number from 0 on.")]
    if faults:
        return faults
    if row.se is not None and row.se < 0:
        faults["se"] = [_("A standard error is not negative.")]
    if len(row.segment) > MAX_SEGMENT or "\x00" in row.segment:
        faults["segment"] = [_("At most %(max)s characters.") % {"max": MAX_SEGMENT}]
    n = row.n or 0
    if row.hits is not None and row.n is not None and row.hits > n and kpi.statistic == "share":
        faults["hits"] = [_("There cannot be more favourable answers than answers.")]
    if (row.promoters or 0) + (row.detractors or 0) > n and row.promoters is not None and row.n is not None:
        faults["promoters"] = [_("Promoters and detractors together cannot be more than the answers.")]
    if (
        row.n
        and row.total is not None
        and row.total_sq is not None
        and row.total_sq < row.total**2 / row.n * (1 - 1e-9)
    ):
        faults["total_sq"] = [_("The squares of these answers cannot add up to so little.")]
    low, high = {"share": (0.0, 100.0), "nps": (-100.0, 100.0)}.get(kpi.statistic, (-1e15, 1e15))
    if row.value is not None and not low <= row.value <= high:
        faults["value"] = [_("This lies outside %(low)g to %(high)g.") % {"low": low, "high": high}]
    sums = Sums(row.n, row.total, row.total_sq, row.hits, row.promoters, row.detractors)
    from_sums = value_of(kpi.statistic, sums)
    if row.value is None and from_sums is None:
        faults["value"] = [_("Give a value, or the sums it is made of.")]
    elif (
        row.value is not None
        and from_sums is not None
        and abs(row.value - from_sums) > 0.01 * max(1.0, abs(from_sums))
    ):
        faults["value"] = [_("The value does not follow from the sums given with it.")]
    return faults


def _audit(
    actor: Actor,
    now: dt.datetime,
    kpi: Kpi,
    fresh: list[Observation],
    dirty: list[tuple[Observation, Observation]],
) -> None:
    """How many on the KPI, which all its readers see; single values on the observations, which belong to units."""
    counts = {"added": len(fresh), "changed": len(dirty)}
    audit.record(actor=actor, action="kpis.observations.recorded", obj=kpi, now=now, changes=counts)
    if len(fresh) + len(dirty) > TOLD_AT_MOST:
        return
    told = [(row, None, row.value) for row in fresh] + [(old, old.value, new.value) for old, new in dirty]
    audit.record_many(
        audit.event(
            actor=actor,
            action="kpis.observation.recorded",
            obj=row,
            now=now,
            changes={"value": [before, after]},
            label=_where(kpi, row),
        )
        for row, before, after in told
    )


def _where(kpi: Kpi, row: Observation) -> str:
    return " · ".join(part for part in (kpi.name, row.period.isoformat(), row.segment) if part)


@transaction.atomic
def observations_forget(*, actor: Actor, now: dt.datetime, kpi: Kpi, ids: Iterable[int]) -> int:
    """Take observations of a KPI away again (by hand, or an import that is undone); how many there were."""
    locked = _open(actor, kpi)
    rows = list(Observation.objects.visible_to(actor).filter(kpi=locked, pk__in=list(ids)))
    for unit_id in {row.unit_id for row in rows}:
        policy.require(actor, "kpis.observation.record", Observation(unit_id=unit_id))
    if rows:
        Observation.objects.filter(pk__in=[row.pk for row in rows]).delete()
        locked.data_version += 1
        locked.save(update_fields=["data_version", "updated_at"])
        audit.record_many(
            audit.event(
                actor=actor,
                action="kpis.observation.forgotten",
                obj=row,
                now=now,
                changes={"value": [row.value, None]},
                label=_where(locked, row),
            )
            for row in (rows if len(rows) <= TOLD_AT_MOST else [])
        )
        audit.record(
            actor=actor, action="kpis.observations.forgotten", obj=locked, now=now,
            changes={"removed": len(rows)},
        )  # fmt: skip
    return len(rows)


@transaction.atomic
def observations_restore(
    *, actor: Actor, now: dt.datetime, kpi: Kpi, changes: Iterable[ChangedObservation]
) -> int:
    """Give observations back the values they had before a batch changed them; how many are still there."""
    locked = _open(actor, kpi)
    before = {change.id: change.before for change in changes}
    rows = list(
        Observation.objects.visible_to(actor).filter(kpi=locked, pk__in=before).order_by("id").locked()
    )
    for unit_id in {row.unit_id for row in rows}:
        policy.require(actor, "kpis.observation.record", Observation(unit_id=unit_id))
    for row in rows:
        for name, value in before[row.pk].items():
            setattr(row, name, value)
    _write(locked, rows)
    if rows:
        audit.record(
            actor=actor,
            action="kpis.observations.restored",
            obj=locked,
            now=now,
            changes={"restored": len(rows)},
        )
    return len(rows)
