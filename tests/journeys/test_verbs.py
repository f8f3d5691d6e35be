"""Building journeys: keys, order, what may be deleted, who may."""

import threading

import pytest
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import Organisation
from apps.audit.models import AuditEvent
from apps.core.actor import Actor
from apps.core.errors import Conflict, Denied, Invalid, Stale
from apps.customers import services as customers
from apps.journeys import selectors, services
from apps.journeys.models import Journey, Step, Touchpoint
from apps.journeys.services import _free_key
from tests.cast import NOW
from tests.customers.rows import interaction


@pytest.fixture
def manager(cast):
    return cast.actor("cx_manager")


def build(actor, *names):
    journey = services.journey_create(actor=actor, now=NOW, name="Purchase")
    return journey, [services.step_add(actor=actor, now=NOW, journey=journey, name=name) for name in names]


def order(journey):
    return list(journey.steps.order_by("position").values_list("name", "position"))


def test_keys_are_made_of_names_and_never_clash(cast, manager):
    first, second = (services.journey_create(actor=manager, now=NOW, name="Moving house!") for _ in range(2))
    assert (first.key, second.key) == ("moving-house", "moving-house-2")
    steps = [
        services.step_add(actor=manager, now=NOW, journey=first, name=name)
        for name in ("Pay", "Pay", "支払う")
    ]
    assert [step.key for step in steps] == ["pay", "pay-2", "item"]
    place = services.touchpoint_add(actor=manager, now=NOW, step=steps[0], channel="web")
    assert place.key == "moving-house-pay-web"
    assert selectors.touchpoint_by_key(manager, "moving-house-pay-web") == place
    assert selectors.touchpoint_by_key(manager, "nothing") is None
    assert selectors.touchpoints_by_key(manager) == {place.key: place.pk}


@given(st.text(max_size=90), st.frozensets(st.sampled_from(["item", "item-2", "a", "a-2", "a-3"])))
def test_a_made_key_is_free_short_and_a_slug(name, taken):
    key = _free_key(name, taken, 60)
    assert key
    assert key not in taken
    assert len(key) <= 60
    assert key.replace("-", "").replace("_", "").isalnum()


def test_a_key_that_is_taken_is_a_conflict_and_a_wrong_one_invalid(cast, manager):
    journey, (pay,) = build(manager, "Pay")
    with pytest.raises(Conflict):
        services.journey_create(actor=manager, now=NOW, name="Other", key=journey.key)
    with pytest.raises(Conflict):
        services.step_add(actor=manager, now=NOW, journey=journey, name="Other", key="pay")
    with pytest.raises(Invalid):
        services.step_add(actor=manager, now=NOW, journey=journey, name="Other", key="not a slug")
    with pytest.raises(Invalid):
        services.touchpoint_add(actor=manager, now=NOW, step=pay, channel="smoke signal")
    services.touchpoint_add(actor=manager, now=NOW, step=pay, channel="web")
    with pytest.raises(Conflict):
        services.touchpoint_add(actor=manager, now=NOW, step=pay, channel="web")


def test_moving_keeps_the_order_gapless(cast, manager):
    journey, (a, b, c) = build(manager, "A", "B", "C")
    services.step_move(actor=manager, now=NOW, step=c, by=-1)
    assert order(journey) == [("A", 1), ("C", 2), ("B", 3)]
    services.step_move(actor=manager, now=NOW, step=a, by=1)
    assert order(journey) == [("C", 1), ("A", 2), ("B", 3)]
    count = AuditEvent.objects.filter(action="journeys.step.moved").count()
    services.step_move(actor=manager, now=NOW, step=b, by=5)
    assert order(journey) == [("C", 1), ("A", 2), ("B", 3)]
    assert AuditEvent.objects.filter(action="journeys.step.moved").count() == count == 2
    services.step_delete(actor=manager, now=NOW, step=a)
    services.step_move(actor=manager, now=NOW, step=b, by=-1)
    assert order(journey) == [("B", 1), ("C", 2)]
    services.step_add(actor=manager, now=NOW, journey=journey, name="D")
    assert order(journey)[-1] == ("D", 3)


def test_edits_check_the_version_and_leave_a_trace(cast, manager):
    journey, (pay,) = build(manager, "Pay")
    services.journey_edit(actor=manager, now=NOW, journey=journey, version=1, name="Buying")
    with pytest.raises(Stale):
        services.journey_edit(actor=manager, now=NOW, journey=journey, version=1, name="Late")
    edited = services.step_edit(
        actor=manager, now=NOW, step=pay, version=1, is_moment_of_truth=True, expected="Fast"
    )
    assert (edited.version, edited.is_moment_of_truth) == (2, True)
    assert services.step_edit(actor=manager, now=NOW, step=pay, version=2, expected="Fast").version == 2
    with pytest.raises(Stale):
        services.step_edit(actor=manager, now=NOW, step=pay, version=1, expected="Late")
    place = services.touchpoint_add(actor=manager, now=NOW, step=pay, channel="web", owner_unit=cast.store)
    services.touchpoint_edit(actor=manager, now=NOW, touchpoint=place, version=1, is_active=False)
    with pytest.raises(Stale):
        services.touchpoint_edit(actor=manager, now=NOW, touchpoint=place, version=1, is_active=True)
    with pytest.raises(Invalid):
        services.journey_edit(actor=manager, now=NOW, journey=journey, version=2, pk=5)
    with pytest.raises(Invalid):
        services.journey_edit(actor=manager, now=NOW, journey=journey, version=2, name="x" * 121)
    assert set(AuditEvent.objects.of_object(journey).values_list("action", flat=True)) == {
        "journeys.journey.created", "journeys.journey.edited", "journeys.step.added", "journeys.step.edited",
        "journeys.touchpoint.added", "journeys.touchpoint.edited",
    }  # fmt: skip


def test_what_evidence_is_mapped_to_is_not_deleted(cast, manager):
    _journey, (pay, free) = build(manager, "Pay", "Free")
    place = services.touchpoint_add(actor=manager, now=NOW, step=pay, channel="web")
    empty = services.touchpoint_add(actor=manager, now=NOW, step=pay, channel="app")
    services.touchpoint_add(actor=manager, now=NOW, step=free, channel="app")
    row = interaction(cast.store.pk, touchpoint_id=place.pk)
    customers.interactions_bulk_record(actor=manager, now=NOW, rows=[row])
    with pytest.raises(Conflict):
        services.touchpoint_delete(actor=manager, now=NOW, touchpoint=place)
    with pytest.raises(Conflict):
        services.step_delete(actor=manager, now=NOW, step=pay)
    services.touchpoint_delete(actor=manager, now=NOW, touchpoint=empty)
    services.step_delete(actor=manager, now=NOW, step=free)
    assert list(Touchpoint.objects.all()) == [place]


@pytest.mark.parametrize(
    "who", ["frontline", "team_lead", "analyst", "finance", "executive", "administrator"]
)
def test_only_cx_managers_build_journeys(cast, manager, who):
    journey, (pay,) = build(manager, "Pay")
    place = services.touchpoint_add(actor=manager, now=NOW, step=pay, channel="web")
    actor = cast.actor(who)
    attempts = [
        lambda: services.journey_create(actor=actor, now=NOW, name="X"),
        lambda: services.journey_edit(actor=actor, now=NOW, journey=journey, version=None, name="X"),
        lambda: services.step_add(actor=actor, now=NOW, journey=journey, name="X"),
        lambda: services.step_edit(actor=actor, now=NOW, step=pay, version=None, name="X"),
        lambda: services.step_move(actor=actor, now=NOW, step=pay, by=1),
        lambda: services.step_delete(actor=actor, now=NOW, step=pay),
        lambda: services.touchpoint_add(actor=actor, now=NOW, step=pay, channel="app"),
        lambda: services.touchpoint_edit(
            actor=actor, now=NOW, touchpoint=place, version=None, is_active=False
        ),
        lambda: services.touchpoint_delete(actor=actor, now=NOW, touchpoint=place),
    ]
    for attempt in attempts:
        with pytest.raises(Denied):
            attempt()
    assert (Journey.objects.count(), Step.objects.count(), Touchpoint.objects.count()) == (1, 1, 1)


def test_two_people_ordering_at_once_leave_one_order(transactional_db):
    Organisation.objects.create(name="Aster")
    system = Actor.system("test")
    journey, steps = build(system, *"ABCDEF")
    failures = []

    def move(step, by):
        try:
            for _ in range(4):
                services.step_move(actor=system, now=NOW, step=step, by=by)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=move, args=given) for given in ((steps[0], 1), (steps[5], -1), (steps[2], 1))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert [position for _name, position in order(journey)] == [1, 2, 3, 4, 5, 6]
