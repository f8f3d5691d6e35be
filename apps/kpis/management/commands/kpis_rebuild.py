"""`manage.py kpis_rebuild [--kpi KEY …] [--check]`: compute derived KPIs from all raw rows, or only compare."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.kpis.services import rollup_check, rollup_rebuild


class Command(BaseCommand):
    help = "Computes the derived KPIs anew from all raw rows; with --check only compares (exit 1 when they differ)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--kpi", action="append", default=[], metavar="KEY", help="only this KPI (repeatable)"
        )
        parser.add_argument("--check", action="store_true", help="compare and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        keys: list[str] = options["kpi"]
        if options["check"]:
            found = rollup_check(keys=keys)
            for item in found:
                where = f"{item.kpi} unit {item.unit_id} {item.period} {item.segment or '(all)'}"
                self.stdout.write(f"{where}: stored {item.stored}, raw rows {item.raw}")
            if found:
                raise CommandError(
                    f"{len(found)} observations differ from the raw rows (at most 100 per KPI shown)."
                )
            self.stdout.write("Rollup and raw rows are equal.")
            return
        for key, changed in rollup_rebuild(keys=keys).items():
            self.stdout.write(f"{key}: {changed} observations changed")
