"""People, the tree of units, who holds which role where, and keys for programs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node

from apps.accounts.querysets import (
    ApiKeyQuerySet,
    DepartmentQuerySet,
    MembershipQuerySet,
    SavedViewQuerySet,
    UnitManager,
    UserQuerySet,
)
from apps.core.actor import Role
from apps.core.ids import new_uid
from apps.core.models import Editable, Outward

ROLE_LABELS = {
    Role.FRONTLINE: _("Frontline"),
    Role.TEAM_LEAD: _("Team lead"),
    Role.CX_MANAGER: _("CX manager"),
    Role.ANALYST: _("Analyst"),
    Role.FINANCE: _("Finance"),
    Role.EXECUTIVE: _("Executive"),
    Role.ADMINISTRATOR: _("Administrator"),
}
ROLE_CHOICES = [(role.value, label) for role, label in ROLE_LABELS.items()]


class NumberFormat(models.TextChoices):
    ENGLISH = "1,234.56", "1,234.56"
    GERMAN = "1.234,56", "1.234,56"
    FRENCH = "1 234,56", "1 234,56"
    SWISS = "1’234.56", "1’234.56"


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person without any membership; with no password they set one by the invitation's link."""
        user: User = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, Editable):
    """A person of the organisation, who signs in by e-mail."""

    PERSONAL: ClassVar = {"email", "name", "time_zone", "language", "last_login"}

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=120)
    is_active = models.BooleanField(_("may sign in"), default=True)
    time_zone = models.CharField(
        _("time zone"), max_length=60, blank=True, help_text=_("Empty: the organisation's zone.")
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    number_format = models.CharField(
        _("numbers"), max_length=12, choices=NumberFormat, default=NumberFormat.ENGLISH
    )
    theme = models.CharField(
        _("appearance"),
        max_length=8,
        choices=[("", _("As the device")), ("light", _("Light")), ("dark", _("Dark"))],
        blank=True,
    )
    is_present = models.BooleanField(
        _("at work"), default=True, help_text=_("Absent people get no new cases.")
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    class Meta:
        ordering = ("name", "id")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email


class Unit(MP_Node):
    """A business unit: company > region > store. What people see follows this tree."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    key = models.SlugField(
        _("key"), max_length=60, unique=True, help_text=_("Short and stable, for files: store-017.")
    )
    name = models.CharField(_("name"), max_length=120)
    is_active = models.BooleanField(_("active"), default=True)
    version = models.PositiveIntegerField(default=1)

    node_order_by: ClassVar[list[str]] = []
    objects = UnitManager()

    def __str__(self) -> str:
        return self.name


class Department(Outward):
    """A department or process that may cause failures elsewhere (R 0.07)."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    is_active = models.BooleanField(_("active"), default=True)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A role on a unit and everything below it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=ROLE_CHOICES)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="memberships")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "unit"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]), name="membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{ROLE_LABELS[Role(self.role)]}, {self.unit}"


class Scope(models.TextChoices):
    """What an API key may be used for; its owner's roles limit it further."""

    READ = "read", _("Read everything its owner may see")
    INTAKE = "intake", _("Send feedback, KPI values and files")
    CASES = "cases", _("Work on cases")
    PROGRAM = "program", _("Edit initiatives, KPIs and journeys")
    ADMIN = "admin", _("Manage people and settings")


class ApiKey(Outward):
    """A key for a program. Shown once; only its SHA-256 is kept (the secret has 256 random bits)."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Organisation(models.Model):
    """The one organisation of this installation."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(_("name"), max_length=120)
    logo = models.FileField(_("logo"), upload_to="logo/", blank=True)
    currency = models.CharField(
        _("currency"), max_length=3, default="EUR", help_text=_("Three letters, for example EUR.")
    )
    time_zone = models.CharField(_("time zone"), max_length=60, default="Europe/Berlin")
    language = models.CharField(_("language"), max_length=10, default="en-gb")
    fiscal_year_start = models.PositiveSmallIntegerField(
        _("fiscal year starts in month"), default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    discount_rate = models.DecimalField(
        _("discount rate per year"),
        max_digits=6,
        decimal_places=4,
        default="0.0800",
        help_text=_("Used for net present values: 0.08 is 8 %."),
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    minute_rate = models.DecimalField(
        _("cost of a working minute"),
        max_digits=8,
        decimal_places=2,
        default="0.70",
        help_text=_("Turns the minutes logged on cases into money (R 0.04)."),
        validators=[MinValueValidator(0)],
    )
    horizon_months = models.PositiveSmallIntegerField(
        _("horizon of returns in months"),
        default=36,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
    )
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="organisation_one"),
            models.CheckConstraint(
                condition=models.Q(fiscal_year_start__gte=1, fiscal_year_start__lte=12),
                name="organisation_fiscal_month",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SavedView(Outward):
    """A named set of filters of one list page."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    page_key = models.CharField(max_length=60)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=2000)
    is_shared = models.BooleanField(_("shared with everybody who sees this page"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["user", "page_key", "name"], name="savedview_once")]

    def __str__(self) -> str:
        return self.name
