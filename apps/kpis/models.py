"""The metric dictionary, its observations, and what a KPI unit is worth in money."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import Editable
from apps.kpis.querysets import KpiQuerySet, ObservationQuerySet, ValueModelQuerySet


class KpiKind(models.TextChoices):
    PERCEPTIVE = "perceptive", _("Perceptive: what customers feel")
    OPERATIONAL = "operational", _("Operational: what happens")
    OUTCOME = "outcome", _("Outcome: what it does to the business")


class Statistic(models.TextChoices):
    """How answers or events become one number; decides the standard error."""

    MEAN = "mean", _("Mean")
    SHARE = "share", _("Share, in %")
    NPS = "nps", _("Net promoter score")
    RATE = "rate", _("Rate per 1,000")
    SUM = "sum", _("Sum")
    COUNT = "count", _("Count")


class Direction(models.TextChoices):
    UP = "up", _("Higher is better")
    DOWN = "down", _("Lower is better")
    NEUTRAL = "neutral", _("Neither")


class Grain(models.TextChoices):
    DAY = "day", _("Day")
    WEEK = "week", _("Week (from Monday)")
    MONTH = "month", _("Month")


class Kpi(Editable):
    """A metric of the dictionary (R 0.27, 4.10). A new metric is a row, never code (R 2.11).

    `derived` is None for KPIs fed by import or API; else the rule of the rollup:
    {"from": "feedback|interactions|purchases", "where": [{"field", "op", "value"}], "measure": "score|amount|…|attributes.x",
     "hit": {"field", "op", "value"} (share), "split": {"field", "op", "value", "labels": [yes, no]} | {"field"} | null}.
    `rules.py` holds the language and checks it.
    """

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=KpiKind)
    statistic = models.CharField(_("statistic"), max_length=8, choices=Statistic)
    direction = models.CharField(_("direction"), max_length=8, choices=Direction, default=Direction.UP)
    grain = models.CharField(_("period"), max_length=6, choices=Grain, default=Grain.WEEK)
    unit_label = models.CharField(
        _("unit of measure"), max_length=30, blank=True, help_text=_("points, %, visits, EUR")
    )
    definition = models.TextField(_("definition"), blank=True, max_length=2000)
    formula = models.TextField(_("formula"), blank=True, max_length=1000)
    how_to_read = models.TextField(_("how to read it"), blank=True, max_length=2000)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    target = models.FloatField(_("target"), null=True, blank=True)
    derived = models.JSONField(_("computed from"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    data_version = models.PositiveBigIntegerField(
        default=0, help_text=_("Grows with each change of an observation.")
    )

    objects = KpiQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("kpis:detail", args=[self.uid])


class Observation(models.Model):
    """One value of a KPI for a unit (and optionally a segment or split) in a period.

    n answers; `total` and `total_sq` are the sums of the measure and its square (means), `hits` the favourable ones
    (shares), `promoters`/`detractors` (NPS): what a standard error needs. A value without them has no error of its own.
    """

    kpi = models.ForeignKey(Kpi, on_delete=models.CASCADE, related_name="observations")
    unit = models.ForeignKey("accounts.Unit", on_delete=models.PROTECT, related_name="+")
    segment = models.CharField(_("segment"), max_length=80, blank=True, default="")
    period = models.DateField(_("period"), help_text=_("First day of the day, week or month."))
    value = models.FloatField(_("value"))
    n = models.PositiveIntegerField(_("answers"), null=True, blank=True)
    se = models.FloatField(_("standard error"), null=True, blank=True)
    total = models.FloatField(null=True)
    total_sq = models.FloatField(null=True)
    hits = models.PositiveIntegerField(null=True)
    promoters = models.PositiveIntegerField(null=True)
    detractors = models.PositiveIntegerField(null=True)
    source = models.CharField(max_length=60, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ObservationQuerySet.as_manager()

    class Meta:
        ordering = ("kpi_id", "period", "unit_id", "segment")
        constraints = [
            models.UniqueConstraint(fields=["kpi", "unit", "segment", "period"], name="observation_once"),
            models.CheckConstraint(condition=Q(se__isnull=True) | Q(se__gte=0), name="observation_se"),
            models.CheckConstraint(
                condition=Q(value__lt=float("1e15")) & Q(value__gt=float("-1e15")), name="observation_value"
            ),
        ]
        indexes = [models.Index(fields=["kpi", "segment", "period"], name="observation_series")]

    def __str__(self) -> str:
        return f"{self.kpi_id} {self.period}: {self.value}"


class RollupDirty(models.Model):
    """A (source table, unit, day) whose derived KPIs must be computed again. Claimed by deleting it.

    Deliberately not unique: writers only ever append their own marks, which become visible together with their rows, so
    that neither waits for the other and no row is missed by a rollup that ran in between.
    """

    origin = models.CharField(max_length=12)
    unit = models.ForeignKey("accounts.Unit", on_delete=models.CASCADE, related_name="+")
    local_date = models.DateField()

    objects = models.Manager()

    def __str__(self) -> str:
        return f"{self.origin} {self.unit_id} {self.local_date}"


class ValueModel(Editable):
    """Money per KPI unit (R 2.05): margin, not revenue; save or make; cash or not; signed by finance before it counts.

    `exposure` says what the KPI effect is multiplied with per unit and period before the money:
    none | count of the KPI's answers | a fixed number per unit and period.
    """

    class Side(models.TextChoices):
        MAKE = "make", _("Make: more margin")
        SAVE = "save", _("Save: less cost or loss")

    class Basis(models.TextChoices):
        MARGIN = "margin", _("Margin")
        COST = "cost", _("Avoided cost")
        REVENUE = "revenue", _("Revenue (not yet margin)")

    class Exposure(models.TextChoices):
        NONE = "none", _("Per unit and period")
        ANSWERS = "answers", _("Times the number of answers or customers of the period")
        FIXED = "fixed", _("Times a fixed number per unit and period")

    kpi = models.ForeignKey(Kpi, on_delete=models.PROTECT, related_name="value_models")
    name = models.CharField(_("name"), max_length=120)
    stream = models.SlugField(
        _("money stream"),
        max_length=60,
        help_text=_("The pot the money comes from; one KPI pays per stream and unit."),
    )
    amount = models.DecimalField(_("money per KPI unit"), max_digits=14, decimal_places=4)
    amount_sd = models.DecimalField(_("its uncertainty (sd)"), max_digits=14, decimal_places=4, default=0)
    currency = models.CharField(_("currency"), max_length=3)
    side = models.CharField(_("save or make"), max_length=4, choices=Side)
    is_cash = models.BooleanField(
        _("cash"), default=True, help_text=_("No: saved time that frees nobody yet.")
    )
    basis = models.CharField(_("basis"), max_length=8, choices=Basis, default=Basis.MARGIN)
    exposure = models.CharField(_("times"), max_length=8, choices=Exposure, default=Exposure.NONE)
    exposure_fixed = models.DecimalField(
        _("fixed number"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    evidence = models.TextField(_("source of the figure"), max_length=2000, blank=True)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_at = models.DateTimeField(_("signed by finance"), null=True, blank=True)
    is_active = models.BooleanField(default=True)

    objects = ValueModelQuerySet.as_manager()

    class Meta:
        ordering = ("name", "-id")
        constraints = [
            models.CheckConstraint(condition=Q(amount_sd__gte=0), name="valuemodel_sd"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="valuemodel_currency"),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True, signed_by__isnull=True)
                | Q(signed_at__isnull=False, signed_by__isnull=False),
                name="valuemodel_signature",
            ),
            models.CheckConstraint(
                condition=~Q(exposure="fixed") | Q(exposure_fixed__isnull=False),
                name="valuemodel_exposure_fixed",
            ),
            models.CheckConstraint(condition=~Q(supersedes=F("id")), name="valuemodel_not_itself"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("kpis:value_model", args=[self.uid])
