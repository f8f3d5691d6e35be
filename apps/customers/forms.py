"""Shapes of what people type about a customer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Unit, User
from apps.core.actor import Actor
from apps.core.forms import VersionedForm
from apps.customers.models import Consent, KeyDate


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class CustomerForm(VersionedForm):
    first_fields = ("name", "email", "phone", "segment")

    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(
        label=_("Phone"), max_length=40, required=False, help_text=_("With the country: +49 30 1234567.")
    )
    segment = forms.CharField(
        label=_("Segment"), max_length=60, required=False, help_text=_("For example family, business.")
    )
    language = forms.CharField(
        label=_("Language"), max_length=10, required=False, help_text=_("As in pt or pt-BR.")
    )
    since_on = forms.DateField(label=_("Customer since"), required=False, widget=DateInput)
    unit = forms.ModelChoiceField(
        label=_("Home unit"),
        queryset=Unit.objects.none(),
        to_field_name="key",
        help_text=_("Who may see this customer follows the home unit."),
    )
    account_owner = forms.ModelChoiceField(
        label=_("Account owner"), queryset=User.objects.none(), to_field_name="uid", required=False
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.visible_to(actor)
        self.fields["account_owner"].queryset = User.objects.visible_to(actor).filter(is_active=True)


class IdentityForm(forms.Form):
    system = forms.CharField(
        label=_("Source system"),
        max_length=60,
        help_text=_("The short name used in imports, for example crm."),
    )
    external_id = forms.CharField(
        label=_("Identity"), max_length=200, help_text=_("What that system calls this customer.")
    )


class KeyDateForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=KeyDate.Kind.choices)
    on = forms.DateField(label=_("Date"), widget=DateInput)
    note = forms.CharField(
        label=_("Note"), max_length=300, required=False, help_text=_("For example: call before offering.")
    )


class KeyDateEditForm(VersionedForm, KeyDateForm):
    pass


class ConsentForm(forms.Form):
    purpose = forms.ChoiceField(label=_("Purpose"), choices=Consent.Purpose.choices)
    is_given = forms.TypedChoiceField(
        label=_("May we contact them for it?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    source = forms.CharField(
        label=_("Said where"), max_length=60, help_text=_("For example phone, contract, preference page.")
    )
