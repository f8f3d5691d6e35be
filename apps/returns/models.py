"""Computed returns: immutable snapshots, a pointer to the current one, and the runs that make them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import Outward
from apps.returns.querysets import ReturnQuerySet, RunQuerySet


class Snapshot(Outward):
    """What one initiative returned, from these inputs, by this engine. Never changed, never deleted.

    `inputs` holds what was read (digests, versions, row counts, links), `result` the engine's own JSON with every
    intermediate step; the columns repeat what lists sort and sum by. Money is in `currency`, in its major unit.
    """

    initiative = models.ForeignKey("initiatives.Initiative", on_delete=models.PROTECT, related_name="+")
    engine_version = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    computed_at = models.DateTimeField()
    as_of = models.DateField(_("data until"))
    currency = models.CharField(max_length=3)
    invested = models.DecimalField(max_digits=16, decimal_places=2)
    returned_low = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    returned_mid = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    returned_high = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    saved_mid = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    made_mid = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    cash_mid = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    roi = models.FloatField(null=True)
    npv_low = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    npv_mid = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    npv_high = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    payback_months = models.FloatField(null=True)
    grade = models.CharField(max_length=1)
    verdict = models.CharField(max_length=20)
    inputs = models.JSONField()
    result = models.JSONField()

    objects = ReturnQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["initiative", "engine_version", "digest"], name="snapshot_once"),
            models.CheckConstraint(condition=Q(grade__in=list("ABCDE")), name="snapshot_grade"),
            models.CheckConstraint(
                condition=Q(returned_mid__isnull=True) | Q(returned_low__lte=models.F("returned_high")),
                name="snapshot_range",
            ),
        ]
        indexes = [models.Index(fields=["initiative", "-id"], name="snapshot_newest")]

    def __str__(self) -> str:
        return f"{self.initiative_id} {self.computed_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("returns:snapshot", args=[self.uid])


class ReturnState(models.Model):
    """Where the return of one initiative stands: which snapshot is current, and from which inputs it came."""

    initiative = models.OneToOneField("initiatives.Initiative", on_delete=models.CASCADE, related_name="+")
    current = models.ForeignKey(Snapshot, null=True, on_delete=models.PROTECT, related_name="+")
    seen = models.JSONField(
        default=dict, help_text=_("Input versions the current snapshot was computed from.")
    )
    is_stale = models.BooleanField(default=True)
    stale_since = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    objects = ReturnQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["stale_since"], name="returnstate_stale", condition=Q(is_stale=True))]

    def __str__(self) -> str:
        return f"{self.initiative_id}: {self.current_id}"


class RunState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class RecomputeRun(Outward):
    """One request to recompute: everything, or one initiative; people watch it, may leave and come back."""

    scope = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.QUEUED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_by_label = models.CharField(max_length=200)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    is_cancel_requested = models.BooleanField(default=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.scope

    def get_absolute_url(self) -> str:
        return reverse("returns:run", args=[self.uid])


class RecomputeItem(models.Model):
    """One piece of a run: a cluster of initiatives computed together. Claimed with a lease; fenced by `attempt`."""

    run = models.ForeignKey(RecomputeRun, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    initiative_ids = models.JSONField()
    state = models.CharField(max_length=10, choices=RunState, default=RunState.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    changed = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    objects = models.Manager()

    class Meta:
        ordering = ("run_id", "position")
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="recomputeitem_once")]
        indexes = [models.Index(fields=["state", "lease_until"], name="recomputeitem_sweep")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.position}"
