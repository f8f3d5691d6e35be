"""Several people and deliveries at once, on real connections (R1, R13)."""

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections

from apps.cases import services
from apps.cases.models import Case, CaseEvent, CaseResponse
from apps.core.errors import DomainError, IllegalTransition, Stale
from tests.cases.conftest import World
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db) -> World:
    return World(Cast())


def together(*jobs: Callable[[], object]) -> list[object]:
    """Run the jobs at once, each on a connection of its own; a refusal is a result."""
    gate = threading.Barrier(len(jobs))
    results: list[object] = [None] * len(jobs)

    def run(position: int, job: Callable[[], object]) -> None:
        try:
            gate.wait(timeout=10)
            results[position] = job()
        except Exception as error:
            results[position] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, job)) for n, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def test_one_answer_delivered_eight_times_at_once_is_one_case(world: World):
    for known in (True, False):
        for _turn in range(4):
            response = world.answer(customer=world.customer() if known else None)
            cases = together(
                *[
                    lambda response=response: services.case_open_for_response(
                        actor=world.system, now=NOW, response=response
                    )
                    for _ in range(8)
                ]
            )
            assert len({case.pk for case in cases}) == 1
    assert Case.objects.count() == CaseResponse.objects.count() == CaseEvent.objects.count() == 8


def test_eight_answers_of_one_customer_at_once_are_one_case(world: World):
    for _turn in range(4):
        person = world.customer()
        answers = [world.answer(customer=person) for _ in range(8)]
        cases = together(
            *[
                lambda response=response: services.case_open_for_response(
                    actor=world.system, now=NOW, response=response
                )
                for response in answers
            ]
        )
        assert len({case.pk for case in cases}) == 1
        assert CaseResponse.objects.filter(case=cases[0]).count() == 8


def test_overlapping_imports_at_once_do_not_lock_each_other_up(world: World):
    people = [world.customer() for _ in range(30)]
    answers = [world.answer(customer=person) for person in people * 3]
    ids = [answer.pk for answer in answers]

    def load(part: list[int]) -> Callable[[], object]:
        return lambda: services.cases_open_for_responses(actor=world.system, now=NOW, response_ids=part)

    results = together(load(ids[:60]), load(ids[30:]), load(list(reversed(ids))), load(ids[::2]))
    assert all(isinstance(result, services.CaseCounts) for result in results), results
    assert Case.objects.count() == 30
    assert CaseResponse.objects.count() == 90
    assert sum(result.opened for result in results) == 30


def test_two_editors_of_one_case_one_of_them_is_told(world: World):
    case = world.worked(world.case(), "contacted")
    actors = [world.cast.actor("frontline"), world.cast.actor("team_lead")]
    results = together(
        *[
            lambda actor=actor: services.case_resolve(
                actor=actor, now=NOW, case=case, cause=actor.label, resolution="done", version=case.version
            )
            for actor in actors
        ]
    )
    lost = [result for result in results if isinstance(result, Exception)]
    assert len(lost) == 1
    assert isinstance(lost[0], (Stale, IllegalTransition))
    winner = next(result for result in results if isinstance(result, Case))
    case.refresh_from_db()
    assert (case.cause, case.version) == (winner.cause, winner.version)


def test_twenty_contacts_at_once_lose_no_minute(world: World):
    case = world.worked(world.case(), "contacted")
    actor = world.cast.actor("frontline")
    before = case.minutes
    results = together(
        *[
            lambda: services.case_log_contact(
                actor=actor, now=NOW, case=case, channel="email", is_reached=True, minutes=1
            )
            for _ in range(20)
        ]
    )
    assert not [result for result in results if isinstance(result, Exception)]
    case.refresh_from_db()
    assert case.minutes == before + 20


def test_close_against_reopen_leaves_one_true_story(world: World):
    case = world.worked(world.case(), "resolved")
    me = world.cast.actor("frontline")
    results = together(
        lambda: services.case_close(actor=me, now=NOW, case=case, outcome="confirmed", version=case.version),
        lambda: services.case_reopen(actor=me, now=NOW, case=case, reason="no", version=case.version),
    )
    assert sum(isinstance(result, DomainError) for result in results) == 1
    case.refresh_from_db()
    assert case.state == ("closed" if isinstance(results[0], Case) else "assigned")


def test_bulk_against_single(world: World):
    cases = [world.case() for _ in range(5)]
    lead, me = world.cast.actor("team_lead"), world.cast.actor("frontline")
    to = world.cast.team_lead
    results = together(
        lambda: services.cases_bulk_assign(actor=lead, now=NOW, uids=[case.uid for case in cases], to=to),
        *[lambda case=case: services.case_take(actor=me, now=NOW, case=case, version=1) for case in cases],
    )
    assert isinstance(results[0], services.BulkAssigned)
    for case, result in zip(cases, results[1:], strict=True):
        case.refresh_from_db()
        assert case.owner == to
        assert isinstance(result, (Stale, Case))
        assert case.version == (2 if isinstance(result, Stale) else 3)


def test_a_sweep_leaves_a_case_that_is_being_edited_for_the_next_minute(world: World):
    world.case()
    later = NOW + dt.timedelta(hours=25)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT id FROM cases_case FOR UPDATE")
        swept = together(lambda: services.breaches_sweep(actor=world.system, now=later))[0]
        cursor.execute("ROLLBACK")
    assert swept.contacts == 0
    assert services.breaches_sweep(actor=world.system, now=later).contacts == 1
