"""Closing the loop with one customer: rules that open cases, the case, what happened to it, and what it cost."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case as Choose
from django.db.models import F, Func, Q, Value, When
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.cases.querysets import CaseEventQuerySet, CaseQuerySet, CaseRuleQuerySet
from apps.core.models import Editable


class CaseState(models.TextChoices):
    NEW = "new", _("New")
    ASSIGNED = "assigned", _("Assigned")
    CONTACTED = "contacted", _("Contacted")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")


class Priority(models.IntegerChoices):
    URGENT = 1, _("Urgent")
    HIGH = 2, _("High")
    NORMAL = 3, _("Normal")


class Trigger(models.TextChoices):
    FEEDBACK = "feedback", _("Feedback")
    EVENT = "event", _("Operational event")


class CaseRule(Editable):
    """When a case is opened. All conditions that are set must hold; the first matching rule in order wins."""

    name = models.CharField(_("name"), max_length=120)
    position = models.PositiveSmallIntegerField(_("order"), default=100)
    is_active = models.BooleanField(_("active"), default=True)
    trigger = models.CharField(_("opened by"), max_length=10, choices=Trigger, default=Trigger.FEEDBACK)
    unit = models.ForeignKey(
        "accounts.Unit", verbose_name=_("for this unit and below"), on_delete=models.PROTECT, related_name="+"
    )
    sources = models.ManyToManyField(
        "feedback.Source", verbose_name=_("only these sources"), blank=True, related_name="+"
    )
    score_at_most = models.DecimalField(
        _("score at most"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("On the source's own scale."),
    )
    words = models.JSONField(_("any of these words"), default=list, blank=True)
    minimum_value = models.DecimalField(
        _("customer value of at least"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    event_kinds = models.JSONField(_("these event kinds"), default=list, blank=True)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    first_contact_hours = models.DecimalField(
        _("first contact within hours"),
        max_digits=7,
        decimal_places=2,
        default=24,
        validators=[MinValueValidator(0.25)],
    )
    resolution_hours = models.DecimalField(
        _("resolved within hours"),
        max_digits=7,
        decimal_places=2,
        default=120,
        validators=[MinValueValidator(0.25)],
    )

    objects = CaseRuleQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")
        constraints = [
            models.CheckConstraint(condition=Q(first_contact_hours__gt=0), name="caserule_first_contact"),
            models.CheckConstraint(
                condition=Q(resolution_hours__gte=F("first_contact_hours")),
                name="caserule_resolution_after_contact",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Where it is edited."""
        return reverse("cases:rule_edit", args=[self.uid])


class Case(Editable):
    """One customer's matter. At most one open case per customer and touchpoint (a database constraint)."""

    number = models.PositiveBigIntegerField(
        _("number"), unique=True, editable=False, db_default=Func(Value("case_number"), function="nextval")
    )
    customer = models.ForeignKey(
        "customers.Customer", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    touchpoint = models.ForeignKey(
        "journeys.Touchpoint", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    unit = models.ForeignKey(
        "accounts.Unit", verbose_name=_("unit"), on_delete=models.PROTECT, related_name="+"
    )
    rule = models.ForeignKey(CaseRule, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    trigger = models.CharField(max_length=10, choices=Trigger, default=Trigger.FEEDBACK)
    source = models.ForeignKey(
        "feedback.Source", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    subject = models.CharField(_("subject"), max_length=200)
    wish = models.CharField(_("what the customer wants, in their words"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=CaseState, default=CaseState.NEW)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    opened_at = models.DateTimeField(_("opened"))
    assigned_at = models.DateTimeField(null=True, blank=True)
    first_contact_due_at = models.DateTimeField(_("first contact due"))
    first_contacted_at = models.DateTimeField(_("first contact"), null=True, blank=True)
    first_contact_breached_at = models.DateTimeField(null=True, blank=True)
    resolution_due_at = models.DateTimeField(_("resolution due"))
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolution_breached_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    reopened_count = models.PositiveSmallIntegerField(default=0)
    cause = models.CharField(_("cause"), max_length=300, blank=True)
    department = models.ForeignKey(
        "accounts.Department",
        verbose_name=_("originating department"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    resolution = models.TextField(_("what was done"), max_length=4000, blank=True)
    outcome = models.CharField(
        _("customer's answer"),
        max_length=12,
        blank=True,
        choices=[
            ("confirmed", _("Confirmed by the customer")),
            ("unconfirmed", _("No answer after attempts")),
        ],
    )
    score_after = models.DecimalField(
        _("score afterwards"), max_digits=6, decimal_places=2, null=True, blank=True
    )
    minutes = models.DecimalField(_("minutes spent"), max_digits=9, decimal_places=2, default=0)
    goodwill = models.DecimalField(_("goodwill given"), max_digits=14, decimal_places=2, default=0)
    goodwill_currency = models.CharField(max_length=3, blank=True)
    is_historical = models.BooleanField(
        default=False, help_text=_("Opened by an import of the past: no mail, no breach notice.")
    )
    import_ref = models.BigIntegerField(null=True, editable=False)
    next_due_at = models.GeneratedField(
        expression=Choose(
            When(state__in=["resolved", "closed"], then=Value(None)),
            When(first_contacted_at__isnull=True, then=F("first_contact_due_at")),
            default=F("resolution_due_at"),
        ),
        output_field=models.DateTimeField(_("due"), null=True),
        db_persist=True,
    )

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "touchpoint"],
                condition=~Q(state="closed") & Q(customer__isnull=False),
                nulls_distinct=False,
                name="case_one_open_per_customer_touchpoint",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in CaseState]), name="case_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="new") | Q(owner__isnull=True), name="case_new_has_no_owner"
            ),
            models.CheckConstraint(
                condition=Q(state="new") | Q(owner__isnull=False), name="case_worked_has_owner"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["resolved", "closed"]) | Q(resolved_at__isnull=False),
                name="case_resolved_at",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False)
                | (~Q(state="closed") & Q(closed_at__isnull=True)),
                name="case_closed_at",
            ),
            models.CheckConstraint(condition=~Q(state="closed") | ~Q(outcome=""), name="case_closed_outcome"),
            models.CheckConstraint(condition=Q(minutes__gte=0) & Q(goodwill__gte=0), name="case_cost"),
        ]
        indexes = [
            models.Index(fields=["unit", "state", "-id"], name="case_unit_state"),
            models.Index(fields=["owner", "state"], name="case_owner"),
            models.Index(fields=["customer", "-id"], name="case_customer"),
            models.Index(
                fields=["first_contact_due_at"],
                name="case_contact_due",
                condition=Q(first_contacted_at__isnull=True, first_contact_breached_at__isnull=True)
                & ~Q(state="closed"),
            ),
            models.Index(
                fields=["resolution_due_at"],
                name="case_resolution_due",
                condition=Q(resolved_at__isnull=True, resolution_breached_at__isnull=True)
                & ~Q(state="closed"),
            ),
            models.Index(fields=["next_due_at", "-id"], name="case_due_order"),  # the list's own order
        ]

    def __str__(self) -> str:
        return f"C-{self.number}"

    def get_absolute_url(self) -> str:
        """Where people find it."""
        return reverse("cases:detail", args=[self.uid])


class CaseResponse(models.Model):
    """Which responses a case is about; a response belongs to one case at most."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="responses")
    response = models.OneToOneField("feedback.Response", on_delete=models.CASCADE, related_name="+")

    objects = models.Manager()

    def __str__(self) -> str:
        return f"{self.case_id} ← {self.response_id}"


class CaseInteraction(models.Model):
    """Which operational events a case is about; an event belongs to one case at most."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="interactions")
    interaction = models.OneToOneField("customers.Interaction", on_delete=models.CASCADE, related_name="+")

    objects = models.Manager()

    def __str__(self) -> str:
        return f"{self.case_id} ← {self.interaction_id}"


class CaseEvent(models.Model):
    """One entry of the case's timeline: a move, a note, a contact. Append-only."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened")
        JOINED = "joined", _("Further feedback")
        ASSIGNED = "assigned", _("Assigned")
        NOTE = "note", _("Note")
        CONTACT = "contact", _("Contact")
        RESOLVED = "resolved", _("Resolved")
        CLOSED = "closed", _("Closed")
        REOPENED = "reopened", _("Reopened")
        BREACHED = "breached", _("Target missed")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=200)
    text = models.TextField(blank=True, max_length=10_000)
    channel = models.CharField(max_length=20, blank=True)
    is_reached = models.BooleanField(null=True)
    minutes = models.DecimalField(max_digits=7, decimal_places=2, default=0)
    goodwill = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    goodwill_currency = models.CharField(max_length=3, blank=True)

    objects = CaseEventQuerySet.as_manager()

    class Meta:
        ordering = ("at", "id")
        indexes = [models.Index(fields=["case", "at"], name="caseevent_timeline")]
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gte=0) & Q(goodwill__gte=0), name="caseevent_cost")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
