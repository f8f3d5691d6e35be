"""How forms are drawn: the renderer's templates lie in templates/components/forms."""

from __future__ import annotations

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _


class CxFormRenderer(TemplatesSetting):
    form_template_name = "components/forms/form.html"
    field_template_name = "components/forms/field.html"


class VersionedForm(forms.Form):
    """A form that carries the version its author saw, so that a stale save is noticed."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, label=_("Version"))
