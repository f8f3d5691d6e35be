"""Journey > step > touchpoint (a step in one channel): the places that every piece of evidence is mapped to (R 4.15)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import Editable, Outward
from apps.journeys.querysets import JourneyQuerySet, StepQuerySet, TouchpointQuerySet


class Channel(models.TextChoices):
    STORE = "store", _("Store")
    PHONE = "phone", _("Phone")
    WEB = "web", _("Web")
    APP = "app", _("App")
    EMAIL = "email", _("E-mail")
    CHAT = "chat", _("Chat")
    SOCIAL = "social", _("Social media")
    FIELD = "field", _("Field visit")
    POST = "post", _("Post or parcel")
    MARKETPLACE = "marketplace", _("Marketplace")
    OTHER = "other", _("Other")


class Journey(Editable):
    """A path that customers walk, from their point of view."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    summary = models.TextField(_("what the customer wants to achieve"), blank=True, max_length=2000)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    is_active = models.BooleanField(_("active"), default=True)

    objects = JourneyQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("journeys:detail", args=[self.uid])


class Step(Outward):
    """One step of a journey, in order; a moment of truth makes or breaks the relationship (R 3.11)."""

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="steps")
    key = models.SlugField(_("key"), max_length=60)
    name = models.CharField(_("name"), max_length=120)
    position = models.PositiveSmallIntegerField(_("position"))
    is_moment_of_truth = models.BooleanField(_("moment of truth"), default=False)
    owner_unit = models.ForeignKey(
        "accounts.Unit",
        verbose_name=_("owner unit"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    expected = models.TextField(_("what customers expect"), blank=True, max_length=2000)
    experienced = models.TextField(_("what they experience"), blank=True, max_length=2000)
    version = models.PositiveIntegerField(default=1)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ("journey_id", "position", "id")
        constraints = [
            models.UniqueConstraint(fields=["journey", "key"], name="step_key_once"),
            models.UniqueConstraint(
                fields=["journey", "position"],
                name="step_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Touchpoint(Outward):
    """A step in one channel: where evidence lands. `key` is stable and unique, for files."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="touchpoints")
    channel = models.CharField(_("channel"), max_length=20, choices=Channel)
    key = models.SlugField(_("key"), max_length=120, unique=True)
    owner_unit = models.ForeignKey(
        "accounts.Unit",
        verbose_name=_("owner unit"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    is_active = models.BooleanField(_("active"), default=True)
    version = models.PositiveIntegerField(default=1)

    objects = TouchpointQuerySet.as_manager()

    class Meta:
        ordering = ("step_id", "channel", "id")
        constraints = [models.UniqueConstraint(fields=["step", "channel"], name="touchpoint_once")]

    def __str__(self) -> str:
        return f"{self.step} ({self.get_channel_display()})"
