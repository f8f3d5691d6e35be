"""`manage.py cases_report --json`: the figures of loop closing in a stable format."""

from __future__ import annotations

import datetime as dt
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.cases.management.instants import instant_option
from apps.cases.models import Case
from apps.cases.selectors import cost_by_department, totals
from apps.core.actor import Actor


class Command(BaseCommand):
    help = "Counts by state, targets kept, answers, and what failures cost by originating department."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="One JSON document on standard output.")
        parser.add_argument(
            "--now", type=instant_option, help="The instant to look from, for example 2018-10-31."
        )
        parser.add_argument("--source", help="Only cases of this source (its key).")

    def handle(self, *args: Any, **options: Any) -> None:
        report = report_of(now=options["now"] or timezone.now(), source=options["source"])
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
            return
        for name, value in report.items():
            self.stdout.write(f"{name}: {json.dumps(value, ensure_ascii=False)}")


def report_of(*, now: dt.datetime, source: str | None = None) -> dict[str, Any]:
    """The report as plain data. The save rate is not measured yet, and says so, instead of "closed = saved"."""
    system = Actor.system("cases_report")
    rows = Case.objects.visible_to(system)
    if source:
        rows = rows.filter(source__key=source)
    found = totals(rows, now)
    return {
        "as_of": now.isoformat(),
        "cases": found.all,
        "states": found.states,
        "first_contact": _kept(found.first_contact),
        "resolution": _kept(found.resolution),
        "outcome": {
            "confirmed": found.confirmed,
            "unconfirmed": found.unconfirmed,
            "reopened": found.reopened,
        },
        "save_rate": {
            "treated": None,
            "untreated": None,
            "difference": None,
            "ci_low": None,
            "ci_high": None,
            "method": "not measured yet",
        },
        "cost": [
            {
                "department": cost.department or None,
                "minutes": float(cost.minutes),
                "goodwill": float(cost.goodwill),
                "money": float(cost.money),
            }
            for cost in cost_by_department(system, rows)
        ],
    }


def _kept(kept: Any) -> dict[str, int]:
    return {"within": kept.within, "late": kept.late, "open": kept.open}
