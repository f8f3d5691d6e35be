"""Shapes of what people type on the pages of initiatives."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Unit, User
from apps.core.actor import Actor
from apps.core.forms import VersionedForm
from apps.initiatives.models import (
    CostLine,
    Initiative,
    InvestmentClass,
    InvestmentType,
    KpiLink,
    ReturnType,
    Treatment,
)
from apps.kpis.models import Kpi, ValueModel

BLANK = [("", "–")]
YES_NO = [("", "–"), ("yes", _("Yes")), ("no", _("No"))]


def choices_of(name: str) -> list[Any]:
    return list(Initiative._meta.get_field(name).choices or ())


def area(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def money_field(label: Any, help_text: Any = "", *, required: bool = False) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=help_text, required=required, min_value=0, max_digits=14, decimal_places=2
    )


class UnitChoice(forms.ModelChoiceField):
    """Units, indented as the tree is."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{'– ' * (obj.depth - 1)}{obj.name}"


class ActorForm(forms.Form):
    """A form whose choices depend on who looks."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor


class AnswerFields(forms.Form):
    """What the gates ask for (R 0.05, 0.08, 0.09, 2.04, 2.15); each may be answered earlier."""

    budget = money_field(_("Budget"), _("All in, for example 60000."))
    stays_6m = forms.IntegerField(
        label=_("% of the return left 6 months after spending stops"), required=False, min_value=0, max_value=100,
        help_text=_("100: it stays without further spending. 0: it is gone."),
    )  # fmt: skip
    stays_12m = forms.IntegerField(
        label=_("% left after 12 months"), required=False, min_value=0, max_value=100
    )
    stays_24m = forms.IntegerField(
        label=_("% left after 24 months"), required=False, min_value=0, max_value=100
    )
    cost_per_1000 = money_field(_("Cost per extra 1,000 customers"), _("What growing further would cost."))
    customer_gain = forms.CharField(
        label=_("What the customer gains"), required=False, max_length=1000, widget=area(2)
    )
    company_gain = forms.CharField(
        label=_("What the company gains"), required=False, max_length=1000, widget=area(2)
    )
    trust_risk = forms.ChoiceField(
        label=_("Risk to customers' trust"), required=False, choices=BLANK + choices_of("trust_risk"),
        help_text=_("High: a second person approves."),
    )  # fmt: skip
    is_comfortable_public = forms.TypedChoiceField(
        label=_("Would we be comfortable if customers read this?"), required=False, choices=YES_NO,
        coerce=lambda text: text == "yes", empty_value=None,
    )  # fmt: skip
    advocate = forms.CharField(
        label=_("Named advocate in leadership"), required=False, max_length=120,
        help_text=_("A person who will speak for it when it is cut, for example the head of service."),
    )  # fmt: skip
    no_advocate_reason = forms.CharField(label=_("or the reason for none"), required=False, max_length=300)
    operational_owner = forms.CharField(
        label=_("Operational owner outside CX"),
        required=False,
        max_length=120,
        help_text=_("Who runs what changes."),
    )
    revenue_owner = forms.CharField(label=_("Revenue owner outside CX"), required=False, max_length=120)
    transformation = forms.CharField(
        label=_("Intended transformation"), required=False, max_length=2000, widget=area(2),
        help_text=_("For analyses: what will change because of it. Without, it is spending without a return."),
    )  # fmt: skip
    transformation_owner = forms.CharField(label=_("Who will transform"), required=False, max_length=120)
    transformation_due_on = forms.DateField(label=_("Transformed by"), required=False, widget=day())
    review_on = forms.DateField(label=_("Review of sustainability on"), required=False, widget=day())


class InitiativeForm(ActorForm, AnswerFields):
    """Few fields first; the rest may wait until a gate asks."""

    first_fields = ("name", "summary", "unit", "investment_class", "owner", "version")
    name = forms.CharField(label=_("Name"), max_length=160, help_text=_("For example: Faster callbacks."))
    key = forms.SlugField(
        label=_("Key"), max_length=40, required=False,
        help_text=_("Short and stable, for files. Left empty, it is made from the name."),
    )  # fmt: skip
    summary = forms.CharField(
        label=_("What we do, for whom, and why"), required=False, max_length=4000, widget=area(3),
        help_text=_("Write it from the customer's side: easier for them, rather than more sales for us."),
    )  # fmt: skip
    unit = UnitChoice(label=_("Unit"), queryset=Unit.objects.none(), to_field_name="key")
    investment_class = forms.ChoiceField(label=_("Class"), choices=BLANK + list(InvestmentClass.choices))
    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none(), to_field_name="uid")
    investment_type = forms.ModelChoiceField(
        label=_("Type"), queryset=InvestmentType.objects.none(), to_field_name="key", required=False
    )
    objective = forms.ChoiceField(
        label=_("Objective"), required=False, choices=BLANK + choices_of("objective")
    )
    nature = forms.ChoiceField(label=_("Fix or enhancement"), choices=choices_of("nature"))
    return_types = forms.MultipleChoiceField(
        label=_("Returns claimed"),
        required=False,
        choices=ReturnType.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    is_quick_win = forms.BooleanField(label=_("Quick win"), required=False)
    sponsor = forms.ModelChoiceField(
        label=_("Sponsor"), queryset=User.objects.none(), to_field_name="uid", required=False
    )
    currency = forms.CharField(
        label=_("Currency"),
        required=False,
        min_length=3,
        max_length=3,
        help_text=_("Empty: the organisation's."),
    )
    expected_months_to_effect = forms.IntegerField(
        label=_("Expected months to effect"), required=False, min_value=0, max_value=120
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.visible_to(self.actor).filter(is_active=True)
        for name, rows in {
            "unit": Unit.objects.visible_to(self.actor).filter(is_active=True),
            "owner": people,
            "sponsor": people,
            "investment_type": InvestmentType.objects.visible_to(self.actor).filter(is_active=True),
        }.items():
            self.fields[name].queryset = rows


class InitiativeEditForm(InitiativeForm, VersionedForm):
    key = None  # type: ignore[assignment]  # files and programs know it by its key


class GateForm(ActorForm, AnswerFields, VersionedForm):
    """The decision and all that the gate asks for; `asked` are the fields of this move, the others are left out."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=2000,
        widget=area(3),
        help_text=_("What speaks for it, and what would make us stop."),
    )
    ends_on = forms.DateField(
        label=_("End what still runs on"), required=False, widget=day(),
        help_text=_("Treatments and monthly costs without an end get this one. Empty: they go on."),
    )  # fmt: skip

    def __init__(
        self, *args: Any, asked: tuple[str, ...], missing: tuple[str, ...], is_end: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        with_them = {
            "advocate": ("no_advocate_reason",),
            "operational_owner": ("revenue_owner",),
            "transformation": ("transformation_owner", "transformation_due_on"),
            "stays_24m": ("review_on",),
        }
        kept = {"reason", "version", *asked, *(extra for code in asked for extra in with_them.get(code, ()))}
        kept |= {"ends_on"} if is_end else set()
        if "summary" in asked:
            self.fields["summary"] = InitiativeForm.base_fields["summary"]
        for name in [name for name in self.fields if name not in kept]:
            del self.fields[name]
        first = [code for code in missing if code in self.fields]
        first += [extra for code in first for extra in with_them.get(code, ())]
        self.first_fields = ("reason", "ends_on", "version", *first)  # what is answered folds away
        self.order_fields(["reason", "ends_on", *first])


class CostForm(ActorForm, VersionedForm):
    first_fields = ("label", "amount", "rhythm", "starts_on", "ends_on", "plan", "version")
    label = forms.CharField(label=_("What for"), max_length=160, help_text=_("For example: licences."))
    amount = money_field(_("Amount"), _("Per month when it runs, else in total."), required=True)
    rhythm = forms.ChoiceField(label=_("Rhythm"), choices=CostLine.Rhythm.choices)
    starts_on = forms.DateField(label=_("From"), widget=day())
    ends_on = forms.DateField(
        label=_("Last month"),
        required=False,
        widget=day(),
        help_text=_("A monthly cost without one goes on until ended."),
    )
    plan = forms.ChoiceField(label=_("Planned or actual"), choices=CostLine.Plan.choices, initial="actual")
    currency = forms.CharField(
        label=_("Currency"),
        required=False,
        min_length=3,
        max_length=3,
        help_text=_("Empty: the initiative's."),
    )
    is_capex = forms.BooleanField(label=_("Capital expenditure"), required=False)
    source = forms.CharField(
        label=_("Source"), required=False, max_length=120, help_text=_("For example: invoice 4711.")
    )


class TreatmentForm(ActorForm, VersionedForm):
    first_fields = ("unit", "starts_on", "ends_on", "assignment", "version")
    unit = UnitChoice(
        label=_("Unit"), queryset=Unit.objects.none(), to_field_name="key",
        help_text=_("A region stands for all units below it."),
    )  # fmt: skip
    starts_on = forms.DateField(label=_("Starts"), widget=day())
    ends_on = forms.DateField(
        label=_("First day off"), required=False, widget=day(), help_text=_("Empty: still running.")
    )
    assignment = forms.ChoiceField(
        label=_("How was it chosen?"), choices=Treatment._meta.get_field("assignment").choices, initial="other",
        help_text=_("Units chosen for poor results tend to recover by themselves; the computation corrects for it."),
    )  # fmt: skip
    chosen_until = forms.DateField(
        label=_("Results used for the choice, until"), required=False, widget=day(),
        help_text=_("If chosen for poor results: up to when those were."),
    )  # fmt: skip
    segment = forms.CharField(label=_("Segment of its customers"), required=False, max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.visible_to(self.actor)


class LinkForm(ActorForm, VersionedForm):
    kpi = forms.ModelChoiceField(label=_("KPI"), queryset=Kpi.objects.none(), to_field_name="key")
    value_model = forms.ModelChoiceField(
        label=_("Value model"), queryset=ValueModel.objects.none(), to_field_name="uid", required=False,
        help_text=_("What a KPI unit is worth. None: the KPI explains, but pays nothing."),
    )  # fmt: skip
    expected_effect = forms.FloatField(
        label=_("Expected effect"),
        required=False,
        help_text=_("In KPI units, per unit and period, for example 1.5."),
    )
    expected_sd = forms.FloatField(
        label=_("Its uncertainty"), required=False, min_value=0,
        help_text=_("One standard deviation: about two cases of three lie within it."),
    )  # fmt: skip
    lag_periods = forms.IntegerField(label=_("Lag in periods"), min_value=0, max_value=520, initial=0)

    def __init__(self, *args: Any, link: KpiLink | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kpi"].queryset = Kpi.objects.visible_to(self.actor).filter(is_active=True)
        models = ValueModel.objects.visible_to(self.actor).current()
        if link is not None:  # another KPI would be another link
            del self.fields["kpi"]
            models = ValueModel.objects.visible_to(self.actor).filter(
                Q(pk=link.value_model_id) | Q(is_active=True, superseded_by__isnull=True), kpi_id=link.kpi_id
            )
        self.fields["value_model"].queryset = models


class JournalForm(forms.Form):
    text = forms.CharField(label=_("What happened, what was learnt"), max_length=4000, widget=area(3))


class TypeForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    key = forms.SlugField(label=_("Key"), max_length=60, help_text=_("Short and stable, for files."))
    investment_class = forms.ChoiceField(label=_("Class"), choices=InvestmentClass.choices)


class TypeEditForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    is_active = forms.BooleanField(
        label=_("Active"), required=False, help_text=_("Off: not offered any more; what uses it keeps it.")
    )
