"""Rules open cases; the customer's open case on the same touchpoint is joined; nothing is doubled."""

import datetime as dt
import time
from decimal import Decimal

import pytest

from apps.audit.models import AuditEvent
from apps.cases import services
from apps.cases.models import Case, CaseEvent, CaseResponse
from apps.core.errors import Conflict, Denied, Invalid
from apps.feedback.models import Response
from apps.notifications.models import Mail, Notification
from tests.cases.conftest import World
from tests.cast import NOW

HOUR = dt.timedelta(hours=1)
pytestmark = pytest.mark.django_db


def open_for(world: World, response: Response, **kw) -> Case | None:
    return services.case_open_for_response(actor=world.system, now=NOW, response=response, **kw)


def test_a_bad_score_opens_a_case_with_its_clocks(world: World):
    response = world.answer(customer=world.customer(), score=2, title="Never again")
    case = open_for(world, response)
    case.refresh_from_db()
    assert (case.state, case.subject, case.unit, case.rule) == (
        "new",
        "Never again",
        world.cast.store,
        world.rule,
    )
    assert case.first_contact_due_at == NOW + 24 * HOUR
    assert case.resolution_due_at == NOW + 120 * HOUR
    assert case.next_due_at == case.first_contact_due_at
    assert [event.kind for event in case.events.all()] == ["opened"]
    assert AuditEvent.objects.filter(action="cases.case.opened", object_id=case.pk).count() == 1


def test_a_good_score_opens_none(world: World):
    assert open_for(world, world.answer(customer=world.customer(), score=5)) is None
    assert not Case.objects.exists()


def test_the_same_answer_twice_is_one_case(world: World):
    response = world.answer(customer=world.customer())
    first, second = open_for(world, response), open_for(world, response)
    assert first == second
    assert CaseEvent.objects.count() == 1
    assert AuditEvent.objects.filter(action__startswith="cases.case").count() == 1


def test_a_second_answer_joins_the_open_case_and_its_owner_hears_of_it(world: World, cast):
    person = world.customer()
    case = world.worked(world.case(customer=person), "contacted")
    joined = open_for(world, world.answer(customer=person))
    assert joined == case
    assert CaseResponse.objects.filter(case=case).count() == 2
    assert case.events.filter(kind="joined").count() == 1
    assert Notification.objects.get(user=cast.frontline, kind="cases.joined").url == case.get_absolute_url()


def test_another_touchpoint_or_a_closed_case_means_a_new_case(world: World):
    person = world.customer()
    first = world.case(customer=person)
    elsewhere = open_for(world, world.answer(customer=person, touchpoint=None))
    assert elsewhere != first
    world.worked(first, "closed")
    again = open_for(world, world.answer(customer=person))
    assert again.pk not in {first.pk, elsewhere.pk}


def test_a_complaint_about_what_was_resolved_takes_it_up_again(world: World):
    person = world.customer()
    case = world.worked(world.case(customer=person), "resolved")
    later = NOW + 30 * HOUR
    services.case_open_for_response(actor=world.system, now=later, response=world.answer(customer=person))
    case.refresh_from_db()
    assert (case.state, case.reopened_count, case.resolved_at) == ("assigned", 1, None)
    assert case.resolution_due_at == later + 120 * HOUR


def test_unknown_customers_get_one_case_per_answer(world: World):
    cases = {open_for(world, world.answer(score=1)).pk for _ in range(3)}
    assert len(cases) == 3


def test_the_merged_customer_counts_as_the_other(world: World):
    kept = world.customer()
    merged = world.customer(merged_into=kept)
    case = world.case(customer=kept)
    assert open_for(world, world.answer(customer=merged)) == case


def test_a_rule_of_another_unit_does_not_reach_here(world: World, cast):
    world.rule.unit = cast.south
    world.rule.save()
    assert open_for(world, world.answer(customer=world.customer())) is None
    assert open_for(world, world.answer(customer=world.customer(cast.other_store), unit=cast.other_store))


def test_words_value_and_source_decide_and_give_priority_and_targets(world: World):
    services.rule_save(
        actor=world.system, now=NOW, name="Lawyer", unit=world.cast.company, position=1, words=["lawyer"], priority=1,
        first_contact_hours=Decimal(2), resolution_hours=Decimal(8), minimum_value=Decimal(100), sources=[world.source],
    )  # fmt: skip
    rich = world.customer(value_12m=Decimal(500))
    case = open_for(world, world.answer(customer=rich, score=5, verbatim="I will call my LAWYER."))
    assert (case.priority, case.first_contact_due_at) == (1, NOW + 2 * HOUR)
    assert open_for(world, world.answer(customer=world.customer(), score=5, verbatim="my lawyer")) is None


def test_an_operational_event_opens_a_case_once_without_any_survey(world: World):
    services.rule_save(
        actor=world.system,
        now=NOW,
        name="Payment",
        unit=world.cast.company,
        trigger="event",
        event_kinds=["payment_failed"],
    )
    event = world.event(customer=world.customer(), summary="card declined")
    first = services.case_open_for_event(actor=world.system, now=NOW, interaction=event)
    again = services.case_open_for_event(actor=world.system, now=NOW, interaction=event)
    assert first == again
    assert first.subject == "Payment failed: card declined"
    assert CaseEvent.objects.filter(case=first).count() == 1
    assert (
        services.case_open_for_event(actor=world.system, now=NOW, interaction=world.event(kind="visit"))
        is None
    )


def test_the_present_people_of_the_unit_are_told_once(world: World, cast):
    here = cast.person("here", ("frontline", cast.store))
    away = cast.person("away", ("frontline", cast.store))
    away.is_present = False
    away.save()
    response = world.answer(customer=world.customer())
    case = open_for(world, response)
    open_for(world, response)
    assert list(Notification.objects.values_list("user_id", "url")) == [(here.pk, case.get_absolute_url())]
    assert Mail.objects.filter(to=here.email).count() == 1


def test_with_nobody_at_the_store_the_region_is_told(world: World, cast):
    open_for(world, world.answer(customer=world.customer()))
    told = set(Notification.objects.values_list("user_id", flat=True))
    assert told == {cast.frontline.pk, cast.team_lead.pk}


def test_history_is_opened_in_bulk_with_its_own_clocks_and_in_silence(world: World):
    long_ago = NOW - 500 * 24 * HOUR
    people = [world.customer() for _ in range(4)]
    answers = [
        world.answer(customer=person, responded_at=long_ago + n * HOUR) for n, person in enumerate(people * 2)
    ]
    answers += [world.answer(score=4), world.answer(score=1, responded_at=long_ago)]
    ids = [answer.pk for answer in answers]
    counts = services.cases_open_for_responses(actor=world.system, now=NOW, response_ids=ids)
    assert (counts.opened, counts.joined, counts.unmatched, counts.known) == (5, 4, 1, 0)
    first = Case.objects.get(customer=people[0])
    assert (first.opened_at, first.is_historical) == (long_ago, True)
    assert first.first_contact_due_at == long_ago + 24 * HOUR
    assert not Notification.objects.exists()
    assert not Mail.objects.exists()
    again = services.cases_open_for_responses(actor=world.system, now=NOW, response_ids=ids)
    assert (again.opened, again.joined, again.known) == (0, 0, 9)
    assert CaseEvent.objects.count() == 9


def test_many_new_cases_at_once_are_one_line_not_one_each(world: World, cast):
    answers = [world.answer(customer=world.customer()) for _ in range(12)]
    services.cases_open_for_responses(
        actor=world.system, now=NOW, response_ids=[a.pk for a in answers], notify=True, historical=False
    )
    assert Notification.objects.filter(user=cast.frontline).count() == 1
    assert Notification.objects.get(user=cast.frontline).title == "12 new cases"


def test_the_number_of_queries_does_not_grow_with_the_answers(world: World, django_assert_max_num_queries):
    def ids(n: int) -> list[int]:
        return [world.answer(customer=world.customer()).pk for _ in range(n)]

    few, many = ids(2), ids(60)
    with django_assert_max_num_queries(24):
        services.cases_open_for_responses(actor=world.system, now=NOW, response_ids=few)
    with django_assert_max_num_queries(24):
        services.cases_open_for_responses(actor=world.system, now=NOW, response_ids=many)


@pytest.mark.slow
def test_three_thousand_answers_take_seconds(world: World):
    from apps.customers.models import Customer

    people = Customer.objects.bulk_create([Customer(name=str(n), unit=world.cast.store) for n in range(2987)])
    people += people[:33]
    rows = Response.objects.bulk_create(
        [
            Response(
                source=world.source, external_id=f"x{n}", customer=person, unit=world.cast.store, score=1, verbatim="late",
                touchpoint=world.touchpoint, responded_at=NOW - n * HOUR, local_date=NOW.date(),
            )
            for n, person in enumerate(people)
        ]
    )  # fmt: skip
    begun = time.perf_counter()
    counts = services.cases_open_for_responses(
        actor=world.system, now=NOW, response_ids=[row.pk for row in rows]
    )
    assert (counts.opened, counts.joined) == (2987, 33)
    assert time.perf_counter() - begun < 15


def test_undo_removes_only_what_nobody_touched(world: World):
    answers = [world.answer(customer=world.customer(), responded_at=NOW) for _ in range(4)]
    before = world.case()
    shared = world.answer(customer=before.customer)
    ids = [a.pk for a in answers] + [shared.pk]
    services.cases_open_for_responses(actor=world.system, now=NOW, response_ids=ids)
    taken = Case.objects.get(responses__response=answers[0])
    world.worked(taken, "assigned")
    noted = Case.objects.get(responses__response=answers[1])
    services.case_note(actor=world.cast.actor("frontline"), now=NOW, case=noted, text="called once")
    removed = services.cases_forget_untouched(actor=world.system, now=NOW, response_ids=ids)
    assert removed == 2
    assert set(Case.objects.values_list("pk", flat=True)) == {taken.pk, noted.pk, before.pk}
    assert services.cases_forget_untouched(actor=world.system, now=NOW, response_ids=ids) == 0


def test_who_may_not_bring_feedback_opens_nothing(world: World, cast):
    response = world.answer(customer=world.customer())
    for who in ("finance", "executive", "administrator", "other_unit"):
        with pytest.raises(Denied):
            services.case_open_for_response(actor=cast.actor(who), now=NOW, response=response)
    assert services.case_open_for_response(actor=cast.actor("analyst"), now=NOW, response=response)


def test_a_case_by_hand(world: World, cast):
    person = world.customer()
    actor = cast.actor("frontline")
    case = services.case_open(
        actor=actor, now=NOW, unit=cast.store, subject="At the counter", customer=person, wish="Money back"
    )
    assert (case.state, str(case)) == ("new", f"C-{case.number}")
    assert not Notification.objects.filter(user=cast.frontline).exists()
    assert Notification.objects.filter(user=cast.team_lead).count() == 1
    with pytest.raises(Conflict, match=f"C-{case.number}"):
        services.case_open(actor=actor, now=NOW, unit=cast.store, subject="Again", customer=person)
    with pytest.raises(Invalid):
        services.case_open(actor=actor, now=NOW, unit=cast.store, subject=" ")
    with pytest.raises(Denied):
        services.case_open(actor=actor, now=NOW, unit=cast.other_store, subject="Not mine")
