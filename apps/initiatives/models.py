"""What the program invests in: initiatives, where and when they ran, what they cost, which KPIs they should move."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import Editable, Outward
from apps.initiatives.querysets import InitiativeQuerySet, InvestmentTypeQuerySet, PartQuerySet


class InvestmentClass(models.TextChoices):
    """R 0.04, 0.06, 0.08, 0.17."""

    ENTICEMENT = "enticement", _("Enticement")
    REACTIVE = "reactive_service", _("Reactive service")
    ANALYSIS = "analysis", _("Analysis")
    PEOPLE = "people_process", _("People & process")


class Stage(models.TextChoices):
    IDEA = "idea", _("Idea")
    CASE = "case", _("Business case")
    APPROVED = "approved", _("Approved")
    RUNNING = "running", _("Running")
    LIVE = "live", _("Live")
    TRACKING = "tracking", _("Tracking")
    STOPPED = "stopped", _("Stopped")
    DONE = "done", _("Done")


class ReturnType(models.TextChoices):
    """R 0.01: what the initiative says it will bring."""

    REFERRALS = "referrals", _("Referrals and prospects")
    SHARE = "share_of_budget", _("Share of budget")
    LINES = "product_lines", _("Product lines per customer")
    PREMIUM = "premium_mix", _("Premium mix")
    REPEAT = "repeat_purchase", _("Repeat purchase")
    RETENTION = "retention", _("Retention")
    COST = "cost_to_serve", _("Lower cost to serve")


class InvestmentType(Outward):
    """An editable type within a class, for example loyalty programs within enticement."""

    investment_class = models.CharField(_("class"), max_length=20, choices=InvestmentClass)
    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    is_active = models.BooleanField(_("active"), default=True)

    objects = InvestmentTypeQuerySet.as_manager()

    class Meta:
        ordering = ("investment_class", "name")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("initiatives:type_edit", args=[self.uid])


class Initiative(Editable):
    """`input_version` grows with every change that a computed return depends on; returns compare it."""

    key = models.SlugField(
        _("key"), max_length=40, unique=True, help_text=_("Short and stable, for files: faster-callbacks.")
    )
    name = models.CharField(_("name"), max_length=160)
    summary = models.TextField(_("what we do, for whom, and why"), blank=True, max_length=4000)
    unit = models.ForeignKey(
        "accounts.Unit", verbose_name=_("unit"), on_delete=models.PROTECT, related_name="+"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="+"
    )
    sponsor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("sponsor"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    investment_class = models.CharField(_("class"), max_length=20, choices=InvestmentClass)
    investment_type = models.ForeignKey(
        InvestmentType,
        verbose_name=_("type"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    objective = models.CharField(
        _("objective"),
        max_length=12,
        blank=True,
        choices=[
            ("lovable", _("Lovable: easy to do business with")),
            ("irresistible", _("Irresistible to buy")),
        ],
    )
    nature = models.CharField(
        _("fix or enhancement"),
        max_length=12,
        choices=[("fix", _("Fix")), ("enhancement", _("Enhancement"))],
        default="fix",
    )
    return_types = ArrayField(
        models.CharField(max_length=20, choices=ReturnType),
        verbose_name=_("returns claimed"),
        default=list,
        blank=True,
    )
    is_quick_win = models.BooleanField(_("quick win"), default=False)
    operational_owner = models.CharField(
        _("operational owner outside CX"),
        max_length=120,
        blank=True,
        help_text=_("Who runs what changes."),
    )
    revenue_owner = models.CharField(_("revenue owner outside CX"), max_length=120, blank=True)
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, default=Stage.IDEA)
    budget = models.DecimalField(
        _("budget"), max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(_("currency"), max_length=3)
    # what the gate asks for (R 0.05, 0.09, 2.15)
    stays_6m = models.PositiveSmallIntegerField(
        _("% of return left 6 months after spending stops"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(100)],
    )
    stays_12m = models.PositiveSmallIntegerField(
        _("% left after 12 months"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    stays_24m = models.PositiveSmallIntegerField(
        _("% left after 24 months"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    cost_per_1000 = models.DecimalField(
        _("cost per extra 1,000 customers"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    customer_gain = models.TextField(_("what the customer gains"), blank=True, max_length=1000)
    company_gain = models.TextField(_("what the company gains"), blank=True, max_length=1000)
    trust_risk = models.CharField(
        _("risk to customers' trust"),
        max_length=6,
        blank=True,
        choices=[("low", _("Low")), ("medium", _("Medium")), ("high", _("High"))],
    )
    is_comfortable_public = models.BooleanField(
        _("we would be comfortable if customers read this"), null=True, blank=True
    )
    advocate = models.CharField(_("named advocate in leadership"), max_length=120, blank=True)
    no_advocate_reason = models.CharField(_("or the reason for none"), max_length=300, blank=True)
    # R 0.08: an analysis is an investment only with the change it is to start
    transformation = models.TextField(_("intended transformation"), blank=True, default="", max_length=2000)
    transformation_owner = models.CharField(_("who will transform"), blank=True, default="", max_length=120)
    transformation_due_on = models.DateField(_("transformed by"), null=True, blank=True)
    review_on = models.DateField(
        _("review of sustainability on"),
        null=True,
        blank=True,
        help_text=_("When we look again at what stays."),
    )
    # bookkeeping
    expected_months_to_effect = models.PositiveSmallIntegerField(
        _("expected months to effect"), null=True, blank=True
    )
    input_version = models.PositiveBigIntegerField(default=1)
    inputs_changed_at = models.DateTimeField(auto_now_add=True)

    objects = InitiativeQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__in=[s.value for s in Stage]), name="initiative_stage_known"
            ),
            models.CheckConstraint(
                condition=Q(investment_class__in=[c.value for c in InvestmentClass]),
                name="initiative_class_known",
            ),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="initiative_currency"),
            models.CheckConstraint(
                condition=Q(budget__isnull=True) | Q(budget__gte=0), name="initiative_budget"
            ),
            models.CheckConstraint(
                condition=(Q(stays_6m__isnull=True) | Q(stays_6m__lte=100))
                & (Q(stays_12m__isnull=True) | Q(stays_12m__lte=100))
                & (Q(stays_24m__isnull=True) | Q(stays_24m__lte=100)),
                name="initiative_stays",
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "stage"], name="initiative_unit_stage"),
            models.Index(fields=["inputs_changed_at"], name="initiative_changed"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("initiatives:detail", args=[self.uid])


class Treatment(Outward):
    """A unit (and optionally a segment of its customers) that gets the initiative, from when, until when."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="treatments")
    unit = models.ForeignKey(
        "accounts.Unit", verbose_name=_("unit"), on_delete=models.PROTECT, related_name="+"
    )
    segment = models.CharField(_("segment"), max_length=80, blank=True, default="")
    starts_on = models.DateField(_("starts"))
    ends_on = models.DateField(_("first day off"), null=True, blank=True)
    assignment = models.CharField(
        _("chosen"),
        max_length=12,
        default="other",
        choices=[
            ("random", _("At random")),
            ("poor_results", _("For poor results")),
            ("other", _("Otherwise")),
        ],
    )
    chosen_until = models.DateField(
        _("results used for the choice, until"),
        null=True,
        blank=True,
        help_text=_("If chosen for poor results: up to when those were."),
    )

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering = ("starts_on", "unit_id")
        constraints = [
            models.UniqueConstraint(fields=["initiative", "unit", "segment"], name="treatment_once"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")), name="treatment_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.starts_on}"


class CostLine(Outward):
    """Money spent: once, or each month until ended (R 0.03). A running line without an end goes on."""

    class Plan(models.TextChoices):
        PLANNED = "planned", _("Planned")
        ACTUAL = "actual", _("Actual")

    class Rhythm(models.TextChoices):
        ONCE = "once", _("Once")
        MONTHLY = "monthly", _("Each month")

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="costs")
    label = models.CharField(_("what for"), max_length=160)
    plan = models.CharField(_("planned or actual"), max_length=8, choices=Plan, default=Plan.ACTUAL)
    rhythm = models.CharField(_("rhythm"), max_length=8, choices=Rhythm, default=Rhythm.ONCE)
    amount = models.DecimalField(
        _("amount"), max_digits=14, decimal_places=2, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(_("currency"), max_length=3)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("last month"), null=True, blank=True)
    is_capex = models.BooleanField(_("capital expenditure"), default=False)
    source = models.CharField(_("source"), max_length=120, blank=True)
    external_id = models.CharField(_("external id"), max_length=200, null=True, blank=True)  # noqa: DJ001 - unique when given
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering = ("starts_on", "id")
        constraints = [
            models.UniqueConstraint(fields=["initiative", "external_id"], name="costline_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="costline_amount"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="costline_currency"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="costline_order"
            ),
            models.CheckConstraint(
                condition=~Q(rhythm="once") | Q(ends_on__isnull=True), name="costline_once_has_no_end"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class KpiLink(Outward):
    """The KPI an initiative should move, by how much, after how long, and what that is worth."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="links")
    kpi = models.ForeignKey("kpis.Kpi", verbose_name=_("KPI"), on_delete=models.PROTECT, related_name="+")
    value_model = models.ForeignKey(
        "kpis.ValueModel",
        verbose_name=_("value model"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("None: the KPI explains, but pays nothing."),
    )
    expected_effect = models.FloatField(
        _("expected effect"), null=True, blank=True, help_text=_("In KPI units, per unit and period.")
    )
    expected_sd = models.FloatField(_("its uncertainty (sd)"), null=True, blank=True)
    lag_periods = models.PositiveSmallIntegerField(_("lag in periods"), default=0)

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["initiative", "kpi"], name="kpilink_once"),
            models.CheckConstraint(
                condition=Q(expected_sd__isnull=True) | Q(expected_sd__gt=0), name="kpilink_sd"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.initiative} → {self.kpi}"


class GateDecision(Outward):
    """Who moved the initiative from stage to stage, when, and why. Append-only."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="decisions")
    from_stage = models.CharField(max_length=10, choices=Stage)
    to_stage = models.CharField(max_length=10, choices=Stage)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField()
    reason = models.TextField(_("reason"), max_length=2000)

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering = ("-decided_at", "-id")

    def __str__(self) -> str:
        return f"{self.from_stage} → {self.to_stage}"


class JournalEntry(Outward):
    """A dated note on an initiative: what happened, what was learnt."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="journal")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField()
    text = models.TextField(_("note"), max_length=4000)

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering = ("-written_at", "-id")

    def __str__(self) -> str:
        return self.text[:60]
