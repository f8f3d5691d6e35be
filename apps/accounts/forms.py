"""Shapes of what people type on the accounts pages."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import ROLE_CHOICES, NumberFormat, Organisation, Scope, Unit
from apps.core.forms import VersionedForm

MONTHS = [
    (1, _("January")), (2, _("February")), (3, _("March")), (4, _("April")), (5, _("May")), (6, _("June")),
    (7, _("July")), (8, _("August")), (9, _("September")), (10, _("October")), (11, _("November")), (12, _("December")),
]  # fmt: skip


def zones() -> list[tuple[str, str]]:
    """All time zones with a city, for a choice that can be typed into."""
    return [
        (zone, zone.replace("_", " "))
        for zone in sorted(zoneinfo.available_timezones())
        if "/" in zone or zone == "UTC"
    ]


class UnitChoice(forms.ModelChoiceField):
    """The units one may choose, indented as the tree is."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{'– ' * (obj.depth - 1)}{obj.name}"


class OrganisationForm(VersionedForm):
    first_fields = ("name", "currency", "time_zone", "language", "fiscal_year_start", "logo")
    name = forms.CharField(label=_("Name"), max_length=120)
    logo = forms.FileField(label=_("Logo"), required=False, help_text=_("PNG or JPEG, at most 1 MB."))
    currency = forms.CharField(
        label=_("Currency"), max_length=3, min_length=3, help_text=_("Three letters, for example EUR.")
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    fiscal_year_start = forms.TypedChoiceField(label=_("Fiscal year starts in"), choices=MONTHS, coerce=int)
    discount_rate = forms.DecimalField(
        label=_("Discount rate per year"), min_value=0, max_value=1, max_digits=6, decimal_places=4,
        help_text=Organisation._meta.get_field("discount_rate").help_text,
    )  # fmt: skip
    minute_rate = forms.DecimalField(
        label=_("Cost of a working minute"), min_value=0, max_digits=8, decimal_places=2,
        help_text=Organisation._meta.get_field("minute_rate").help_text,
    )  # fmt: skip
    horizon_months = forms.IntegerField(label=_("Horizon of returns in months"), min_value=1, max_value=120)

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean_logo(self) -> Any:
        logo = self.cleaned_data["logo"]
        if not logo:
            return None
        head = logo.read(8)
        logo.seek(0)
        if logo.size > 1_000_000 or not (head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"))):
            raise forms.ValidationError(_("A PNG or JPEG picture of at most 1 MB is needed."))
        logo.name = "logo.png" if head.startswith(b"\x89PNG") else "logo.jpg"
        return logo


class SetupForm(forms.Form):
    """The first run: the organisation and its first administrator."""

    name = forms.CharField(label=_("Name of the organisation"), max_length=120)
    currency = forms.CharField(
        label=_("Currency"),
        max_length=3,
        min_length=3,
        initial="EUR",
        help_text=_("Three letters, for example EUR."),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones, initial="Europe/Berlin")
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    fiscal_year_start = forms.TypedChoiceField(
        label=_("Fiscal year starts in"), choices=MONTHS, coerce=int, initial=1
    )
    admin_name = forms.CharField(label=_("Your name"), max_length=120)
    admin_email = forms.EmailField(label=_("Your e-mail"))
    admin_password = forms.CharField(
        label=_("Your password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), min_length=12, max_length=200,
        help_text=_("At least 12 characters; a sentence is good."),
    )  # fmt: skip


class ProfileForm(VersionedForm):
    name = forms.CharField(label=_("Name"), max_length=120)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), required=False, choices=lambda: [("", _("As the organisation")), *zones()]
    )
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the organisation")), *settings.LANGUAGES]
    )
    number_format = forms.ChoiceField(label=_("Numbers"), choices=NumberFormat.choices)
    theme = forms.ChoiceField(
        label=_("Appearance"),
        required=False,
        choices=[("", _("As the device")), ("light", _("Light")), ("dark", _("Dark"))],
    )
    is_present = forms.BooleanField(
        label=_("I am at work"), required=False, help_text=_("While you are not, you get no new cases.")
    )


class InviteForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"), help_text=_("The invitation with a link goes here."))
    role = forms.ChoiceField(label=_("Role"), choices=ROLE_CHOICES)
    unit = UnitChoice(label=_("On this unit and below"), queryset=Unit.objects.none())

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class PersonForm(VersionedForm):
    name = forms.CharField(label=_("Name"), max_length=120)
    is_active = forms.BooleanField(
        label=_("May sign in"), required=False, help_text=_("Without it their sessions and keys end at once.")
    )


class MembershipForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=ROLE_CHOICES)
    unit = UnitChoice(label=_("On this unit and below"), queryset=Unit.objects.none())

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class UnitForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    key = forms.SlugField(
        label=_("Key"), max_length=60, help_text=_("Short and stable, for files: store-017.")
    )
    parent = UnitChoice(label=_("Below"), queryset=Unit.objects.none())

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = units  # type: ignore[attr-defined]


class UnitEditForm(VersionedForm):
    name = forms.CharField(label=_("Name"), max_length=120)
    is_active = forms.BooleanField(
        label=_("Active"), required=False, help_text=_("A closed unit keeps its past and takes nothing new.")
    )


class ApiKeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What uses it, for example “survey tool”.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("May be used to"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    expires_on = forms.DateField(
        label=_("Expires on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: never."),
    )
