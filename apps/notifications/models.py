"""Effects as rows: the outbox, the mails, and what the bell shows."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.models import Outward
from apps.notifications.querysets import MailQuerySet, NotificationQuerySet


class Outbox(models.Model):
    """Work that must follow a committed change. Written in the verb's transaction, published by the relay.

    Life: created → dispatched (published as a task) → claimed (a worker holds a lease) → done, or parked after too many
    attempts. Unclaimed or expired rows are dispatched again, so every handler must bear running twice.
    """

    topic = models.CharField(max_length=60)
    key = models.CharField(
        max_length=120, blank=True, help_text=_("What it is about; open rows of one topic and key are one.")
    )
    payload = models.JSONField(default=dict)
    payload_version = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    available_at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True)
    dispatch_count = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    objects = models.Manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["available_at", "id"],
                name="outbox_open",
                condition=Q(done_at__isnull=True, parked_at__isnull=True),
            ),
            models.Index(fields=["done_at"], name="outbox_done", condition=Q(done_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"


class Notification(Outward):
    """One line behind the bell."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    body = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    dedupe_key = models.CharField(max_length=160, null=True)  # noqa: DJ001 - unique when given

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=["user", "dedupe_key"], name="notification_once")]
        indexes = [
            models.Index(
                fields=["user", "-id"], name="notification_unread", condition=Q(read_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.title


class Mail(Outward):
    """One mail to one person, kept until and after it is sent; readable in the app while no SMTP server is set."""

    PERSONAL: ClassVar = {"to", "subject", "text", "html"}

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        KEPT = "kept", _("Kept here (no mail server is set)")
        FAILED = "failed", _("Failed")

    to = models.EmailField(_("to"), max_length=254)
    sender = models.CharField(max_length=254)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    created_at = models.DateTimeField(_("written"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    message_id = models.CharField(max_length=200, unique=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=["to", "-id"], name="mail_to")]

    def __str__(self) -> str:
        return self.subject
