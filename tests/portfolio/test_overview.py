"""One selector behind page, API, command and export: the same to the cent, and sums with the right interval."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core.actor import Actor
from apps.initiatives.models import Initiative
from apps.portfolio import pictures
from apps.portfolio.rules import share_proven
from apps.portfolio.selectors import Overview, portfolio_overview
from apps.returns import selectors, services
from apps.returns.loading import load
from tests.returns.conftest import week

SYSTEM = Actor.system("test")


@pytest.fixture
def three(shop: Any, now: dt.datetime) -> list[Initiative]:
    """Two that share a KPI (so their errors move together) and one of its own; all computed."""
    kpi, other = shop.kpi(), shop.kpi("other", effect=3.0)
    value = shop.value(kpi)
    rows = [
        shop.initiative("good", kpi=kpi, value=value),
        shop.initiative(
            "useless", units=shop.stores[6:9], start=week(24), kpi=kpi, value=value, cost="250.50"
        ),
        shop.initiative("alone", kpi=other, value=shop.value(other, side="save", is_cash=False), cost="4000"),
    ]
    services.recompute_now(actor=SYSTEM, now=now)
    return rows


def overview(now: dt.datetime, who: Actor = SYSTEM) -> Overview:
    return portfolio_overview(actor=who, now=now)


def test_totals_are_the_lines_added_up(three: list[Initiative], now: dt.datetime) -> None:
    found = overview(now)
    t = found.totals
    assert t.invested == sum(row.invested for row in found.rows if row.invested) == Decimal("5250.50")
    assert (
        t.returned.mid == sum(row.returned_mid for row in found.rows if row.returned_mid) == t.saved + t.made
    )
    assert t.returned.mid == t.cash + t.non_cash == t.proven.mid + t.unproven.mid
    assert t.net.mid == t.returned.mid - t.invested
    assert t.saved > 0
    assert t.made > 0
    assert sum(line.invested for line in t.classes) == t.invested


def test_the_interval_of_the_sum_is_the_engines(three: list[Initiative], now: dt.datetime) -> None:
    """Equal to engine.portfolio.total over the same results, and narrower than the sum of intervals."""
    from apps.engine.portfolio import total
    from apps.returns.computing import attribution_of, build, plan_of

    results, by_kpi = [], {}
    for group in selectors.clusters_now(actor=SYSTEM):
        plan = plan_of(load(ids=group, now=now))
        effects = attribution_of(plan)
        assert effects is not None
        by_kpi |= {found.kpi: found for found in effects.kpis}
        parts = [build(plan, effects, row) for row in plan.inputs.initiatives.values()]
        results += [part.so_far for part in parts if part.so_far is not None]
    wanted = total(results, lambda one, other, kpi: by_kpi[kpi].period_covariance(one, other))
    t = overview(now).totals
    assert abs(float(t.returned.low) - wanted.returned.low) < 0.02
    assert abs(float(t.returned.high) - wanted.returned.high) < 0.02
    assert t.share_proven == pytest.approx(wanted.share_proven, abs=1e-6)
    rows = overview(now).rows
    width = sum(float(row.returned_high - row.returned_low) for row in rows if row.returned_mid is not None)
    assert float(t.returned.high - t.returned.low) < width


def test_page_api_command_and_export_agree_to_the_cent(
    cast: Any, three: list[Initiative], now: dt.datetime, capsys: Any
) -> None:
    call_command("portfolio", "--json")
    said = json.loads(capsys.readouterr().out)
    api = cast.api("executive").get("/api/v1/portfolio/").json()
    lines = b"".join(
        cast.client("executive").get(reverse("portfolio:overview"), {"export": "csv"}).streaming_content
    ).decode("utf-8-sig")
    exported = {row["Initiative"]: row for row in csv.DictReader(io.StringIO(lines))}
    page = cast.client("executive").get(reverse("portfolio:overview"))
    assert said["initiatives"] == api["initiatives"]
    assert said["totals"] == api["totals"]
    shown = page.context["overview"]
    assert [float(row.invested) for row in shown.rows] == [line["invested"] for line in said["initiatives"]]
    assert float(shown.totals.returned.low) == said["totals"]["returned"]["low"]
    for line in said["initiatives"]:
        cells = exported[line["name"]]
        assert float(cells["Invested so far"]) == line["invested"]
        mid = line["returned"]["mid"]
        assert (float(cells["Returned so far"]) if cells["Returned so far"] else None) == mid
    keys = {
        "key",
        "class",
        "stage",
        "invested",
        "returned",
        "roi",
        "npv",
        "payback_months",
        "grade",
        "verdict",
    }
    assert keys <= set(said["initiatives"][0])
    assert {"invested", "returned", "roi", "npv", "payback_months", "share_proven"} <= set(said["totals"])


def test_filters_are_the_same_on_page_and_api(cast: Any, three: list[Initiative], now: dt.datetime) -> None:
    page = cast.client("executive").get(reverse("portfolio:overview"), {"stage": "live", "unit": "south"})
    assert page.context["overview"].rows == ()
    api = cast.api("executive").get("/api/v1/portfolio/", {"stage": "live", "unit": "south"}).json()
    assert api["initiatives"] == []
    one = cast.client("executive").get(reverse("portfolio:overview"), {"q": "alone"})
    assert [row.key for row in one.context["overview"].rows] == ["alone"]
    assert one.context["overview"].totals.returned.low == one.context["overview"].rows[0].returned_low
    assert cast.api("executive").get("/api/v1/portfolio/", {"colour": "red"}).status_code == 422


def test_ideas_are_left_out_and_what_has_no_return_counts_with_its_cost(
    shop: Any, three: Any, now: dt.datetime
) -> None:
    shop.initiative("thought", stage="idea", cost="999")
    shop.initiative("silent", cost="100")
    services.recompute_now(actor=SYSTEM, now=now)
    found = overview(now)
    assert "thought" not in {row.key for row in found.rows}
    assert found.totals.invested == Decimal("5350.50")
    assert (found.totals.count, found.totals.judged) == (4, 3)
    assert "No KPI linked: 1" in pictures.not_judged(found)


def test_other_currencies_stand_apart(cast: Any, shop: Any, three: Any, now: dt.datetime) -> None:
    from apps.initiatives import services as initiatives

    row = initiatives.initiative_create(
        actor=SYSTEM, now=now, key="abroad", name="Abroad", unit=cast.north, owner=cast.cx_manager,
        investment_class="enticement", currency="USD",
    )  # fmt: skip
    initiatives.cost_add(
        actor=SYSTEM, now=now, initiative=row, label="x", amount=Decimal(70), starts_on=week(3)
    )
    initiatives.stage_record(actor=SYSTEM, now=now, initiative=row, stage="live", reason="x")
    services.recompute_now(actor=SYSTEM, now=now)
    found = overview(now)
    assert found.totals.invested == Decimal("5250.50")
    assert [(t.currency, t.invested) for t in found.others] == [("USD", Decimal("70.00"))]
    page = cast.client("executive").get(reverse("portfolio:overview")).content.decode()
    assert "1 line in USD is not added" in page


def test_cases_are_the_tenth_enticement(cast: Any, three: Any, now: dt.datetime) -> None:
    """R 0.04: minutes at the organisation's rate, and goodwill, as a line of their own."""
    from apps.cases.models import Case

    Case.objects.create(
        unit=cast.store, subject="Late", opened_at=now, first_contact_due_at=now, resolution_due_at=now, minutes=Decimal(100),
        goodwill=Decimal("12.50"), goodwill_currency="EUR",
    )  # fmt: skip
    for who in ("executive", "finance"):
        found = overview(now, cast.actor(who))
        line = next(row for row in found.rows if row.key == "loop-closing")
        assert (line.invested, line.investment_class) == (Decimal("82.50"), "enticement")
        assert found.totals.invested == Decimal("5333.00")
    assert not [row for row in overview(now, cast.actor("other_unit")).rows if row.key == "loop-closing"]


def test_share_proven_counts_gains_only() -> None:
    class Row:
        def __init__(self, mid: int, grade: str) -> None:
            self.returned_mid, self.grade = Decimal(mid), grade

    rows: Any = [Row(60, "A"), Row(40, "D"), Row(-500, "B")]
    assert share_proven(rows) == 0.6
    assert share_proven([]) is None


def test_the_page_costs_the_same_for_many(cast: Any, shop: Any, three: Any, now: dt.datetime) -> None:
    client, url = cast.client("executive"), reverse("portfolio:overview")

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    count()
    few = count()
    for n in range(20):
        shop.initiative(f"more-{n}", units=[], cost="10")
    services.recompute_now(actor=SYSTEM, now=now)
    assert count() == few


def test_an_empty_portfolio_says_what_to_do(cast: Any) -> None:
    page = cast.client("executive").get(reverse("portfolio:overview")).content.decode()
    assert "Nothing has begun yet" in page
    assert "Nothing was invested yet" in page


def test_the_sentence_names_range_and_proof(three: Any, now: dt.datetime) -> None:
    said = pictures.sentence(overview(now))
    assert said.startswith("We invested 5.25")
    assert "is proven by comparison groups." in said
