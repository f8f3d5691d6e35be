"""Missed targets are marked once, told once, in batches, and never because a clock is wrong."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.cases import services
from apps.cases.models import Case
from apps.core.errors import Denied
from apps.core.models import Heartbeat
from apps.notifications.models import Notification
from tests.cases.conftest import World
from tests.cast import NOW

HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
LATE = NOW + 25 * HOUR
pytestmark = pytest.mark.django_db


def sweep(world: World, now: dt.datetime = LATE, **kw) -> services.Swept:
    return services.breaches_sweep(actor=world.system, now=now, **kw)


def test_a_missed_first_contact_is_marked_with_its_due_instant_and_the_lead_hears_once(world: World, cast):
    case = world.case()
    assert sweep(world, NOW).contacts == 0
    Heartbeat.objects.all().delete()
    assert sweep(world).contacts == 1
    assert sweep(world, LATE + MINUTE).contacts == 0
    case.refresh_from_db()
    assert case.first_contact_breached_at == NOW + 24 * HOUR
    assert [e.kind for e in case.events.all()] == ["opened", "breached"]
    told = Notification.objects.get(kind="cases.breached")
    assert (told.user, told.url) == (cast.team_lead, case.get_absolute_url())


def test_what_was_done_in_time_or_closed_is_left_alone(world: World):
    world.worked(world.case(), "contacted")
    world.worked(world.case(), "closed")
    assert (sweep(world).contacts, Case.objects.filter(first_contact_breached_at__isnull=False).count()) == (
        0,
        0,
    )
    Heartbeat.objects.all().delete()
    assert sweep(world, NOW + 121 * HOUR).resolutions == 1


def test_imported_history_is_marked_in_silence(world: World):
    answer = world.answer(customer=world.customer(), responded_at=NOW - 900 * HOUR)
    services.cases_open_for_responses(actor=world.system, now=NOW, response_ids=[answer.pk])
    swept = sweep(world, NOW)
    assert (swept.contacts, swept.resolutions) == (1, 1)
    assert not Notification.objects.exists()
    assert not Case.objects.get().events.filter(kind="breached").exists()


def test_many_missed_targets_of_a_unit_are_one_line(world: World, cast):
    for _ in range(7):
        world.case()
    sweep(world)
    assert Notification.objects.get(user=cast.team_lead).title == "7 cases wait too long for a first contact"


def test_a_jump_of_the_clock_is_refused_until_it_is_steady(world: World):
    world.case()
    assert sweep(world, NOW).refused == ""
    assert "25" not in sweep(world, NOW + MINUTE).refused
    assert "moved by" in sweep(world, LATE).refused
    assert sweep(world, LATE + MINUTE).refused
    assert sweep(world, LATE + 9 * MINUTE).refused
    assert sweep(world, LATE + 11 * MINUTE).contacts == 1


def test_a_clock_that_goes_back_is_refused_too(world: World):
    world.case()
    sweep(world, LATE - 2 * HOUR)
    assert "moved by -60" in sweep(world, LATE - 3 * HOUR).refused


def test_the_queries_of_a_batch_do_not_grow_and_the_rest_waits(world: World):
    for _ in range(3):
        world.case()
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert sweep(world).contacts == 3
    for _ in range(40):
        world.case()
    Heartbeat.objects.all().delete()
    with CaptureQueriesContext(connection) as many:
        swept = sweep(world, limit=30)
    assert (swept.contacts, swept.is_more) == (30, True)
    assert len(many) <= len(few) + 1


def test_only_the_system_sweeps(world: World, cast):
    with pytest.raises(Denied):
        services.breaches_sweep(actor=cast.actor("administrator"), now=NOW)
