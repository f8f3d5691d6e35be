"""The primitives by which verbs cause effects: an outbox row, a line behind the bell, a mail."""

from __future__ import annotations

import datetime as dt
import smtplib
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation

from apps.accounts import policy
from apps.accounts.models import User
from apps.core import topics
from apps.core.actor import Actor
from apps.notifications.models import Mail, Notification, Outbox

SMTP = "django.core.mail.backends.smtp.EmailBackend"


def outbox_add(
    *,
    topic: str,
    key: str = "",
    payload: dict[str, Any] | None = None,
    now: dt.datetime,
    delay: dt.timedelta | None = None,
) -> Outbox:
    """Leave work to be done after this transaction commits. The topic must be registered (`core.topics`)."""
    # not a verb: the primitive by which verbs cause effects, in their transaction
    topics.topic(topic)
    return Outbox.objects.create(
        topic=topic, key=key, payload=payload or {}, available_at=now + (delay or dt.timedelta())
    )


@transaction.atomic
def notify(
    *,
    users: Iterable[User],
    kind: str,
    title: str,
    body: str = "",
    url: str = "",
    now: dt.datetime,
    dedupe_key: str | None = None,
    mail: bool = True,
) -> None:
    """Put a line behind each person's bell and, with `mail`, the same words in their mailbox.

    With `dedupe_key` a second call for the same matter and person does nothing, however often a job runs.
    """
    # not a verb: the primitive by which verbs tell people, in their transaction
    people = {user.pk: user for user in users if user.is_active}
    if dedupe_key is not None:
        known = Notification.objects.filter(user_id__in=people, dedupe_key=dedupe_key).values_list(
            "user_id", flat=True
        )
        for user_id in known:
            people.pop(user_id, None)
    if not people:
        return
    made = Notification.objects.bulk_create(
        [
            Notification(
                user=user,
                kind=kind,
                title=title[:200],
                body=body[:500],
                url=url,
                created_at=now,
                dedupe_key=dedupe_key,
            )
            for user in people.values()
        ],
        ignore_conflicts=dedupe_key is not None,
    )
    if not mail or not made:
        return
    for user in people.values():
        with translation.override(user.language or settings.LANGUAGE_CODE):
            link = f"\n\n{settings.PUBLIC_URL}{url}" if url else ""
            mail_add(to=user.email, subject=title, text=f"{body or title}{link}\n", now=now)


def mail_add(*, to: str, subject: str, text: str, html: str = "", now: dt.datetime, sender: str = "") -> Mail:
    """Write a mail into the mail table; the relay and a worker deliver it after the commit."""
    # not a verb: the primitive by which verbs and Django's mail door write mails
    from apps.core.ids import new_uid

    one_line = " ".join(subject.split())  # a line break in a subject would forge a header
    uid = new_uid()
    mail = Mail.objects.create(
        uid=uid,
        to=to,
        sender=sender or settings.DEFAULT_FROM_EMAIL,
        subject=one_line[:300],
        text=text,
        html=html,
        state=Mail.State.WAITING if settings.CX_SMTP else Mail.State.KEPT,
        message_id=f"<{uid.hex}@{settings.PUBLIC_HOST}>",
    )
    if settings.CX_SMTP:
        outbox_add(topic="mail.send", key=str(mail.pk), now=now)
    return mail


def mail_send(*, key: str, payload: dict[str, Any], now: dt.datetime) -> None:
    """Handler of `mail.send`: deliver one mail; its Message-ID stays the same over all attempts."""
    # not a verb: an outbox handler; what it sends was decided and recorded by a verb
    with transaction.atomic():
        mail = Mail.objects.select_for_update().filter(pk=int(key)).first()
        if mail is None or mail.state != Mail.State.WAITING:
            return
        Mail.objects.filter(pk=mail.pk).update(attempts=F("attempts") + 1)
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        mail.sender,
        [mail.to],
        headers={"Message-ID": mail.message_id},
        connection=get_connection(SMTP),
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        Mail.objects.filter(pk=mail.pk).update(state=Mail.State.FAILED, last_error=str(error)[:2000])
        return
    except Exception as error:
        Mail.objects.filter(pk=mail.pk).update(last_error=str(error)[:2000])
        raise
    Mail.objects.filter(pk=mail.pk).update(state=Mail.State.SENT, sent_at=timezone.now(), last_error="")


@transaction.atomic
def notifications_read(*, actor: Actor, uids: Iterable[str] | None = None, now: dt.datetime) -> int:
    """Mark one's own notifications as read (all of them without `uids`); returns how many."""
    # not a verb: looking at one's own bell is not an event that anybody else needs to read of
    policy.require(actor, "notifications.own.edit")
    mine = Notification.objects.visible_to(actor).unread()
    if uids is not None:
        mine = mine.filter(uid__in=list(uids))
    return mine.update(read_at=now)
