"""Shapes of what people type when they work on cases."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.cases import words
from apps.cases.models import Priority, Trigger
from apps.core.actor import Actor
from apps.core.forms import VersionedForm
from apps.customers.models import Customer


class PersonChoice(forms.ModelChoiceField):
    """One of the people who may own the case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=None, to_field_name="uid", **kwargs)


def area(rows: int, **attrs: Any) -> forms.Textarea:
    """A text box that grows with what is typed, as far as the browser can."""
    return forms.Textarea(attrs={"rows": rows, **attrs})


class CostFields(forms.Form):
    """Minutes and goodwill, which become investment."""

    minutes = forms.DecimalField(
        label=_("Minutes"), min_value=0, max_value=10_000, max_digits=7, decimal_places=2, required=False,
        help_text=_("Your working time, for example 12."),
    )  # fmt: skip
    goodwill = forms.DecimalField(
        label=_("Goodwill given"), min_value=0, max_value=1_000_000, max_digits=9, decimal_places=2, required=False,
        help_text=_("Money or the value of a gift, for example 10.00."),
    )  # fmt: skip

    def cost(self) -> dict[str, Any]:
        """What the verb takes: nothing typed is nothing spent."""
        return {"minutes": self.cleaned_data["minutes"] or 0, "goodwill": self.cleaned_data["goodwill"] or 0}


class TakeForm(VersionedForm):
    pass


class ContactForm(VersionedForm, CostFields):
    field_order = ("is_reached", "channel", "text", "minutes", "goodwill", "wish", "version")
    first_fields = ("is_reached", "channel", "text", "minutes")
    is_reached = forms.ChoiceField(
        label=_("Did you reach the customer?"),
        choices=[("yes", _("Yes, we spoke or they answered")), ("no", _("No, it was an attempt"))],
        widget=forms.RadioSelect,
    )
    channel = forms.ChoiceField(
        label=_("How"), choices=lambda: [(code, label()) for code, label in words.CHANNELS.items()]
    )
    text = forms.CharField(
        label=_("What was said"), required=False, max_length=10_000, widget=area(3),
        help_text=_("For example: wants the parcel by Friday; I promised to call on Thursday."),
    )  # fmt: skip
    wish = forms.CharField(
        label=_("What the customer wants, in their words"), required=False, max_length=500, widget=area(2)
    )


class ResolveForm(VersionedForm, CostFields):
    field_order = ("cause", "department", "resolution", "minutes", "goodwill", "version")
    first_fields = ("cause", "department", "resolution")
    cause = forms.CharField(
        label=_("What went wrong"),
        max_length=300,
        help_text=_("The cause in a few words: address was not updated."),
    )
    department = forms.ModelChoiceField(
        label=_("Where it originated"), queryset=None, required=False, to_field_name="key",
        help_text=_("The department or process that caused it, not the one that repaired it."),
    )  # fmt: skip
    resolution = forms.CharField(label=_("What was done"), max_length=4000, widget=area(3))

    def __init__(self, *args: Any, departments: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = departments  # type: ignore[attr-defined]


class CloseForm(VersionedForm):
    outcome = forms.ChoiceField(
        label=_("The customer's answer"),
        choices=[
            ("confirmed", _("Confirmed: it is solved")),
            ("unconfirmed", _("No answer after documented attempts")),
        ],
        widget=forms.RadioSelect,
    )
    score_after = forms.DecimalField(
        label=_("Score afterwards"), required=False, max_digits=6, decimal_places=2,
        help_text=_("On the same scale as before, when the customer gave one."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("In the customer's words"), required=False, max_length=4000, widget=area(2)
    )


class ReopenForm(VersionedForm):
    reason = forms.CharField(label=_("Why it is taken up again"), max_length=1000, widget=area(2))


class NoteForm(forms.Form):
    text = forms.CharField(label=_("Note"), max_length=10_000, widget=area(3))


class GiveForm(VersionedForm):
    """Assign or hand over: to whom, with which words."""

    to = PersonChoice(label=_("To"))
    note = forms.CharField(label=_("What is left to do"), required=False, max_length=1000, widget=area(2))

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people  # type: ignore[attr-defined]


class BulkGiveForm(forms.Form):
    to = PersonChoice(label=_("To"))
    note = forms.CharField(label=_("Note"), required=False, max_length=1000, widget=area(2))

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people  # type: ignore[attr-defined]


class NewCaseForm(forms.Form):
    first_fields = ("subject", "unit", "wish", "customer")
    subject = forms.CharField(label=_("What it is about"), max_length=200)
    wish = forms.CharField(
        label=_("What the customer wants, in their words"), required=False, max_length=500, widget=area(2)
    )
    unit = forms.ModelChoiceField(label=_("Unit"), queryset=None, to_field_name="key")
    customer = forms.CharField(
        label=_("Customer"), required=False, max_length=254,
        help_text=_("E-mail, phone or an identity such as a customer number; leave empty when unknown."),
    )  # fmt: skip
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Priority.choices, coerce=int, initial=Priority.NORMAL
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class LinesField(forms.CharField):
    """Several words or phrases, one per line or separated by commas."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> list[str]:
        text = super().to_python(value) or ""
        return [part.strip() for line in text.splitlines() for part in line.split(",") if part.strip()]

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class RuleForm(forms.Form):
    first_fields = ("name", "trigger", "unit", "score_at_most", "first_contact_hours", "resolution_hours")
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("For example: bad delivery review."))
    trigger = forms.ChoiceField(label=_("Opened by"), choices=Trigger.choices)
    unit = forms.ModelChoiceField(label=_("For this unit and below"), queryset=None, to_field_name="key")
    score_at_most = forms.DecimalField(
        label=_("Score at most"), required=False, max_digits=6, decimal_places=2,
        help_text=_("On the source's own scale, for example 2 of 1–5. Empty: any score."),
    )  # fmt: skip
    first_contact_hours = forms.DecimalField(
        label=_("First contact within hours"), min_value=0.25, max_digits=7, decimal_places=2, initial=24
    )
    resolution_hours = forms.DecimalField(
        label=_("Resolved within hours"), min_value=0.25, max_digits=7, decimal_places=2, initial=120
    )
    words = LinesField(
        label=_("Any of these words"), required=False, max_length=4000,
        help_text=_("One per line; “cancel” also finds “cancelled”. Empty: any words."),
        widget=area(3),
    )  # fmt: skip
    sources = forms.ModelMultipleChoiceField(
        label=_("Only these sources"), queryset=None, required=False, to_field_name="key"
    )
    event_kinds = LinesField(
        label=_("These event kinds"), required=False, max_length=4000, widget=area(2),
        help_text=_("For operational events, for example payment_failed. Empty: every event that went wrong."),
    )  # fmt: skip
    minimum_value = forms.DecimalField(
        label=_("Customer value of at least"), required=False, max_digits=14, decimal_places=2, min_value=0
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Priority.choices, coerce=int, initial=Priority.NORMAL
    )
    position = forms.IntegerField(
        label=_("Order"), min_value=0, max_value=32_000, initial=100,
        help_text=_("Smaller numbers are asked first; the first rule that matches wins."),
    )  # fmt: skip
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)

    def __init__(self, *args: Any, units: Any, sources: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["sources"].queryset = sources  # type: ignore[attr-defined]


def find_customer(actor: Actor, text: str) -> Customer | None:
    """The one customer that an e-mail, a phone number or an identity names, else None."""
    from apps.customers.selectors import customers_search

    rows = customers_search(Customer.objects.visible_to(actor).canonical(), text.strip())
    exact = list(rows[:2])
    return exact[0] if len(exact) == 1 else None
