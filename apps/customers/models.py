"""The customer, who they are in each source system, and what happened to them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import Editable, Outward
from apps.customers.querysets import (
    CustomerPartQuerySet,
    CustomerQuerySet,
    EvidenceQuerySet,
)


class Customer(Editable):
    """A person or company we serve. Merging (later) sets `merged_into`; no row is repointed, reads follow the pointer."""

    PERSONAL: ClassVar = {
        "name", "email", "email_key", "phone", "phone_key", "language", "since_on", "value_12m", "value_band", "attributes",
    }  # fmt: skip

    name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    email_key = models.CharField(max_length=254, blank=True, help_text=_("Normalised, for matching."))
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    phone_key = models.CharField(max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    segment = models.CharField(_("segment"), max_length=60, blank=True)
    unit = models.ForeignKey(
        "accounts.Unit", verbose_name=_("home unit"), on_delete=models.PROTECT, related_name="+"
    )
    since_on = models.DateField(_("customer since"), null=True, blank=True)
    value_12m = models.DecimalField(
        _("value of the last 12 months"),
        max_digits=14,
        decimal_places=2,
        null=True,
        help_text=_("Sum of purchases."),
    )
    value_currency = models.CharField(
        _("currency of the value"),
        max_length=3,
        blank=True,
        help_text=_("The one this customer mostly pays in; amounts in others are not converted."),
    )
    value_band = models.CharField(
        _("value"),
        max_length=6,
        blank=True,
        choices=[("high", _("High")), ("medium", _("Medium")), ("low", _("Low"))],
    )
    account_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    attributes = models.JSONField(_("further attributes"), default=dict, blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged_from"
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["unit", "-id"], name="customer_unit"),
            models.Index(fields=["email_key"], name="customer_email", condition=~Q(email_key="")),
            models.Index(fields=["phone_key"], name="customer_phone", condition=~Q(phone_key="")),
            models.Index(fields=["segment"], name="customer_segment"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(merged_into=models.F("id")), name="customer_not_merged_into_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(_("Customer %(number)s") % {"number": self.pk})

    def get_absolute_url(self) -> str:
        return reverse("customers:detail", args=[self.uid])


class Identity(Outward):
    """What one source system calls the customer: (system, external id) is exact and unique (R 1.05)."""

    PERSONAL: ClassVar = {"external_id"}

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities")
    system = models.CharField(_("system"), max_length=60)
    external_id = models.CharField(_("identity"), max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CustomerPartQuerySet.as_manager()

    class Meta:
        ordering = ("system", "id")
        constraints = [models.UniqueConstraint(fields=["system", "external_id"], name="identity_once")]
        indexes = [models.Index(fields=["external_id"], name="identity_of_any_system")]

    def __str__(self) -> str:
        return f"{self.system}: {self.external_id}"


class Evidence(Outward):
    """What interactions and purchases share: whose, where, when, from which system, under which id there."""

    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.SET_NULL, related_name="%(class)ss"
    )
    unit = models.ForeignKey("accounts.Unit", on_delete=models.PROTECT, related_name="+")
    touchpoint = models.ForeignKey(
        "journeys.Touchpoint", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    system = models.CharField(_("system"), max_length=60)
    external_id = models.CharField(_("external id"), max_length=200)
    happened_at = models.DateTimeField(_("when"))
    local_date = models.DateField(_("day"), help_text=_("The day in the organisation's zone, for rollups."))
    received_at = models.DateTimeField(auto_now_add=True)
    attributes = models.JSONField(_("further attributes"), default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)

    PERSONAL: ClassVar = {"attributes", "external_id"}

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        abstract = True


class Interaction(Evidence):
    """A contact or an operational event: a call, a visit, a delivery, a failed payment."""

    PERSONAL: ClassVar = {*Evidence.PERSONAL, "summary"}

    kind = models.CharField(
        _("kind"), max_length=40, help_text=_("For example call, visit, delivered, payment_failed.")
    )
    summary = models.CharField(_("what happened"), max_length=500, blank=True)
    is_failure = models.BooleanField(_("something went wrong"), default=False)
    minutes = models.DecimalField(_("minutes"), max_digits=8, decimal_places=2, null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "external_id"], name="interaction_once")]
        indexes = [
            models.Index(fields=["customer", "-happened_at"], name="interaction_customer"),
            models.Index(fields=["unit", "local_date"], name="interaction_unit_day"),
            models.Index(fields=["touchpoint", "-happened_at"], name="interaction_touchpoint"),
            models.Index(fields=["-happened_at", "-id"], name="interaction_newest"),
            models.Index(fields=["kind", "-happened_at"], name="interaction_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.happened_at:%Y-%m-%d}"


class Purchase(Evidence):
    """Money a customer spent (or got back, when negative)."""

    PERSONAL: ClassVar = {*Evidence.PERSONAL, "order_ref"}

    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    margin = models.DecimalField(_("margin"), max_digits=14, decimal_places=2, null=True, blank=True)
    product_line = models.CharField(_("product line"), max_length=80, blank=True)
    order_ref = models.CharField(_("order"), max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "external_id"], name="purchase_once"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="purchase_currency"),
        ]
        indexes = [
            models.Index(fields=["customer", "-happened_at"], name="purchase_customer"),
            models.Index(fields=["unit", "local_date"], name="purchase_unit_day"),
            models.Index(fields=["-happened_at", "-id"], name="purchase_newest"),
            models.Index(fields=["product_line"], name="purchase_line"),
            models.Index(fields=["currency"], name="purchase_in_currency"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.happened_at:%Y-%m-%d}"


class KeyDate(Outward):
    """A date on which to reach out: renewal, contract end, review, price change (R 4.07)."""

    class Kind(models.TextChoices):
        RENEWAL = "renewal", _("Renewal")
        CONTRACT_END = "contract_end", _("Contract end")
        REVIEW = "review", _("Annual review")
        PRICE_CHANGE = "price_change", _("Price change")
        OTHER = "other", _("Other")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="key_dates")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    on = models.DateField(_("date"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    PERSONAL: ClassVar = {"note"}

    objects = CustomerPartQuerySet.as_manager()

    class Meta:
        ordering = ("on", "id")
        constraints = [models.UniqueConstraint(fields=["customer", "kind", "on"], name="keydate_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.on}"


class Consent(Outward):
    """May we contact this customer for this purpose? Each change is a new row; the newest counts."""

    PERSONAL: ClassVar = {"is_given", "source"}

    class Purpose(models.TextChoices):
        SURVEY = "survey", _("Surveys")
        OFFER = "offer", _("Offers")
        SERVICE = "service", _("Service")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    is_given = models.BooleanField(_("may contact"))
    recorded_at = models.DateTimeField(_("recorded"))
    source = models.CharField(_("said where"), max_length=60)

    objects = CustomerPartQuerySet.as_manager()

    class Meta:
        ordering = ("-recorded_at", "-id")
        indexes = [models.Index(fields=["customer", "purpose", "-recorded_at"], name="consent_current")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.is_given}"
