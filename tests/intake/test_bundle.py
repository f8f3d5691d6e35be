"""A bundle of files that refer to each other: checked, imported, repeated and undone as one."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.cases.models import Case
from apps.customers.models import Customer, Identity, Interaction, Purchase
from apps.feedback.models import Response
from apps.intake.models import ImportJob
from apps.kpis.models import Observation
from tests.intake.support import undone

pytestmark = pytest.mark.django_db

FILES = {
    "customers": (
        "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state\n"
        "c1,u1,01000,sao paulo,SP\nc2,u1,01000,sao paulo,SP\nc3,u2,20000,rio,RJ\n"
    ),
    "orders": (
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,"
        "order_delivered_customer_date,order_estimated_delivery_date\n"
        "o1,c1,delivered,2018-01-01 10:00:00,2018-01-01 11:00:00,2018-01-02 10:00:00,2018-01-09 10:00:00,2018-01-05 00:00:00\n"
        "o2,c2,shipped,2018-01-02 10:00:00,,,,2018-01-06 00:00:00\n"
        "o3,c3,delivered,2018-01-03 10:00:00,2018-01-03 11:00:00,2018-01-04 10:00:00,2018-01-07 23:00:00,2018-01-07 00:00:00\n"
    ),
    "order_payments": (
        "order_id,payment_sequential,payment_type,payment_installments,payment_value\n"
        "o1,1,boleto,1,10.50\no1,2,voucher,1,1.50\no3,1,credit_card,3,99.99\n"
    ),
    "order_reviews": (
        "review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp\n"
        'r1,o1,1,,"Péssimo\r\n😡",2018-01-10 00:00:00,2018-01-11 10:00:00\n'
        "r1,o2,2,Nada ,,2018-01-10 00:00:00,2018-01-12 10:00:00\n"
        "r3,o3,5,,,2018-01-08 00:00:00,2018-02-17 23:59:09\n"
    ),
}


@pytest.fixture
def folder(tmp_path, cast):
    for name, text in FILES.items():
        (tmp_path / f"olist_{name}_dataset.csv").write_bytes(text.encode())
    return tmp_path


def run(folder, *arguments: str) -> dict:
    out = StringIO()
    call_command(
        "import_file",
        str(folder),
        "--preset",
        "olist",
        "--json",
        "--as",
        "analyst@example.org",
        *arguments,
        stdout=out,
    )
    return json.loads(out.getvalue())


def totals(report: dict) -> list[tuple[int, int, int, int]]:
    return [
        tuple(step[name] for name in ("added", "changed", "skipped", "rejected")) for step in report["steps"]
    ]  # type: ignore[misc]


def test_a_bundle_as_one_import(folder, cast):
    would = run(folder, "--dry-run")
    assert not any(model.objects.exists() for model in (Customer, Response, ImportJob, Interaction))
    report = run(folder)
    assert totals(report) == totals(would)
    assert totals(report) == [
        (2, 0, 1, 0), (3, 0, 0, 0), (3, 0, 0, 0), (2, 0, 1, 0), (2, 0, 1, 0), (2, 0, 1, 0), (3, 0, 0, 0), (3, 0, 0, 0),
    ]  # fmt: skip

    case = Case.objects.get()  # two bad reviews of one person
    assert case.responses.count() == 2
    late = Response.objects.get(external_id="r1+o1")
    assert late.attributes == {
        "days_late": 4,
        "delivered": "yes",
        "lateness": "late",
        "order_status": "delivered",
    }
    assert late.verbatim == "Péssimo\r\n😡"
    assert late.customer == Identity.objects.get(system="olist", external_id="u1").customer
    on_time = Response.objects.get(external_id="r3+o3")
    assert on_time.attributes["lateness"] == "on time"  # the promise is a day, not its first minute
    assert on_time.responded_at.isoformat() == "2018-02-18T01:59:09+00:00"  # of a repeated hour, the first
    assert "days_late" not in Response.objects.get(external_id="r1+o2").attributes
    assert (
        Purchase.objects.get(external_id="o1+2").happened_at
        == Interaction.objects.get(system="olist", external_id="o1").happened_at
    )
    assert set(Observation.objects.filter(kpi__key="olist-score-by-lateness", n=1).values_list("segment", "value")) >= {
        ("late", 1.0), ("on time", 5.0),
    }  # fmt: skip

    again = run(folder)
    assert (again["skipped"], again["rows"]) == (24, 24)
    assert run(folder, "--dry-run")["skipped"] == 24

    job = ImportJob.objects.get(uid=report["job"])
    undone(job, cast.actor("analyst"))
    assert job.undo_kept == 0
    for model in (Response, Case, Customer, Identity, Purchase, Interaction):
        assert not model.objects.exists(), model


def test_a_later_file_that_must_be_refused_stops_the_whole_bundle(folder):
    (folder / "olist_order_reviews_dataset.csv").write_text("review_id,order_id\n1,2\n")
    with pytest.raises(CommandError, match="review_score") as refused:
        run(folder)
    assert refused.value.returncode == 2
    assert not Customer.objects.exists()
