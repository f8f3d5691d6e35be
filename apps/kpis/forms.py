"""Shapes of what people type about KPIs, their values and what they are worth."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Unit, User
from apps.core.actor import Actor
from apps.kpis import builder, wording
from apps.kpis.models import Direction, Grain, KpiKind, Statistic, ValueModel

CONDITION_HELP = _(
    "Field, comparison, value. Empty: no condition. Several values of “is one of” stand with commas."
)


class UnitChoice(forms.ModelChoiceField):
    """The units one may choose, indented as the tree is."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{'– ' * (obj.depth - 1)}{obj.name}"


class ConditionWidget(forms.MultiWidget):
    template_name = "kpis/_condition.html"

    def __init__(self) -> None:
        operators = list(wording.OPERATORS.items())
        super().__init__(
            [
                forms.TextInput({"list": "kpi-fields", "placeholder": _("field"), "aria-label": _("Field")}),
                forms.Select({"aria-label": _("Comparison")}, choices=operators),
                forms.TextInput({"placeholder": _("value"), "aria-label": _("Value")}),
            ]
        )

    def decompress(self, value: Any) -> list[Any]:
        return list(value) if value else ["", "=", ""]


class ConditionField(forms.MultiValueField):
    """Field, comparison and value in one row; cleaned to a tuple of texts."""

    widget = ConditionWidget

    def __init__(self, **kwargs: Any) -> None:
        fields = [
            forms.CharField(required=False, max_length=100),
            forms.ChoiceField(required=False, choices=list(wording.OPERATORS.items())),
            forms.CharField(required=False, max_length=1000),
        ]
        super().__init__(fields, required=False, require_all_fields=False, **kwargs)

    def compress(self, data_list: list[Any]) -> tuple[str, str, str] | None:
        return tuple(data_list) if data_list else None  # type: ignore[return-value]


class KpiForm(forms.Form):
    """A metric of the dictionary; with an origin chosen, the rule it is computed by."""

    meaning_fields = ("name", "kind", "statistic", "direction", "grain", "unit_label", "target", "owner")
    text_fields = ("definition", "formula", "how_to_read", "key", "is_active")
    rule_fields = (
        "origin", "where_0", "where_1", "where_2", "where_3", "measure", "per", "hit", "split", "split_yes", "split_no",
    )  # fmt: skip

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("For example: Late deliveries."))
    kind = forms.ChoiceField(label=_("Kind"), choices=KpiKind.choices)
    statistic = forms.ChoiceField(
        label=_("Statistic"), choices=Statistic.choices,
        help_text=_("How answers or events become one number; it decides the interval."),
    )  # fmt: skip
    direction = forms.ChoiceField(label=_("Direction"), choices=Direction.choices)
    grain = forms.ChoiceField(label=_("Period"), choices=Grain.choices, initial=Grain.WEEK)
    unit_label = forms.CharField(
        label=_("Unit of measure"), max_length=30, required=False, help_text=_("points, %, visits, EUR")
    )
    target = forms.FloatField(label=_("Target"), required=False)
    owner = forms.ModelChoiceField(
        label=_("Owner"), queryset=User.objects.none(), required=False, empty_label=_("nobody yet")
    )
    definition = forms.CharField(
        label=_("Definition"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3}),
        help_text=_("What exactly is measured, in words that leave no doubt."),
    )  # fmt: skip
    formula = forms.CharField(
        label=_("Formula"),
        max_length=1000,
        required=False,
        help_text=_("For example: late parcels ÷ parcels."),
    )
    how_to_read = forms.CharField(
        label=_("How to read it"), max_length=2000, required=False, widget=forms.Textarea({"rows": 2})
    )
    key = forms.SlugField(
        label=_("Key"), max_length=60, required=False,
        help_text=_("Short and stable, for files and the API; made of the name when empty."),
    )  # fmt: skip
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)

    origin = forms.ChoiceField(
        label=_("Computed from"), required=False,
        choices=[("", _("Nothing: imported, sent by API or entered by hand")), *wording.ORIGINS.items()],
    )  # fmt: skip
    where_0 = ConditionField(label=_("Only rows where"), help_text=CONDITION_HELP)
    where_1 = ConditionField(label=_("and where"))
    where_2 = ConditionField(label=_("and also where"))
    where_3 = ConditionField(label=_("and finally where"))
    measure = forms.CharField(
        label=_("What is measured"), max_length=100, required=False,
        widget=forms.TextInput({"list": "kpi-fields"}),
        help_text=_("For means and sums: score, amount, minutes, attributes.days_late … Per customer also rows, days, product_lines."),
    )  # fmt: skip
    per = forms.ChoiceField(
        label=_("Counted"), required=False,
        choices=[("row", _("per row")), ("customer", _("per customer: rows of one customer are added up first"))],
    )  # fmt: skip
    hit = ConditionField(
        label=_("Counts as favourable when"),
        help_text=_("For shares and rates, for example score ≥ 4. Per customer the field is “measure”."),
    )
    split = ConditionField(
        label=_("Split by"),
        help_text=_(
            "A condition with two names for its sides, or only a field: then each of its values is a segment."
        ),
    )
    split_yes = forms.CharField(
        label=_("Name when it is so"), max_length=80, required=False, help_text=_("For example: late.")
    )
    split_no = forms.CharField(
        label=_("Name when it is not"), max_length=80, required=False, help_text=_("For example: on time.")
    )
    advanced = forms.CharField(
        label=_("The rule as JSON"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
        help_text=_("Leave empty to use the fields above; what stands here wins over them."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.visible_to(actor).filter(is_active=True).order_by("name")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]

    def clean_advanced(self) -> dict[str, Any] | None:
        given = self.cleaned_data["advanced"].strip()
        if not given:
            return None
        try:
            rule = json.loads(given)
        except ValueError as error:
            raise forms.ValidationError(_("This is not valid JSON: %(error)s") % {"error": error}) from None
        if not isinstance(rule, dict):
            raise forms.ValidationError(_("A JSON object is needed here."))
        return rule

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("key") and data.get("name"):
            data["key"] = slugify(data["name"])[:60]
            if not data["key"]:
                self.add_error("key", _("Give a key of letters and digits."))
        return data

    def values(self) -> dict[str, Any]:
        """The fields of the KPI, the rule among them."""
        data = self.cleaned_data
        names = (*self.meaning_fields, *self.text_fields)
        return {**{name: data[name] for name in names}, "derived": builder.build(data)}

    @property
    def meaning(self) -> list[forms.BoundField]:
        return [self[name] for name in self.meaning_fields]

    @property
    def texts(self) -> list[forms.BoundField]:
        return [self[name] for name in self.text_fields]

    @property
    def rule(self) -> list[forms.BoundField]:
        return [self[name] for name in self.rule_fields]


class ObservationForm(forms.Form):
    """One value by hand: a value, or the sums it is made of."""

    first_fields = ("unit", "period", "value", "n", "segment")
    unit = UnitChoice(label=_("Unit"), queryset=Unit.objects.none())
    period = forms.DateField(
        label=_("Period"), widget=forms.DateInput({"type": "date"}), help_text=_("Any day of the period.")
    )
    value = forms.FloatField(
        label=_("Value"), required=False, help_text=_("May be left out when sums are given.")
    )
    n = forms.IntegerField(label=_("Answers"), required=False, min_value=0)
    segment = forms.CharField(
        label=_("Segment"), required=False, max_length=80, help_text=_("Empty: all together.")
    )
    se = forms.FloatField(label=_("Standard error"), required=False, min_value=0)
    total = forms.FloatField(label=_("Sum of the measure"), required=False)
    total_sq = forms.FloatField(label=_("Sum of its squares"), required=False)
    hits = forms.IntegerField(label=_("Favourable answers or events"), required=False, min_value=0)
    promoters = forms.IntegerField(label=_("Promoters"), required=False, min_value=0)
    detractors = forms.IntegerField(label=_("Detractors"), required=False, min_value=0)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.visible_to(actor)  # type: ignore[attr-defined]


class ValueModelForm(forms.Form):
    """What one unit of a KPI is worth."""

    first_fields = ("name", "amount", "amount_sd", "currency", "side", "basis", "is_cash", "evidence")
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("For example: Margin of a retained customer.")
    )
    amount = forms.DecimalField(
        label=_("Money per KPI unit"), max_digits=14, decimal_places=4,
        help_text=_("Margin, not revenue. For a share: money per percentage point."),
    )  # fmt: skip
    amount_sd = forms.DecimalField(
        label=_("Its uncertainty (standard deviation)"), max_digits=14, decimal_places=4, min_value=0, initial=0,
        help_text=_("It widens the range of every return computed with it."),
    )  # fmt: skip
    currency = forms.CharField(label=_("Currency"), min_length=3, max_length=3)
    side = forms.ChoiceField(label=_("Save or make"), choices=ValueModel.Side.choices)
    basis = forms.ChoiceField(label=_("Basis"), choices=ValueModel.Basis.choices)
    is_cash = forms.BooleanField(
        label=_("Cash"), required=False, initial=True, help_text=_("No: saved time that frees nobody yet.")
    )
    evidence = forms.CharField(
        label=_("Source of the figure"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3}),
        help_text=_("Where it comes from, so that finance can check it."),
    )  # fmt: skip
    exposure = forms.ChoiceField(label=_("Times"), choices=ValueModel.Exposure.choices)
    exposure_fixed = forms.DecimalField(
        label=_("Fixed number"), max_digits=14, decimal_places=2, required=False,
        help_text=_("Customers, contacts or visits per unit and period."),
    )  # fmt: skip
    stream = forms.SlugField(
        label=_("Money stream"), max_length=60, initial="margin",
        help_text=_("The pot the money comes from; one KPI pays per stream and unit, so that nothing is counted twice."),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()
