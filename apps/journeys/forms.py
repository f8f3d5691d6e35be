"""Shapes of what people type about journeys, steps and touchpoints."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Unit, User
from apps.core.actor import Actor
from apps.core.forms import VersionedForm
from apps.journeys.models import Channel

KEY_HELP = _("Short and stable, for files. Empty: made of the name.")


def _text(label: Any, help_text: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, required=False, max_length=2000, help_text=help_text, widget=widget)


class ActorForm(forms.Form):
    """A form whose choices are those the actor may see."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "owner" in self.fields:
            self.fields["owner"].queryset = User.objects.visible_to(actor).filter(is_active=True)
        if "owner_unit" in self.fields:
            self.fields["owner_unit"].queryset = Unit.objects.visible_to(actor)


def _unit() -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        label=_("Owner unit"),
        queryset=Unit.objects.none(),
        to_field_name="key",
        required=False,
        help_text=_("Who answers for it."),
    )


class NewJourneyForm(ActorForm):
    first_fields = ("name", "summary", "owner")

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("As the customer would call it: “Moving house”.")
    )
    summary = _text(_("What the customer wants to achieve"), _("In their words, without our departments."))
    owner = forms.ModelChoiceField(
        label=_("Owner"), queryset=User.objects.none(), to_field_name="uid", required=False
    )
    key = forms.SlugField(label=_("Key"), max_length=60, required=False, help_text=KEY_HELP)
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)


class JourneyForm(NewJourneyForm, VersionedForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].required = True


class NewStepForm(ActorForm):
    first_fields = ("name", "is_moment_of_truth", "expected", "experienced", "owner_unit")

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("What the customer does: “Pay”, “Wait for delivery”.")
    )
    is_moment_of_truth = forms.BooleanField(
        label=_("Moment of truth"),
        required=False,
        help_text=_("Here the relationship is made or broken."),
    )
    expected = _text(_("What customers expect"), _("For example: an answer within the day."))
    experienced = _text(
        _("What they experience"), _("For example: two days, and they must tell their story twice.")
    )
    owner_unit = _unit()
    key = forms.SlugField(label=_("Key"), max_length=60, required=False, help_text=KEY_HELP)


class StepForm(NewStepForm, VersionedForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].required = True


class NewTouchpointForm(ActorForm):
    first_fields = ("channel", "owner_unit")

    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices)
    owner_unit = _unit()
    key = forms.SlugField(label=_("Key"), max_length=120, required=False, help_text=KEY_HELP)
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)


class TouchpointForm(NewTouchpointForm, VersionedForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].required = True
