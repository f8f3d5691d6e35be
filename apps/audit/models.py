"""The audit log: append-only by triggers and by the rights of the app's database role; no foreign keys."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.audit.querysets import AuditEventQuerySet
from apps.core.ids import new_uid


class AuditEvent(models.Model):
    """Who did what to what, when, and what changed. Rows outlive the objects they speak of."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    at = models.DateTimeField(_("when"), db_index=True)
    actor_kind = models.CharField(max_length=12)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(_("who"), max_length=200)
    action = models.CharField(_("what"), max_length=80)
    object_type = models.CharField(max_length=60)
    object_id = models.BigIntegerField(null=True)
    object_label = models.CharField(_("of"), max_length=200)
    unit_id = models.BigIntegerField(null=True)
    changes = models.JSONField(_("changes"), default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_object"),
            models.Index(fields=["actor_id", "-id"], name="audit_actor"),
            models.Index(fields=["action", "-id"], name="audit_action"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_label} {self.action} {self.object_label}"


class AuditSeal(models.Model):
    """A link of the hash chain: SHA-256 over the previous link and all events up to `last_event_id`."""

    last_event_id = models.BigIntegerField(unique=True)
    events = models.PositiveIntegerField()
    sealed_at = models.DateTimeField()
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.last_event_id}: {self.digest[:12]}"
