"""Observations of KPIs that are fed by files rather than derived."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from apps.accounts.models import Unit
from apps.intake.convert import Record
from apps.intake.importers.base import Importer, Plan
from apps.kpis.models import Kpi, Observation
from apps.kpis.services import observations_record
from apps.kpis.types import ObservationRow


def period_start(grain: str, day: dt.date) -> dt.date:
    """The first day of the KPI's period that holds the day; weeks start on Monday."""
    if grain == "week":
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


class ObservationsImporter(Importer):
    """(KPI, unit, segment, period) is the key."""

    kind: ClassVar[str] = "kpi_observations"

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self.kpis: dict[str, Kpi] = {}

    def key(self, record: Record) -> tuple[Any, ...]:
        given = record.values
        kpi = self._kpi(given["kpi"])
        period = period_start(kpi.grain, given["period"]) if kpi else given["period"]
        return (given["kpi"], given.get("unit", ""), given.get("segment", ""), period)

    def _kpi(self, key: str) -> Kpi | None:
        if not self.kpis:
            self.kpis = {row.key: row for row in Kpi.objects.visible_to(self.context.actor)}
        return self.kpis.get(key)

    def plan(self, records: Sequence[Record]) -> list[Plan]:
        fresh, plans = self.first_met(records)
        wanted = [(record, self._place(record)) for record in fresh]
        stored = self._stored([place for _record, place in wanted if not isinstance(place, Plan)])
        for record, place in wanted:
            if isinstance(place, Plan):
                plans.append(place)
                continue
            row = stored.get(place)
            values = self._values(record)
            if row is None:
                plans.append(Plan(record, "add", target=place, values=values))
            elif all(getattr(row, name) == value for name, value in values.items()):
                plans.append(Plan(record, "skip", target=place, note=_("Already there.")))
            else:
                plans.append(Plan(record, "change", target=place, values=values))
        return sorted(plans, key=lambda plan: plan.line)

    def _place(self, record: Record) -> Plan | tuple[int, int, str, dt.date]:
        given = record.values
        kpi = self._kpi(given["kpi"])
        if kpi is None:
            return self.rejected(
                record,
                "kpi",
                _("There is no such KPI."),
                _("Use its key, as in the KPI dictionary."),
                given["kpi"],
            )
        if kpi.derived is not None:
            return self.rejected(
                record,
                "kpi",
                _("This KPI is computed by the product."),
                _("Import its raw data instead."),
                given["kpi"],
            )
        unit = self.unit_of(record)
        if isinstance(unit, Plan):
            return unit
        return (
            kpi.pk,
            unit or self.context.unit_id,
            given.get("segment", ""),
            period_start(kpi.grain, given["period"]),
        )

    def _stored(
        self, places: Sequence[tuple[int, int, str, dt.date]]
    ) -> dict[tuple[int, int, str, dt.date], Observation]:
        if not places:
            return {}
        rows = Observation.objects.filter(
            kpi_id__in={place[0] for place in places},
            unit_id__in={place[1] for place in places},
            period__in={place[3] for place in places},
        )
        return {(row.kpi_id, row.unit_id, row.segment, row.period): row for row in rows}

    def _values(self, record: Record) -> dict[str, Any]:
        given = record.values
        values: dict[str, Any] = {"value": float(given["value"])}
        if given.get("n") is not None:
            values["n"] = given["n"]
        if given.get("se") is not None:
            values["se"] = float(given["se"])
        return values

    def write(self, plans: Sequence[Plan]) -> None:
        units = Unit.objects.in_bulk({plan.target[1] for plan in plans})
        by_kpi: dict[int, list[Plan]] = {}
        for plan in plans:
            by_kpi.setdefault(plan.target[0], []).append(plan)
        kpis = {row.pk: row for row in self.kpis.values()}
        for kpi_id, group in by_kpi.items():
            rows = [
                ObservationRow(
                    unit=units[plan.target[1]], segment=plan.target[2], period=plan.target[3], **plan.values
                )
                for plan in group
            ]
            outcome = observations_record(
                actor=self.context.actor, now=self.context.now, kpi=kpis[kpi_id], rows=rows, source="import"
            )
            lines = {plan.target: plan.line for plan in group}
            before = {each.id: each.before for each in outcome.changed}
            for row in Observation.objects.filter(pk__in=[*outcome.added, *before]):
                line = lines[(row.kpi_id, row.unit_id, row.segment, row.period)]
                was = before.get(row.pk)
                after = {name: getattr(row, name) for name in was} if was is not None else None
                self.context.noted(row, line, before=was, after=after)
