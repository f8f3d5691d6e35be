"""Where each role lands and what is first there."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.core.actor import Role
from apps.customers.models import Customer
from apps.home import guide
from apps.initiatives.models import Initiative
from apps.kpis.models import Kpi, ValueModel
from tests.cases.conftest import World

pytestmark = pytest.mark.django_db
HOME = "/"


@pytest.fixture
def world(cast) -> World:
    return World(cast)


def page_of(cast, who, **query) -> str:
    answer = cast.client(who).get(HOME, query)
    assert answer.status_code == 200
    return answer.content.decode()


def initiative(cast, **fields) -> Initiative:
    values = {
        "key": "i1", "name": "Faster callbacks", "unit": cast.north, "owner": cast.cx_manager, "currency": "EUR",
        "investment_class": "people_process", "stage": "running", **fields,
    }  # fmt: skip
    return Initiative.objects.create(**values)


def test_nobody_signed_in_is_asked_to(cast):
    assert cast.client(None).get(HOME).status_code == 302


def test_somebody_without_a_role_is_told_what_to_do(cast):
    assert "You have no role yet" in page_of(cast, "nobody")


def test_frontline_lands_on_the_most_useful_case_and_takes_one(world: World, cast):
    now = timezone.now()
    late = world.case(at=now - dt.timedelta(hours=30), title="Late one")
    world.worked(late, "assigned", at=now)
    world.worked(world.case(at=now, title="Calm one"), "assigned", at=now)
    free = world.case(at=now, title="Free one")
    page = page_of(cast, "frontline")
    assert page.index("Late one") < page.index("Calm one") < page.index("Free one")
    assert "1 of your cases is overdue" in page
    assert reverse("cases:contact", args=[late.uid]) in page
    done = cast.client("frontline").post(reverse("cases:take", args=[free.uid]), {"version": free.version})
    assert done.status_code == 303


def test_a_new_case_is_on_the_screen_within_seconds_without_a_reload(world: World, cast):
    client = cast.client("frontline")
    assert 'hx-trigger="every 15s"' in client.get(HOME).content.decode()
    case = world.case(at=timezone.now(), title="Just now")
    part = client.get(HOME, headers={"HX-Request": "true", "HX-Target": "work"}).content.decode()
    assert part.lstrip().startswith('<div id="work"')
    assert "Just now" in part
    assert f'id="free-{case.number}"' in part


def test_the_team_lead_sees_the_queue_of_their_units_move(world: World, cast):
    now = timezone.now()
    case = world.case(at=now - dt.timedelta(hours=30), title="Waits long")
    world.case(at=now, unit=cast.other_store, title="Southern matter")
    page = page_of(cast, "team_lead")
    assert "Overdue cases: 1. Waiting for an owner: 1." in page
    assert "Waits long" in page
    assert "Southern matter" not in page
    world.worked(case, "closed", at=now)
    assert "Nobody is waiting too long." in page_of(cast, "team_lead")


def test_the_manager_sees_what_needs_attention(world: World, cast):
    initiative(cast)
    initiative(cast, key="i2", name="Big study", investment_class="analysis", stage="approved")
    initiative(cast, key="i3", name="Southern work", unit=cast.south)
    world.worked(world.case(at=timezone.now()), "resolved", at=timezone.now())
    page = page_of(cast, "cx_manager")
    for words in (
        "Faster callbacks",
        "never computed",
        "Big study",
        "Analysis without a transformation",
        "names no originating",
    ):
        assert words in page
    assert "Southern work" not in page


def test_finance_sees_what_waits_for_a_signature(cast):
    kpi = Kpi.objects.create(key="k", name="Repeat rate", kind="outcome", statistic="share")
    ValueModel.objects.create(
        kpi=kpi,
        name="Repeat value",
        stream="repeat",
        amount=Decimal("12.50"),
        currency="EUR",
        side="make",
        basis="revenue",
    )
    page = page_of(cast, "finance")
    assert "Repeat value (Repeat rate)" in page
    assert "12.50" in page
    assert "Valued by revenue" in page


def test_the_analyst_sees_coverage_and_the_administrator_people(world: World, cast):
    world.answer(responded_at=timezone.now() - dt.timedelta(days=1))
    page = page_of(cast, "analyst")
    assert "1 answers in the last 30 days" in page
    page = page_of(cast, "administrator")
    assert "Nobody" in page
    assert "no role: sees nothing" in page


def test_the_executive_goes_to_the_portfolio(cast):
    answer = cast.client("executive").get(HOME)
    assert (answer.status_code, answer["Location"]) == (302, reverse("portfolio:overview"))


def test_several_roles_are_tabs(cast):
    both = cast.person(
        "both", (Role.FRONTLINE, cast.store), (Role.TEAM_LEAD, cast.store), (Role.ANALYST, cast.company)
    )
    first = page_of(cast, both)
    assert "?as=frontline" in first
    assert "<h1>My team</h1>" in first
    assert "<h1>My work</h1>" in page_of(cast, both, **{"as": "frontline"})
    assert "<h1>Data</h1>" in page_of(cast, both, **{"as": "analyst"})
    assert "<h1>My team</h1>" in page_of(cast, both, **{"as": "finance"})


@pytest.mark.parametrize(
    "who", ["frontline", "team_lead", "cx_manager", "analyst", "administrator", "finance"]
)
def test_the_queries_of_a_landing_page_do_not_grow(world: World, cast, who: str):
    def queries() -> int:
        client = cast.client(who)
        client.get(HOME)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(HOME).status_code == 200
        return len(seen)

    def more(n: int) -> None:
        for k in range(n):
            key = f"{Initiative.objects.count()}-{k}"
            initiative(cast, key=f"i-{key}", name=f"Initiative {key}", investment_class="analysis")
            world.worked(world.case(at=timezone.now()), "assigned", at=timezone.now())
            world.case(at=timezone.now())

    more(2)
    few = queries()
    more(15)
    assert queries() <= few


def test_search_finds_in_every_room_what_one_may_see(world: World, cast):
    case = world.case(
        title="Zebra parcel", verbatim="zebras everywhere", customer=world.customer(name="Zebra Smith")
    )
    world.case(
        title="Zebra south",
        unit=cast.other_store,
        customer=world.customer(cast.other_store, name="Zebra South"),
    )
    initiative(cast, name="Zebra program")
    Kpi.objects.create(key="zebra", name="Zebra index", kind="outcome", statistic="mean")
    world.touchpoint.step.journey.name = "Zebra journey"
    world.touchpoint.step.journey.save()

    def found(who: str, text: str = "zeb") -> str:
        return cast.client(who).get(reverse("home:search"), {"q": text}).content.decode()

    page = found("cx_manager")
    for words in (
        "Zebra parcel",
        "Zebra Smith",
        "Zebra program",
        "Zebra index",
        "Zebra journey",
        "Words of customers",
    ):
        assert words in page
    assert "Zebra south" not in page
    assert "Zebra South" not in page
    page = found("frontline")
    assert "Zebra Smith" in page
    assert "Zebra program" not in page
    page = found("finance")
    assert "Zebra program" in page
    assert "Zebra Smith" not in page
    assert "Nothing you may see matches" in found("administrator")
    straight = cast.client("frontline").get(reverse("home:search"), {"q": f"c-{case.number}"})
    assert straight["Location"] == case.get_absolute_url()
    assert "Nothing" in found("cx_manager", "'; drop table x; --\x00")
    assert cast.client("frontline").get(reverse("home:search")).status_code == 200


def test_search_asks_few_questions(world: World, cast):
    client = cast.client("cx_manager")
    Customer.objects.bulk_create([Customer(name=f"Ann {n}", unit=cast.north) for n in range(30)])
    client.get(reverse("home:search"), {"q": "ann"})
    with CaptureQueriesContext(connection) as seen:
        client.get(reverse("home:search"), {"q": "ann"})
    assert len(seen) <= 18


@pytest.mark.parametrize("who", [role.value for role in Role])
def test_help_shows_the_screens_one_may_use(cast, who: str):
    page = cast.client(who).get(reverse("home:help")).content.decode()
    assert "Evidence grade" in page
    assert ("the same file again changes nothing" in page) is (who in {"cx_manager", "analyst"})


def test_every_help_topic_leads_to_a_screen(cast):
    for topic in guide.topics():
        assert reverse(topic.url_name)


def test_the_executive_sees_the_figures_of_loop_closing_move(world: World, cast):
    client = cast.client("executive")
    now = timezone.now()
    case = world.case(at=now - dt.timedelta(hours=2))

    def share() -> float | None:
        figures = client.get(reverse("portfolio:overview")).context["loop_figures"]
        return next(figure.value for figure in figures if figure.label == "First contact within target")

    assert share() is None
    world.worked(case, "closed", at=now)
    assert share() == 1.0
