"""Shapes of what people type about sources."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Unit
from apps.core.actor import Actor
from apps.feedback.models import ScoreKind, SourceKind
from apps.journeys.models import Touchpoint


class UnitChoice(forms.ModelChoiceField):
    """The units one may choose, indented as the tree is."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{'– ' * (obj.depth - 1)}{obj.name}"


class TouchpointChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.step.journey} › {obj}"


class SourceForm(forms.Form):
    first_fields = ("name", "kind", "score_kind", "scale_min", "scale_max", "unit")
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("For example: Store survey."))
    kind = forms.ChoiceField(label=_("Kind"), choices=SourceKind.choices)
    score_kind = forms.ChoiceField(label=_("Score"), choices=ScoreKind.choices, initial=ScoreKind.NONE)
    scale_min = forms.DecimalField(
        label=_("Lowest score"), max_digits=6, decimal_places=2, initial=0, help_text=_("For example 1.")
    )
    scale_max = forms.DecimalField(
        label=_("Highest score"), max_digits=6, decimal_places=2, initial=10, help_text=_("For example 5.")
    )
    unit = UnitChoice(
        label=_("Unit"), queryset=Unit.objects.none(), help_text=_("Taken for answers that name no unit.")
    )
    touchpoint = TouchpointChoice(
        label=_("Touchpoint"),
        queryset=Touchpoint.objects.none(),
        required=False,
        help_text=_("Taken for answers that name none."),
    )
    key = forms.SlugField(
        label=_("Key"),
        max_length=60,
        required=False,
        help_text=_("Short and stable, for files and the API; made of the name when empty."),
    )
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.visible_to(actor)  # type: ignore[attr-defined]
        self.fields["touchpoint"].queryset = (  # type: ignore[attr-defined]
            Touchpoint.objects.visible_to(actor)
            .select_related("step__journey")
            .order_by("step__journey__name", "step__position", "channel")
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("key") and data.get("name"):
            data["key"] = slugify(data["name"])[:60]
            if not data["key"]:
                self.add_error("key", _("Give a key of letters and digits."))
        return data
