"""Outbox rows are worked off at least once, by one worker at a time, and never lost; mails are rows first."""

import datetime as dt

import pytest
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from apps.core import topics
from apps.notifications.models import Mail, Notification, Outbox
from apps.notifications.services import notify, outbox_add
from apps.notifications.tasks import claim, work_off

calls = []


@pytest.fixture(autouse=True)
def _the_products_own_mail_door(settings):
    settings.EMAIL_BACKEND = "apps.notifications.mail.OutboxBackend"


@pytest.fixture
def topic():
    calls.clear()
    topics.register("test.topic", lambda **kwargs: calls.append(kwargs["key"]), attempts=3, lease_seconds=60)
    topics.register("test.fails", _fail, attempts=2)
    yield
    topics._topics.pop("test.topic")
    topics._topics.pop("test.fails")


def _fail(**kwargs):
    raise RuntimeError("the other side is away")


def test_an_unknown_topic_is_refused_when_it_is_written(db, now):
    with pytest.raises(KeyError):
        outbox_add(topic="no.such.topic", now=now)


def test_a_row_vanishes_with_the_transaction_that_wrote_it(db, now, topic):
    def write_and_fail():
        with transaction.atomic():
            outbox_add(topic="test.topic", key="a", now=now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert not Outbox.objects.exists()


def test_a_row_is_worked_off_once_however_often_it_is_delivered(db, now, topic):
    row = outbox_add(topic="test.topic", key="a", now=now)
    assert [work_off(row.pk, timezone.now()) for _again in range(3)] == [True, False, False]
    assert calls == ["a"]


def test_a_row_somebody_holds_is_free_again_after_its_lease(db, now, topic):
    row = outbox_add(topic="test.topic", key="a", now=now)
    assert claim(row.pk, now) is not None
    assert claim(row.pk, now + dt.timedelta(seconds=59)) is None
    assert claim(row.pk, now + dt.timedelta(seconds=61)).attempts == 2


def test_a_failure_waits_longer_each_time_and_is_parked_with_its_error(db, now, topic):
    row = outbox_add(topic="test.fails", now=now)
    assert not work_off(row.pk, now)
    row.refresh_from_db()
    assert row.available_at > now
    assert row.parked_at is None
    assert not work_off(row.pk, now + dt.timedelta(hours=1))
    row.refresh_from_db()
    assert row.parked_at is not None
    assert "the other side is away" in row.last_error


def test_notices_for_one_matter_reach_a_person_once(cast, now):
    for _again in range(3):
        notify(
            users=[cast.frontline, cast.team_lead],
            kind="test",
            title="Hello",
            url="/x/",
            now=now,
            dedupe_key="matter-1",
        )
    assert Notification.objects.count() == 2
    assert Mail.objects.count() == 2


def test_people_who_may_not_sign_in_get_nothing(cast, now):
    cast.frontline.is_active = False
    notify(users=[cast.frontline], kind="test", title="Hello", now=now)
    assert not Notification.objects.exists()


def test_without_a_mail_server_mails_are_kept_and_only_administrators_read_them(cast, settings):
    settings.CX_SMTP = False
    send_mail("Hello", "Words", None, ["a@example.org"])
    mail = Mail.objects.get()
    assert mail.state == Mail.State.KEPT
    assert cast.client("administrator").get(f"/notifications/mail/{mail.uid}/").status_code == 200
    assert cast.client("cx_manager").get(f"/notifications/mail/{mail.uid}/").status_code == 403


def test_with_a_mail_server_a_mail_waits_and_is_sent_with_the_same_message_id(
    db, settings, mailoutbox, monkeypatch, now
):
    settings.CX_SMTP = True
    monkeypatch.setattr("apps.notifications.services.SMTP", "django.core.mail.backends.locmem.EmailBackend")
    send_mail("Hello", "Words", None, ["a@example.org"])
    row = Outbox.objects.get(topic="mail.send")
    assert work_off(row.pk, now)
    assert work_off(row.pk, now) is False
    mail = Mail.objects.get()
    assert mail.state == Mail.State.SENT
    assert [message.extra_headers["Message-ID"] for message in mailoutbox] == [mail.message_id]


def test_the_bell_shows_and_marks_only_ones_own(cast, now):
    notify(users=[cast.frontline], kind="test", title="For you", url="/notifications/", now=now)
    assert "For you" in cast.client("frontline").get("/notifications/").content.decode()
    assert "For you" not in cast.client("team_lead").get("/notifications/").content.decode()
    row = Notification.objects.get()
    assert cast.client("team_lead").post(f"/notifications/{row.uid}/follow/").status_code == 404
    assert cast.client("frontline").post(f"/notifications/{row.uid}/follow/")["Location"] == "/notifications/"
    row.refresh_from_db()
    assert row.read_at is not None


def test_a_line_break_cannot_forge_a_header(db, now):
    from apps.notifications.services import mail_add

    mail = mail_add(to="a@example.org", subject="Hello\r\nBcc: everybody@example.org", text="Words", now=now)
    assert mail.subject == "Hello Bcc: everybody@example.org"
