from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.core.actor import Actor
from apps.core.formatting import interval, money, percent
from apps.portfolio.selectors import portfolio_overview
from apps.portfolio.wire import as_json
from apps.returns.words import SHORT


class Command(BaseCommand):
    help = "What was invested and what came back, per initiative and in total, as on the portfolio page."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        found = portfolio_overview(actor=Actor.system("portfolio command"), now=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(as_json(found), allow_nan=False, ensure_ascii=False))
            return
        for row in found.rows:
            back = (
                interval(money(row.returned_low, row.currency), money(row.returned_high, row.currency))
                if row.returned_mid is not None
                else str(SHORT.get(row.verdict, row.verdict))
            )
            self.stdout.write(f"{row.key:40} {money(row.invested, row.currency):>18}  {back}  {row.grade}")
        t = found.totals
        back = interval(money(t.returned.low, t.currency), money(t.returned.high, t.currency))
        proven = percent(t.share_proven, 0) if t.share_proven is not None else "–"
        self.stdout.write(f"{'total':40} {money(t.invested, t.currency):>18}  {back}  proven: {proven}")
