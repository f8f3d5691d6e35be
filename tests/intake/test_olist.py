"""The figures that must come out on the real files, by the shipped preset."""

from __future__ import annotations

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Avg, Count, Sum

from apps.cases.models import Case, CaseResponse
from apps.customers.models import Customer, Interaction, Purchase
from apps.feedback.models import Response
from apps.intake.models import ImportJob
from apps.kpis.models import Observation
from apps.notifications.models import Mail
from tests.intake.support import undone
from tests.shared_data import shared

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def run(*arguments: str) -> dict:
    out = StringIO()
    call_command(
        "import_file", str(shared("olist_sample")), "--preset", "olist", "--json", *arguments, stdout=out
    )
    return json.loads(out.getvalue())


def observed(key: str, segment: str) -> dict:
    rows = Observation.objects.filter(kpi__key=key, segment=segment)
    return rows.aggregate(n=Sum("n"), total=Sum("total"), hits=Sum("hits"))


def test_the_real_files_give_the_published_figures_and_nothing_more_the_second_time(cast):
    reviews = Response.objects.filter(source__key="olist-reviews")
    would = run("--dry-run", "--as", "analyst@example.org")
    assert would["added"] == 60_947
    assert not any(model.objects.exists() for model in (Customer, Response, Case, ImportJob))
    report = run("--as", "analyst@example.org")
    assert (report["added"], report["rejected"]) == (would["added"], 0)
    assert report["rows"] == report["added"] + report["changed"] + report["skipped"]

    assert Customer.objects.count() == 8_016
    assert reviews.count() == 8_225
    assert sum("\r\n" in words for words in reviews.values_list("verbatim", flat=True)) == 436
    assert (
        sum(any(ord(sign) > 0xFFFF for sign in words) for words in reviews.values_list("verbatim", flat=True))
        == 24
    )
    assert reviews.aggregate(mean=Avg("score"))["mean"] == pytest.approx(
        Decimal("3.2716"), abs=Decimal("0.00005")
    )
    assert reviews.values("touchpoint").distinct().count() == 1
    assert reviews.exclude(title="").count() == 980
    assert not reviews.filter(customer=None).exists()

    assert reviews.filter(score__lte=2).count() == CaseResponse.objects.count() == 3_020
    assert Case.objects.count() == Case.objects.values("customer").distinct().count() == 2_987
    assert not Case.objects.filter(is_historical=False).exists()
    assert not Mail.objects.exists()

    paid = Purchase.objects.filter(system="olist", currency="BRL").aggregate(
        total=Sum("amount"), rows=Count("id")
    )
    assert paid == {"total": Decimal("1428602.81"), "rows": 8_924}
    assert Interaction.objects.filter(system="olist").count() == 8_135

    late, on_time = (
        observed("olist-score-by-lateness", "late"),
        observed("olist-score-by-lateness", "on time"),
    )
    assert late["total"] / late["n"] == pytest.approx(2.1768, abs=5e-5)
    assert on_time["total"] / on_time["n"] == pytest.approx(4.2728, abs=5e-5)
    share = observed("olist-late", "")
    assert 100 * share["hits"] / share["n"] == pytest.approx(6.5865, abs=5e-5)  # 345 of 5,238

    again = run("--as", "analyst@example.org")
    assert (again["added"], again["changed"], again["rejected"]) == (0, 0, 0)
    assert again["skipped"] == again["rows"] == report["rows"]
    assert reviews.count() == 8_225

    job = ImportJob.objects.get(uid=report["job"])
    undone(job, cast.actor("analyst"))
    assert job.undo_kept == 0
    for model in (Response, Case, Customer, Purchase, Interaction):
        assert not model.objects.exists(), model
