"""From taken to closed and back, with what each step asks, keeps and refuses."""

import datetime as dt
from decimal import Decimal

import pytest

from apps.accounts.models import Department
from apps.audit.models import AuditEvent
from apps.cases import services
from apps.cases.models import Case
from apps.core.errors import Conflict, Denied, IllegalTransition, Invalid, NotVisible, Stale
from apps.notifications.models import Notification
from tests.cases.conftest import World
from tests.cast import NOW

HOUR = dt.timedelta(hours=1)
pytestmark = pytest.mark.django_db


def test_the_whole_way_keeps_time_money_cause_and_answer(world: World, cast):
    logistics = Department.objects.create(key="logistics", name="Logistics")
    me = cast.actor("frontline")
    case = services.case_take(actor=me, now=NOW, case=world.case())
    case = services.case_log_contact(
        actor=me, now=NOW + HOUR, case=case, channel="phone", is_reached=True, minutes=Decimal(12), goodwill=Decimal("10.50"),
        text="She wants it by Friday", wish="Delivery by Friday",
    )  # fmt: skip
    case = services.case_resolve(
        actor=me,
        now=NOW + 2 * HOUR,
        case=case,
        cause="Lost parcel",
        department=logistics,
        resolution="Courier",
        minutes=3,
    )
    case = services.case_close(
        actor=me, now=NOW + 3 * HOUR, case=case, outcome="confirmed", score_after=Decimal(5)
    )
    case.refresh_from_db()
    assert (case.state, case.owner, case.wish) == ("closed", cast.frontline, "Delivery by Friday")
    assert (case.minutes, case.goodwill, case.goodwill_currency) == (15, Decimal("10.50"), "EUR")
    assert (case.first_contacted_at, case.resolved_at, case.closed_at) == (
        NOW + HOUR,
        NOW + 2 * HOUR,
        NOW + 3 * HOUR,
    )
    assert case.first_contact_breached_at is None
    assert case.department == logistics
    assert [e.kind for e in case.events.all()] == ["opened", "assigned", "contact", "resolved", "closed"]
    actions = (
        AuditEvent.objects.filter(object_type="cases.case").order_by("id").values_list("action", flat=True)
    )
    assert list(actions) == [
        "cases.case.opened", "cases.case.taken", "cases.contact.logged", "cases.case.resolved", "cases.case.closed",
    ]  # fmt: skip


def test_an_attempt_is_documented_and_the_clock_runs_on(world: World, cast):
    me = cast.actor("frontline")
    case = world.worked(world.case(), "assigned")
    case = services.case_log_contact(
        actor=me, now=NOW, case=case, channel="phone", is_reached=False, minutes=2
    )
    assert (case.state, case.first_contacted_at, case.minutes) == ("assigned", None, 2)
    with pytest.raises(Invalid, match="attempts"):
        services.case_resolve(actor=me, now=NOW, case=case, cause="x", resolution="y")
    services.case_log_contact(actor=me, now=NOW, case=case, channel="email", is_reached=False)
    case = services.case_resolve(actor=me, now=NOW, case=case, cause="x", resolution="y")
    assert services.case_close(actor=me, now=NOW, case=case, outcome="unconfirmed").state == "closed"


def test_silence_closes_only_after_documented_attempts(world: World, cast):
    case = world.worked(world.case(), "resolved")
    with pytest.raises(Invalid) as caught:
        services.case_close(actor=cast.actor("frontline"), now=NOW, case=case, outcome="unconfirmed")
    assert list(caught.value.fields) == ["outcome"]


def test_a_contact_after_the_target_is_a_missed_target_even_before_the_sweep(world: World, cast):
    case = world.worked(world.case(), "contacted", at=NOW + 25 * HOUR)
    case.refresh_from_db()
    assert case.first_contact_breached_at == NOW + 24 * HOUR


@pytest.mark.parametrize(
    ("state", "verb", "extra"),
    [
        ("new", services.case_log_contact, {"channel": "phone", "is_reached": True}),
        ("new", services.case_resolve, {"cause": "x", "resolution": "y"}),
        ("assigned", services.case_close, {"outcome": "confirmed"}),
        ("contacted", services.case_reopen, {"reason": "x"}),
        ("closed", services.case_take, {}),
        ("closed", services.case_resolve, {"cause": "x", "resolution": "y"}),
    ],
)
def test_impossible_moves_are_refused_and_change_nothing(world: World, cast, state: str, verb, extra: dict):
    case = world.case()
    if state != "new":
        case = world.worked(case, state)
    before = Case.objects.values().get()
    with pytest.raises(IllegalTransition):
        verb(actor=cast.actor("frontline"), now=NOW, case=case, **extra)
    assert Case.objects.values().get() == before


def test_a_stale_version_writes_nothing(world: World, cast):
    case = world.worked(world.case(), "contacted")
    seen = case.version
    services.case_log_contact(
        actor=cast.actor("team_lead"), now=NOW, case=case, channel="email", is_reached=True
    )
    with pytest.raises(Stale):
        services.case_resolve(
            actor=cast.actor("frontline"), now=NOW, case=case, cause="x", resolution="y", version=seen
        )
    case.refresh_from_db()
    assert case.state == "contacted"


def test_reopening_restarts_the_resolution_clock(world: World, cast):
    case = world.worked(world.case(), "closed")
    with pytest.raises(Invalid):
        services.case_reopen(actor=cast.actor("frontline"), now=NOW, case=case, reason=" ")
    later = NOW + 200 * HOUR
    case = services.case_reopen(actor=cast.actor("frontline"), now=later, case=case, reason="Still broken")
    case.refresh_from_db()
    assert (case.state, case.outcome, case.closed_at, case.reopened_count) == ("assigned", "", None, 1)
    assert case.next_due_at == case.resolution_due_at == later + 120 * HOUR


def test_reopening_beside_a_newer_open_case_is_a_conflict_that_names_it(world: World, cast):
    person = world.customer()
    closed = world.worked(world.case(customer=person), "closed")
    newer = world.case(customer=person)
    with pytest.raises(Conflict, match=str(newer)):
        services.case_reopen(actor=cast.actor("frontline"), now=NOW, case=closed, reason="again")


def test_reopening_a_case_of_somebody_who_left_puts_it_back_into_the_queue(world: World, cast):
    case = world.worked(world.case(), "closed")
    cast.frontline.is_active = False
    cast.frontline.save()
    case = services.case_reopen(actor=cast.actor("team_lead"), now=NOW, case=case, reason="again")
    assert (case.state, case.owner) == ("new", None)


def test_the_new_owner_hears_of_it_and_must_be_able(world: World, cast):
    case = world.case()
    case = services.case_assign(
        actor=cast.actor("team_lead"), now=NOW, case=case, to=cast.frontline, note="Please today"
    )
    assert (case.state, case.owner) == ("assigned", cast.frontline)
    assert Notification.objects.get(user=cast.frontline).body == "Please today"
    for nobody in (cast.finance, cast.other_unit, cast.nobody):
        with pytest.raises(Invalid):
            services.case_assign(actor=cast.actor("team_lead"), now=NOW, case=case, to=nobody)
    with pytest.raises(Denied):
        services.case_assign(actor=cast.actor("frontline"), now=NOW, case=case, to=cast.team_lead)


def test_one_hands_over_only_ones_own(world: World, cast):
    colleague = cast.person("colleague", ("frontline", cast.store))
    case = world.worked(world.case(), "assigned")
    with pytest.raises(Denied):
        services.case_hand_over(actor=cast.actor(colleague), now=NOW, case=case, to=colleague)
    case = services.case_hand_over(
        actor=cast.actor("frontline"), now=NOW, case=case, to=colleague, note="Off tomorrow"
    )
    assert case.owner == colleague
    with pytest.raises(Denied):
        services.case_take(actor=cast.actor("frontline"), now=NOW, case=case)
    assert services.case_take(actor=cast.actor("team_lead"), now=NOW, case=case).owner == cast.team_lead


def test_other_units_see_nothing_and_readers_change_nothing(world: World, cast):
    case = world.case()
    with pytest.raises(NotVisible):
        services.case_take(actor=cast.actor("other_unit"), now=NOW, case=case)
    for who in ("analyst", "executive"):
        with pytest.raises(Denied):
            services.case_note(actor=cast.actor(who), now=NOW, case=case, text="x")


def test_goodwill_of_one_case_is_in_one_currency(world: World, cast):
    me = cast.actor("frontline")
    case = world.worked(world.case(), "contacted")
    with pytest.raises(Invalid) as caught:
        services.case_log_contact(
            actor=me,
            now=NOW,
            case=case,
            channel="phone",
            is_reached=True,
            goodwill=Decimal(1),
            currency="BRL",
        )
    assert list(caught.value.fields) == ["currency"]
    with pytest.raises(Invalid):
        services.case_log_contact(
            actor=me, now=NOW, case=case, channel="phone", is_reached=True, minutes=Decimal(-1)
        )


def test_bulk_assignment_moves_what_it_can_and_names_the_rest(world: World, cast):
    mine, closed = world.case(), world.worked(world.case(), "closed")
    foreign = world.case(unit=cast.other_store)
    outcome = services.cases_bulk_assign(
        actor=cast.actor("team_lead"), now=NOW, uids=[mine.uid, closed.uid, foreign.uid], to=cast.frontline
    )
    assert outcome.assigned == 1
    assert list(outcome.refused) == [str(closed)]
    mine.refresh_from_db()
    foreign.refresh_from_db()
    assert (mine.state, mine.owner, mine.version) == ("assigned", cast.frontline, 2)
    assert foreign.owner is None
    with pytest.raises(Denied):
        services.cases_bulk_assign(actor=cast.actor("frontline"), now=NOW, uids=[mine.uid], to=cast.frontline)
    with pytest.raises(Invalid):
        services.cases_bulk_assign(actor=cast.actor("team_lead"), now=NOW, uids=["x"], to=cast.frontline)


def test_bulk_assignment_takes_the_same_queries_for_many(world: World, cast, django_assert_max_num_queries):
    cases = [world.case() for _ in range(20)]
    with django_assert_max_num_queries(20):
        services.cases_bulk_assign(
            actor=cast.actor("team_lead"), now=NOW, uids=[case.uid for case in cases], to=cast.frontline
        )
    assert Notification.objects.get(user=cast.frontline).title == "20 cases are yours now"


def test_a_rule_is_checked_versioned_and_kept_apart_from_its_cases(world: World, cast):
    manager = cast.actor("cx_manager")
    with pytest.raises(Denied):
        services.rule_save(actor=manager, now=NOW, name="All", unit=cast.company)
    rule = services.rule_save(
        actor=manager, now=NOW, name="North", unit=cast.north, words=[" late ", "late", ""]
    )
    assert rule.words == ["late"]
    with pytest.raises(Stale):
        services.rule_save(actor=manager, now=NOW, rule=rule, version=7, name="x")
    with pytest.raises(Invalid) as caught:
        services.rule_save(actor=manager, now=NOW, rule=rule, resolution_hours=Decimal(1))
    assert list(caught.value.fields) == ["resolution_hours"]
    with pytest.raises(Denied):
        services.rule_save(actor=cast.actor("team_lead"), now=NOW, rule=rule, name="y")
    case = world.case()
    services.rule_delete(actor=world.system, now=NOW, rule=world.rule)
    case.refresh_from_db()
    assert case.rule is None
