"""The real reviews through the verbs: the figures of issue 2 come out of rollup and header alike."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from apps.accounts.models import Organisation
from apps.feedback.models import Response
from apps.feedback.selectors import feedback_figures
from apps.feedback.services import responses_bulk_record
from apps.feedback.types import ResponseRow
from apps.kpis.selectors import series
from apps.kpis.services import rollup_check, rollup_mark, rollup_work
from tests.feedback.factories import make_source
from tests.kpis.factories import NOW, SYSTEM, make_kpi
from tests.shared_data import shared

ZONE = ZoneInfo("America/Sao_Paulo")
LATE = {"field": "attributes.days_late", "op": ">", "value": 0}
WHERE = [{"field": "source", "op": "=", "value": "olist"}]


def rows(source, units):
    orders = {
        row["order_id"]: row
        for row in csv.DictReader(shared("olist_sample/olist_orders_dataset.csv").open(encoding="utf-8"))
    }
    reviews = shared("olist_sample/olist_order_reviews_dataset.csv").open(encoding="utf-8", newline="")
    for number, review in enumerate(csv.DictReader(reviews)):
        order = orders[review["order_id"]]
        attributes = {}
        if order["order_delivered_customer_date"]:
            arrived = dt.date.fromisoformat(order["order_delivered_customer_date"][:10])
            promised = dt.date.fromisoformat(order["order_estimated_delivery_date"][:10])
            attributes["days_late"] = (arrived - promised).days
        yield ResponseRow(
            source,
            f"{review['review_id']}:{review['order_id']}",
            dt.datetime.fromisoformat(review["review_answer_timestamp"]).replace(tzinfo=ZONE),
            unit=units[number % len(units)],
            score=Decimal(review["review_score"]),
            title=review["review_comment_title"],
            verbatim=review["review_comment_message"],
            language="pt",
            attributes=attributes,
        )


@pytest.mark.slow
def test_the_real_reviews_give_the_figures_of_the_issue(cast):
    Organisation.objects.update(time_zone="America/Sao_Paulo")
    source = make_source(cast.company, "olist", kind="review")
    split = {**LATE, "labels": ["late", "on time"]}
    score = make_kpi(
        "score",
        grain="month",
        derived={"from": "feedback", "where": WHERE, "measure": "score", "split": split},
    )
    late = make_kpi(
        "late", grain="month", statistic="share", derived={"from": "feedback", "where": WHERE, "hit": LATE}
    )
    given = list(rows(source, [cast.company, cast.store, cast.other_store]))
    for start in range(0, len(given), 2000):
        outcome = responses_bulk_record(actor=SYSTEM, now=NOW, rows=given[start : start + 2000])
        rollup_mark(origin="feedback", keys=outcome.touched, now=NOW)
    while rollup_work(now=NOW):
        pass
    assert rollup_check() == []

    figures = feedback_figures(Response.objects.filter(source=source))
    assert (figures.count, round(figures.mean, 4)) == (8225, Decimal("3.2716"))
    assert figures.favourable == pytest.approx(0.5517, abs=0.00005)

    parts = {item.segment: item.whole for item in series(SYSTEM, score)}
    assert {name: round(whole.value, 4) for name, whole in parts.items()} == {
        "": 3.2716,
        "late": 2.1768,
        "on time": 4.2728,
    }
    assert parts["late"].n + parts["on time"].n == 5238
    # 345 of 5,238 rows: 6.58648 %, in the reference facts 6.5865 (the 6.587 of the issue is that, rounded once more).
    assert round(series(SYSTEM, late)[0].whole.value, 4) == 6.5865

    again = responses_bulk_record(actor=SYSTEM, now=NOW, rows=given[:2000])
    assert (again.added, again.changed, again.unchanged) == ([], [], 2000)
    texts = list(Response.objects.exclude(verbatim="").values_list("verbatim", flat=True))
    assert sum("\n" in text for text in texts) == 436
    assert sum(any(ord(letter) > 0xFFFF for letter in text) for text in texts) == 24
