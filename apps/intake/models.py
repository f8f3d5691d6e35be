"""What comes in by file: the job, what it turned away, what it changed (so that it can be undone), saved mappings."""

from __future__ import annotations

import json
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import Editable
from apps.intake.querysets import (
    ImportChangeQuerySet,
    ImportJobQuerySet,
    ImportMappingQuerySet,
    ImportRejectQuerySet,
)


class Kind(models.TextChoices):
    BUNDLE = "bundle", _("Bundle")
    CUSTOMERS = "customers", _("Customers")
    IDENTITIES = "identities", _("Identities")
    INTERACTIONS = "interactions", _("Interactions")
    FEEDBACK = "feedback", _("Feedback")
    PURCHASES = "purchases", _("Purchases")
    KPI_OBSERVATIONS = "kpi_observations", _("KPI observations")
    INITIATIVES = "initiatives", _("Initiatives")
    COST_LINES = "cost_lines", _("Cost lines")


class State(models.TextChoices):
    UPLOADED = "uploaded", _("Uploaded")
    PREVIEWING = "previewing", _("Being checked")
    PREVIEWED = "previewed", _("Ready to confirm")
    CONFIRMED = "confirmed", _("Waiting to start")
    RUNNING = "running", _("Importing")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


class ImportJob(Editable):
    """One file on its way in. `rows_done` is the line up to which batches are committed: a crash resumes there.

    Counts always reconcile: rows = added + changed + skipped + rejected, of the preview until it runs, then of the run.
    """

    PERSONAL: ClassVar = {"filename"}

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.UPLOADED)
    filename = models.CharField(_("file"), max_length=200)
    stored_as = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    unit = models.ForeignKey(
        "accounts.Unit",
        verbose_name=_("unit for rows that name none"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    mapping = models.JSONField(_("mapping"), default=dict)
    layout = models.JSONField(default=dict)
    questions = models.JSONField(default=list)
    samples = models.JSONField(default=dict)
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    rows_done = models.PositiveIntegerField(_("rows worked off"), default=0)
    checkpoint_line = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(_("added"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    undo_kept = models.PositiveIntegerField(_("kept at undo"), default=0)
    notify = models.BooleanField(
        _("send mail and breach notices"),
        default=False,
        help_text=_("Off for data of the past: cases open quietly."),
    )
    is_cancel_asked = models.BooleanField(default=False)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(default=0)
    preset = models.CharField(max_length=40, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    stuck = models.PositiveSmallIntegerField(default=0, help_text=_("Attempts since it last got on."))
    error = models.TextField(_("error"), blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="importjob_state_known"
            ),
            models.UniqueConstraint(
                fields=["kind", "sha256"],
                condition=Q(state__in=["confirmed", "running"], parent__isnull=True) & ~Q(sha256=""),
                name="importjob_one_running_per_file",
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "-id"], name="importjob_unit"),
            models.Index(
                fields=["lease_until"],
                name="importjob_busy",
                condition=Q(state__in=["previewing", "confirmed", "running", "undoing"]),
            ),
            models.Index(fields=["kind", "sha256"], name="importjob_file"),
        ]

    def __str__(self) -> str:
        return self.filename

    def get_absolute_url(self) -> str:
        return reverse("intake:detail", args=[self.uid])

    @property
    def rows(self) -> int:
        return self.added + self.changed + self.skipped + self.rejected

    @property
    def is_busy(self) -> bool:
        return self.state in {State.PREVIEWING, State.CONFIRMED, State.RUNNING, State.UNDOING}

    @property
    def is_over(self) -> bool:
        return self.state in {State.DONE, State.FAILED, State.CANCELLED, State.UNDONE}

    @property
    def percent(self) -> int:
        if not self.rows_total:
            return 0
        return min(100, 100 * self.rows_done // self.rows_total)


class ImportReject(models.Model):
    """One cell (or row) turned away: where, what stood there, why, and what to do."""

    PERSONAL: ClassVar = {"value"}

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rejects")
    line = models.PositiveIntegerField(_("line"))
    column = models.CharField(_("column"), max_length=200, blank=True)
    value = models.CharField(_("value"), max_length=300, blank=True)
    reason = models.CharField(_("reason"), max_length=500)
    remedy = models.CharField(_("remedy"), max_length=500, blank=True)

    objects = ImportRejectQuerySet.as_manager()

    class Meta:
        ordering = ("job_id", "line", "id")
        indexes = [models.Index(fields=["job", "line", "id"], name="importreject_line")]

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"


class ImportChange(models.Model):
    """One row that an import added or changed, with what undoing it needs: its values before and after."""

    PERSONAL: ClassVar = {"before", "after"}

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="changes")
    table = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    line = models.PositiveIntegerField()
    is_added = models.BooleanField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    objects = ImportChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "table", "object_id", "line"], name="importchange_once"),
            models.CheckConstraint(
                condition=Q(is_added=True) | Q(before__isnull=False), name="importchange_before"
            ),
        ]
        indexes = [models.Index(fields=["table", "object_id"], name="importchange_object")]

    def __str__(self) -> str:
        return f"{self.table} {self.object_id}"


class ImportMapping(Editable):
    """A mapping saved under a name, so that next month's file needs no mapping at all."""

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    document = models.JSONField(_("mapping"), default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    used_at = models.DateTimeField(_("last used"), null=True)

    objects = ImportMappingQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(
                F("kind"), models.functions.Lower("name"), name="importmapping_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("intake:mapping", args=[self.uid])

    @property
    def shown(self) -> str:
        """The document as people read it."""
        return json.dumps(self.document, indent=2, ensure_ascii=False)
