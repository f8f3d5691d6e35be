"""What customers said: sources (survey, complaint, social, note, review) and responses (R 4.13)."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import Editable, Outward
from apps.feedback.querysets import ResponseQuerySet, SourceQuerySet


class SourceKind(models.TextChoices):
    SURVEY = "survey", _("Survey")
    COMPLAINT = "complaint", _("Complaint")
    SOCIAL = "social", _("Social media")
    NOTE = "note", _("Contact-centre note")
    REVIEW = "review", _("App or product review")


class ScoreKind(models.TextChoices):
    NPS = "nps", _("Recommendation, 0–10 (NPS)")
    CSAT = "csat", _("Satisfaction")
    CES = "ces", _("Effort")
    STARS = "stars", _("Stars")
    OTHER = "other", _("Other")
    NONE = "none", _("No score")


class Source(Editable):
    """Where feedback comes from; gives a row what its file does not say."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=SourceKind)
    score_kind = models.CharField(_("score"), max_length=8, choices=ScoreKind, default=ScoreKind.NONE)
    scale_min = models.DecimalField(_("lowest score"), max_digits=6, decimal_places=2, default=0)
    scale_max = models.DecimalField(_("highest score"), max_digits=6, decimal_places=2, default=10)
    unit = models.ForeignKey(
        "accounts.Unit", verbose_name=_("unit"), on_delete=models.PROTECT, related_name="+"
    )
    touchpoint = models.ForeignKey(
        "journeys.Touchpoint",
        verbose_name=_("touchpoint"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    is_active = models.BooleanField(_("active"), default=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = [models.CheckConstraint(condition=Q(scale_max__gt=F("scale_min")), name="source_scale")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("feedback:source_edit", args=[self.uid])


class Response(Outward):
    """One answer, complaint, post or note. (source, external id) is unique: a second delivery finds the first."""

    PERSONAL: ClassVar = {"title", "verbatim", "attributes"}

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="responses")
    external_id = models.CharField(_("external id"), max_length=200)
    customer = models.ForeignKey(
        "customers.Customer", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    unit = models.ForeignKey("accounts.Unit", on_delete=models.PROTECT, related_name="+")
    touchpoint = models.ForeignKey(
        "journeys.Touchpoint", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    score = models.DecimalField(_("score"), max_digits=6, decimal_places=2, null=True, blank=True)
    score_norm = models.FloatField(
        null=True, help_text=_("The score on 0–1 of its scale, so that scales can be compared.")
    )
    title = models.CharField(_("title"), max_length=300, blank=True)
    verbatim = models.TextField(_("words"), blank=True, max_length=100_000)
    language = models.CharField(_("language"), max_length=10, blank=True)
    asked_at = models.DateTimeField(_("asked"), null=True, blank=True)
    responded_at = models.DateTimeField(_("answered"))
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    local_date = models.DateField(_("day"))
    attributes = models.JSONField(_("further attributes"), default=dict, blank=True)
    search = models.GeneratedField(
        expression=SearchVector("title", "verbatim", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ResponseQuerySet.as_manager()

    class Meta:
        ordering = ("-responded_at", "-id")
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="response_once")]
        indexes = [
            models.Index(fields=["-responded_at", "-id"], name="response_newest"),
            models.Index(fields=["unit", "-responded_at"], name="response_unit"),
            models.Index(fields=["source", "-responded_at", "-id"], name="response_source"),
            models.Index(fields=["score_norm", "-id"], name="response_score"),
            models.Index(fields=["customer", "-responded_at"], name="response_customer"),
            models.Index(fields=["unit", "local_date"], name="response_unit_day"),
            BrinIndex(fields=["received_at"], name="response_received"),
            GinIndex(fields=["search"], name="response_search"),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.external_id}"

    def get_absolute_url(self) -> str:
        return reverse("feedback:detail", args=[self.uid])
