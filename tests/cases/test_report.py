"""The figures, by hand and by command."""

import datetime as dt
import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from apps.accounts.models import Department
from apps.cases import services
from apps.cases.models import Case
from apps.cases.selectors import case_figures, my_work
from tests.cases.conftest import World
from tests.cast import NOW

HOUR = dt.timedelta(hours=1)
pytestmark = pytest.mark.django_db


def test_the_report_has_the_agreed_keys_and_adds_up(world: World, cast):
    logistics = Department.objects.create(key="logistics", name="Logistics")
    done = world.worked(world.case(at=NOW), "contacted", at=NOW + 2 * HOUR)
    done = services.case_resolve(
        actor=cast.actor("frontline"),
        now=NOW + 3 * HOUR,
        case=done,
        cause="x",
        resolution="y",
        department=logistics,
        minutes=20,
    )
    services.case_close(actor=cast.actor("frontline"), now=NOW + 4 * HOUR, case=done, outcome="confirmed")
    world.case(at=NOW)
    world.worked(world.case(at=NOW), "contacted", at=NOW + 25 * HOUR)
    out = StringIO()
    call_command("cases_report", "--json", "--now", "2026-03-03T12:00:00Z", "--source", "survey", stdout=out)
    report = json.loads(out.getvalue())
    assert report["states"] == {"new": 1, "assigned": 0, "contacted": 1, "resolved": 0, "closed": 1}
    assert report["first_contact"] == {"within": 1, "late": 2, "open": 0}
    assert report["resolution"] == {"within": 1, "late": 0, "open": 2}
    assert report["outcome"] == {"confirmed": 1, "unconfirmed": 0, "reopened": 0}
    assert report["save_rate"]["method"] == "not measured yet"
    assert report["save_rate"]["difference"] is None
    assert report["as_of"] == "2026-03-03T12:00:00+00:00"
    by_department = {row["department"]: row for row in report["cost"]}
    assert by_department["Logistics"] == {
        "department": "Logistics",
        "minutes": 30.0,
        "goodwill": 5.0,
        "money": 26.0,
    }
    assert by_department[None]["minutes"] == 10.0


def test_figures_by_age_and_person(world: World, cast):
    world.worked(world.case(at=NOW - 40 * 24 * HOUR), "assigned", at=NOW)
    world.worked(world.case(at=NOW - 2 * 24 * HOUR), "assigned", by="team_lead", at=NOW)
    world.case(at=NOW - HOUR)
    found = case_figures(cast.actor("team_lead"), now=NOW)
    assert [count for _low, _high, count in found.ageing] == [1, 1, 0, 0, 0, 1]
    assert [(load.user, load.open, load.overdue) for load in found.workload] == [
        (cast.frontline, 1, 1),
        (cast.team_lead, 1, 1),
    ]
    assert found.totals.unassigned == 1
    assert case_figures(cast.actor("other_unit"), now=NOW).totals.all == 0


def test_my_work_puts_the_overdue_first_then_what_is_at_stake(world: World, cast):
    def mine(hours_ago: int, band: str) -> Case:
        customer = world.customer(value_band=band)
        return world.worked(world.case(at=NOW - hours_ago * HOUR, customer=customer), "assigned", at=NOW)

    calm_high, overdue_low = mine(1, "high"), mine(30, "low")
    soon_low, soon_high = mine(22, "low"), mine(21, "high")
    waiting = world.worked(world.case(at=NOW), "resolved", at=NOW)
    assert my_work(cast.actor("frontline"), NOW) == [overdue_low, soon_high, soon_low, calm_high, waiting]
    assert my_work(cast.actor("team_lead"), NOW) == []


def test_the_sweep_command_takes_a_fixed_clock(world: World):
    answer = world.answer(customer=world.customer(), responded_at=NOW)
    services.cases_open_for_responses(actor=world.system, now=NOW, response_ids=[answer.pk])
    out = StringIO()
    call_command("cases_sweep", "--now", "2026-03-20", stdout=out)
    assert out.getvalue().startswith("1 first contacts and 1 resolutions")
    assert Case.objects.get().first_contact_breached_at == NOW + 24 * HOUR
    assert Case.objects.get().goodwill == Decimal(0)
