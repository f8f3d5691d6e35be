"""How forms are drawn: the renderer's templates lie in templates/components/forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

# The look of a control by its input type; everything else is a text control.
CONTROL_CLASSES = {
    "select": "form-select",
    "checkbox": "form-check-input",
    "radio": "cx-choices",
    "checkboxes": "cx-choices",
    "hidden": "",
    "file": "form-control",
}


class CxBoundField(forms.BoundField):
    """A field that knows its look; the widget's own class stays in front."""

    @property
    def is_checkbox(self) -> bool:
        """A single box to tick: its label stands behind it."""
        return isinstance(self.field.widget, forms.CheckboxInput)

    @property
    def is_select(self) -> bool:
        """One of a list: an empty choice says what it is about."""
        return isinstance(self.field.widget, forms.Select)

    @property
    def is_multiple(self) -> bool:
        """Several values may be chosen."""
        return isinstance(self.field.widget, forms.SelectMultiple | forms.CheckboxSelectMultiple)

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        built = super().build_widget_attrs(attrs, widget)
        used = widget or self.field.widget
        look = CONTROL_CLASSES.get(_control(used), "form-control")
        own = str(used.attrs.get("class", ""))
        bad = "is-invalid" if self.errors and look else ""
        if css := " ".join(part for part in (own, look, bad) if part):
            built["class"] = css
        return built


def _control(widget: forms.Widget) -> str:
    if isinstance(widget, forms.RadioSelect):
        return "radio"
    if isinstance(widget, forms.CheckboxSelectMultiple):
        return "checkboxes"
    if isinstance(widget, forms.Select):
        return "select"
    return str(getattr(widget, "input_type", "") or "text")


class CxFormRenderer(TemplatesSetting):
    form_template_name = "components/forms/form.html"
    field_template_name = "components/forms/field.html"
    bound_field_class = CxBoundField


class VersionedForm(forms.Form):
    """A form that carries the version its author saw, so that a stale save is noticed."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, label=_("Version"))
