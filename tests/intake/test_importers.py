"""Each kind writes what its rows say, once, and the same file again changes nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from apps.cases.models import Case, CaseRule
from apps.customers.models import Customer, Identity, Interaction, Purchase
from apps.feedback.models import Response, Source
from apps.initiatives.models import CostLine, Initiative, Treatment
from apps.intake.models import ImportChange
from apps.kpis.models import Kpi, Observation
from apps.notifications.models import Mail
from tests.intake.support import counts, imported, previewed

pytestmark = pytest.mark.django_db

CUSTOMERS = "customer_key,name,email,phone,unit,segment,since,language\nC1,Ana,Ana@Example.org,+49 30 1234567,store-01,gold,2024-05-01,de\nC2,Ben,,,,,,\n"


@pytest.fixture
def analyst(cast):
    return cast.actor("analyst")


def test_customers_are_added_once(analyst, cast):
    assert counts(imported(analyst, "customers", CUSTOMERS)) == (2, 0, 0, 0)
    ana = Customer.objects.get(name="Ana")
    assert (ana.unit, ana.email_key, ana.segment, ana.language) == (
        cast.store,
        "ana@example.org",
        "gold",
        "de",
    )
    assert ana.since_on == dt.date(2024, 5, 1)
    assert Customer.objects.get(name="Ben").unit == cast.company
    assert counts(imported(analyst, "customers", CUSTOMERS)) == (0, 0, 2, 0)
    assert Customer.objects.count() == 2


def test_a_changed_customer_is_changed_and_an_empty_cell_wipes_nothing(analyst):
    imported(analyst, "customers", CUSTOMERS)
    assert counts(imported(analyst, "customers", "customer_key,name,segment\nC1,Anna,\n")) == (0, 1, 0, 0)
    anna = Customer.objects.get(name="Anna")
    assert (anna.segment, anna.version) == ("gold", 2)


def test_a_customer_with_a_known_address_gets_the_new_identity(analyst):
    imported(analyst, "customers", CUSTOMERS)
    text = "customer_key,customer_system,email\nS-9,shop,ana@example.org\n"
    assert counts(imported(analyst, "customers", text)) == (0, 1, 0, 0)
    assert Identity.objects.get(system="shop").customer.name == "Ana"
    assert counts(imported(analyst, "customers", text)) == (0, 0, 1, 0)


def test_of_two_rows_of_a_customer_the_first_counts(analyst):
    text = "customer_key,name\nC1,First\nC1,Second\n"
    assert counts(imported(analyst, "customers", text)) == (1, 0, 1, 0)
    assert counts(imported(analyst, "customers", text)) == (0, 0, 2, 0)
    assert Customer.objects.get().name == "First"


def test_a_unit_outside_the_actors_is_rejected(cast):
    job = imported(
        cast.actor("cx_manager"), "customers", "customer_key,unit\nC1,store-51\nC2,nowhere\nC3,store-01\n"
    )
    assert counts(job) == (1, 0, 0, 2)
    assert {row.column for row in job.rejects.all()} == {"unit"}


def test_identities_need_a_known_customer_and_belong_to_one(analyst):
    imported(analyst, "customers", CUSTOMERS)
    text = "customer_key,system,value\nC1,shop,s1\nC9,shop,s2\nC2,shop,s1\n"
    job = imported(analyst, "identities", text)
    assert counts(job) == (1, 0, 0, 2)
    assert [row.line for row in job.rejects.all()] == [3, 4]
    assert counts(imported(analyst, "identities", "customer_key,system,value\nC1,shop,s1\n")) == (0, 0, 1, 0)


def test_interactions_and_what_refers_to_them(analyst, cast):
    imported(analyst, "customers", CUSTOMERS)
    orders = (
        "external_id,occurred_at,customer_key,type,promised\n"
        "O1,2026-01-05 10:00,C1,order,2026-01-04\nO2,2026-01-06 10:00,C2,order,2026-01-07\n"
    )
    mapping = {
        "columns": {
            "external_id": "external_id",
            "occurred_at": "occurred_at",
            "customer_key": "customer_key",
            "type": "type",
        },
        "constants": {"source": "shop"},
        "derived": [
            {
                "field": "attributes.days_late",
                "days_between": ["promised", "occurred_at"],
                "by": "calendar_day",
            }
        ],
    }
    assert counts(imported(analyst, "interactions", orders, mapping)) == (2, 0, 0, 0)
    order = Interaction.objects.get(external_id="O1")
    assert (order.kind, order.customer.name, order.unit, order.attributes) == (
        "order",
        "Ana",
        cast.store,
        {"days_late": 1},
    )
    assert order.happened_at == dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)

    payments = "external_id,ref,amount\np1,O1,59.90\np2,O9,1.00\n"
    mapping = {
        "columns": {"external_id": "external_id", "ref": "ref", "amount": "amount"},
        "constants": {"source": "shop", "currency": "BRL"},
        "inherit": ["occurred_at", "attributes.days_late"],
    }
    job = imported(analyst, "purchases", payments, mapping)
    assert counts(job) == (1, 0, 0, 1)
    assert job.rejects.get().column == "ref"
    bought = Purchase.objects.get()
    assert (bought.amount, bought.currency, bought.customer.name, bought.order_ref) == (
        Decimal("59.90"),
        "BRL",
        "Ana",
        "O1",
    )
    assert (bought.happened_at, bought.attributes) == (order.happened_at, {"days_late": 1})
    assert Customer.objects.get(name="Ana").value_12m == Decimal("59.90")


FEEDBACK = (
    "source_id,responded_at,score,verbatim,revenue,customer_key\n"
    "r1,2026-02-01T10:00:00Z,2,Bad,10.50,C1\nr2,2026-02-02T10:00:00Z,9,Good,,C1\nr3,2026-02-03T10:00:00Z,1,Worse,,C1\n"
)


@pytest.fixture
def rule(cast, system):
    return CaseRule.objects.create(name="Low", unit=cast.company, score_at_most=Decimal(6))


def test_feedback_opens_one_quiet_case_per_customer_with_clocks_of_the_past(analyst, rule):
    assert counts(imported(analyst, "feedback", FEEDBACK)) == (3, 0, 0, 0)
    case = Case.objects.get()
    assert case.is_historical
    assert case.opened_at == dt.datetime(2026, 2, 1, 10, 0, tzinfo=dt.UTC)
    assert case.first_contact_due_at == case.opened_at + dt.timedelta(hours=24)
    assert case.responses.count() == 2
    assert not Mail.objects.exists()
    assert Purchase.objects.get().amount == Decimal("10.50")
    assert counts(imported(analyst, "feedback", FEEDBACK)) == (0, 0, 3, 0)
    assert (Response.objects.count(), Case.objects.count(), Purchase.objects.count()) == (3, 1, 1)


def test_feedback_adds_its_source_with_the_scale_of_the_mapping(analyst):
    text = "source_id,responded_at,score\nr1,2026-02-01T10:00:00Z,5\n"
    imported(analyst, "feedback", text, {"constants": {"source": "stars", "scale_min": 1, "scale_max": 5}})
    source = Source.objects.get(key="stars")
    assert (source.scale_min, source.scale_max) == (1, 5)
    assert Response.objects.get().score_norm == 1.0
    job = imported(
        analyst,
        "feedback",
        "source_id,responded_at,score\nr2,2026-02-01T10:00:00Z,9\n",
        {"constants": {"source": "stars"}},
    )
    assert counts(job) == (0, 0, 0, 1)  # the source's own scale holds where the mapping is silent


def test_a_corrected_answer_changes_the_response(analyst, rule):
    imported(analyst, "feedback", FEEDBACK)
    corrected = FEEDBACK.replace("r2,2026-02-02T10:00:00Z,9,Good", "r2,2026-02-02T10:00:00Z,8,Better")
    assert counts(imported(analyst, "feedback", corrected)) == (0, 1, 2, 0)
    row = Response.objects.get(external_id="r2")
    assert (row.score, row.verbatim, row.score_norm) == (8, "Better", 0.8)


def test_a_key_that_stands_twice_is_rejected_with_both_lines(analyst):
    job = imported(analyst, "feedback", FEEDBACK + "r1,2026-02-01T10:00:00Z,2,Bad,10.50,C1\n")
    assert counts(job) == (3, 0, 0, 1)
    reject = job.rejects.get()
    assert reject.line == 5
    assert "line 2" in reject.reason


def test_the_preview_counts_what_the_import_then_does_and_writes_nothing(analyst, rule):
    text = FEEDBACK + "r4,yesterday,2,x,,\n"
    job = previewed(analyst, "feedback", text)
    assert counts(job) == (3, 0, 0, 1)
    assert [row["line"] for row in job.samples["add"]] == [2, 3, 4]
    assert not (Response.objects.exists())
    assert not (Customer.objects.exists())
    assert not (ImportChange.objects.exists())
    assert not (Source.objects.exists())
    assert counts(imported(analyst, "feedback", text)) == (3, 0, 0, 1)


def test_observations_of_fed_kpis(analyst, cast):
    kpi = Kpi.objects.create(key="csat", name="CSAT", kind="perceptive", statistic="mean", grain="month")
    Kpi.objects.create(
        key="own",
        name="Own",
        kind="perceptive",
        statistic="mean",
        derived={"from": "feedback", "measure": "score"},
    )
    text = "kpi,period,value,unit,n\ncsat,2026-01,82.5,store-01,120\ncsat,2026-02-17,80,store-01,\nnope,2026-01,1,,\nown,2026-01,1,,\ncsat,soon,1,,\n"
    job = imported(analyst, "kpi_observations", text)
    assert counts(job) == (2, 0, 0, 3)
    assert [row.line for row in job.rejects.all()] == [4, 5, 6]
    row = Observation.objects.get(period=dt.date(2026, 1, 1))
    assert (row.value, row.n, row.unit) == (82.5, 120, cast.store)
    assert counts(imported(analyst, "kpi_observations", text)) == (0, 0, 2, 3)
    assert counts(imported(analyst, "kpi_observations", text.replace("82.5", "83"))) == (0, 1, 1, 3)
    kpi.refresh_from_db()
    assert Observation.objects.get(period=dt.date(2026, 1, 1)).value == 83


INITIATIVES = (
    "key,name,unit,owner,investment_class,treated_unit,starts_on,budget\n"
    "ini-7,Faster delivery,north,cx_manager@example.org,reactive_service,store-01,2026-01-05,120000\n"
    "ini-7,Faster delivery,north,cx_manager@example.org,reactive_service,north,2026-02-02,120000\n"
    "ini-8,No owner,north,nobody.here@example.org,,,,\n"
)
COSTS = (
    "initiative,label,amount,starts_on,plan,pattern,spend\n"
    "ini-7,Drivers,4200,2026-01-01,actual,running,opex\nini-7,Vans,30000,2026-01-01,actual,once,capex\n"
    "ini-9,Ghost,1,2026-01-01,,,\nini-7,Odd,1,2026-01-01,sometimes,,\n"
)


def test_initiatives_with_treated_units_then_their_costs(cast):
    manager = cast.actor("cx_manager")
    job = imported(manager, "initiatives", INITIATIVES)
    assert counts(job) == (2, 0, 0, 1)
    row = Initiative.objects.get()
    assert (row.name, row.unit, row.owner, row.budget) == (
        "Faster delivery",
        cast.north,
        cast.cx_manager,
        Decimal(120000),
    )
    assert Treatment.objects.count() == 2
    assert counts(imported(manager, "initiatives", INITIATIVES)) == (0, 0, 2, 1)

    version = row.input_version
    job = imported(manager, "cost_lines", COSTS)
    assert counts(job) == (2, 0, 0, 2)
    line = CostLine.objects.get(label="Drivers")
    assert (line.amount, line.rhythm, line.plan, line.is_capex) == (Decimal(4200), "monthly", "actual", False)
    row.refresh_from_db()
    assert row.input_version > version  # what a return depends on has changed
    assert counts(imported(manager, "cost_lines", COSTS)) == (0, 0, 2, 2)
    assert counts(imported(manager, "cost_lines", COSTS.replace("4200", "4300"))) == (0, 1, 1, 2)
    assert CostLine.objects.count() == 2
