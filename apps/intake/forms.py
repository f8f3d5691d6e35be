from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.intake.fields import ATTRIBUTE, KINDS
from apps.intake.mapping import Mapping
from apps.intake.models import ImportMapping
from apps.intake.presets import PRESETS
from apps.intake.reading.sniff import ENCODINGS
from apps.intake.selectors import ColumnView, field_choices

DELIMITERS = ((",", ","), (";", ";"), ("\t", gettext_lazy("tab")), ("|", "|"))


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or several uploaded files as a list."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        single = super().clean
        files = data if isinstance(data, (list, tuple)) else [data]
        return [single(each, initial) for each in files] or [single(None, initial)]


class UploadForm(forms.Form):
    first_fields = ("files", "kind", "preset")
    files = FilesField(
        label=gettext_lazy("File"),
        widget=SeveralFiles(attrs={"accept": ".csv,.txt,.tsv,.xlsx", "class": "form-control"}),
        help_text=gettext_lazy(
            "CSV or Excel (.xlsx), up to 200 MB. Drop it here or pick it. Several only for a bundle."
        ),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What it holds"),
        required=False,
        help_text=gettext_lazy("Left open, it is guessed from the column names."),
    )
    preset = forms.ChoiceField(
        label=gettext_lazy("Bundle"),
        required=False,
        help_text=gettext_lazy("Several files that belong together, with a mapping that is shipped."),
    )
    unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit for rows that name none"), queryset=None, required=False, to_field_name="key"
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["kind"].choices = [
            ("", _("Guess from the columns")),
            *((k, s.label) for k, s in KINDS.items()),
        ]  # type: ignore[attr-defined]
        self.fields["preset"].choices = [
            ("", _("None: one file")),
            *((k, b.name) for k, b in PRESETS.items()),
        ]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        names = {each.name for each in data.get("files", [])}
        if len(names) > 1 and not data.get("preset"):
            fitting = [key for key, bundle in PRESETS.items() if set(bundle.files) <= names]
            if fitting:
                data["preset"] = fitting[0]
            else:
                self.add_error("files", _("Give one file at a time, or choose the bundle they belong to."))
        return data


class MapForm(forms.Form):
    """What each column means and how the file is written; `document()` is the mapping it makes."""

    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), required=False)
    delimiter = forms.ChoiceField(label=gettext_lazy("Delimiter"), required=False, choices=DELIMITERS)
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"), required=False)
    decimal_sign = forms.ChoiceField(
        label=gettext_lazy("Decimal sign"),
        required=False,
        choices=(("", gettext_lazy("As the file shows")), (".", "1234.5"), (",", "1234,5")),
    )
    date_order = forms.ChoiceField(
        label=gettext_lazy("Order in dates"),
        required=False,
        choices=(
            ("", gettext_lazy("As the file shows")),
            ("ymd", gettext_lazy("year, month, day")),
            ("dmy", gettext_lazy("day, month, year")),
            ("mdy", gettext_lazy("month, day, year")),
        ),
    )
    zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("For times that state none."),
    )
    scale_min = forms.CharField(label=gettext_lazy("Lowest score"), required=False, max_length=12)
    scale_max = forms.CharField(label=gettext_lazy("Highest score"), required=False, max_length=12)
    constants = forms.CharField(
        label=gettext_lazy("The same for every row"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("One field per line: source = store-survey"),
    )
    further = forms.CharField(
        label=gettext_lazy("Derived fields (JSON)"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy(
            'derived, inherit, skip_when_empty, and columns with options. Example: {"derived": [{"field": "external_id", '
            '"concat": ["review_id", "order_id"], "separator": "+"}]}'
        ),
    )
    save_as = forms.CharField(
        label=gettext_lazy("Save this mapping as"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Next month's file then needs no mapping."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        kind: str,
        columns: list[ColumnView],
        sheets: list[str],
        is_xlsx: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.kind = kind
        self.columns = columns
        self.fields["encoding"].choices = [(name, name) for name in self._encodings()]  # type: ignore[attr-defined]
        self.fields["sheet"].choices = [(name, name) for name in sheets]  # type: ignore[attr-defined]
        for name in ("encoding", "delimiter") if is_xlsx else ("sheet",):
            del self.fields[name]
        if kind != "feedback":
            del self.fields["scale_min"], self.fields["scale_max"]
        choices: list[tuple[str, Any]] = [("", _("– leave out –"))]
        choices += [
            (each.name, f"{each.label} *" if each.required else each.label) for each in field_choices(kind)
        ]
        for place, column in enumerate(columns):
            own = f"{ATTRIBUTE}{column.name}"[:70]
            options = [*choices, (own, _("Keep as “%(name)s”") % {"name": column.name})]
            if column.field and column.field not in dict(options):
                options.append((column.field, column.field))
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=column.name, required=False, choices=options, initial=column.field
            )

    def _encodings(self) -> list[str]:
        """The usual encodings, and the one the file was found in."""
        return list(dict.fromkeys([*filter(None, [self.initial.get("encoding")]), *ENCODINGS]))

    def rows(self) -> list[tuple[ColumnView, Any]]:
        """Each column with its bound field, for the page."""
        return [(column, self[f"column_{place}"]) for place, column in enumerate(self.columns)]

    def settings(self) -> list[Any]:
        """The bound fields about the whole file."""
        names = (
            "encoding",
            "delimiter",
            "sheet",
            "decimal_sign",
            "date_order",
            "zone",
            "scale_min",
            "scale_max",
        )
        return [self[name] for name in names if name in self.fields]

    def clean_constants(self) -> dict[str, str]:
        found = {}
        for line in self.cleaned_data["constants"].splitlines():
            if not line.strip():
                continue
            name, sign, value = line.partition("=")
            if not sign or not name.strip() or not value.strip():
                raise forms.ValidationError(_("Write each line as field = value."))
            found[name.strip()] = value.strip()
        return found

    def clean_further(self) -> dict[str, Any]:
        text = self.cleaned_data["further"].strip()
        if not text:
            return {}
        try:
            found = json.loads(text)
        except ValueError as wrong:
            raise forms.ValidationError(_("Not valid JSON: %(fault)s") % {"fault": wrong}) from wrong
        if not isinstance(found, dict):
            raise forms.ValidationError(_("A JSON object is needed."))
        return found

    def document(self) -> dict[str, Any]:
        """The mapping document the filled-in form makes; to be checked by `mapping_parse`."""
        data = self.cleaned_data
        columns: dict[str, Any] = {
            column.name: data[f"column_{place}"]
            for place, column in enumerate(self.columns)
            if data.get(f"column_{place}")
        }
        further = dict(data["further"])
        for name, stated in further.pop("columns", {}).items():
            columns[name] = stated
        constants = dict(data["constants"])
        for name in ("scale_min", "scale_max"):
            if data.get(name):
                constants[name] = data[name]
        document: dict[str, Any] = {**further, "columns": columns, "constants": constants}
        for name in ("encoding", "delimiter", "sheet", "decimal_sign", "date_order", "zone"):
            if data.get(name):
                document[name] = data[name]
        return document


def map_initial(
    mapping: Mapping, layout: dict[str, Any], zone: str, scale: tuple[Any, Any]
) -> dict[str, Any]:
    """What the mapping page starts with: the guesses, each to be corrected."""
    document = mapping.document()
    constants = {k: v for k, v in mapping.constants.items() if k not in ("scale_min", "scale_max")}
    further: dict[str, Any] = {
        key: document[key] for key in ("derived", "inherit", "skip_when_empty") if key in document
    }
    special = {name: stated for name, stated in document["columns"].items() if _is_special(stated)}
    if special:
        further["columns"] = special
    return {
        "encoding": mapping.encoding or layout.get("encoding", ""),
        "delimiter": mapping.delimiter or layout.get("delimiter", ""),
        "sheet": mapping.sheet or layout.get("sheet", ""),
        "decimal_sign": mapping.decimal_sign,
        "date_order": mapping.date_order,
        "zone": zone,
        "scale_min": scale[0],
        "scale_max": scale[1],
        "constants": "\n".join(f"{name} = {value}" for name, value in constants.items()),
        "further": json.dumps(further, indent=1, ensure_ascii=False) if further else "",
    }


def _is_special(stated: Any) -> bool:
    """A column with options that the page has no control for."""
    if isinstance(stated, list):
        return True
    return isinstance(stated, dict) and bool(set(stated) - {"field", "decimal_sign", "date_order"})


class ConfirmForm(forms.Form):
    notify = forms.BooleanField(
        label=gettext_lazy("Send mail and notices of missed targets"),
        required=False,
        help_text=gettext_lazy("Only for feedback of today. Cases from the past open quietly."),
    )


class SavedMappingForm(forms.Form):
    """Which saved mapping to apply."""

    saved = forms.ModelChoiceField(
        label=gettext_lazy("Saved mapping"), queryset=ImportMapping.objects.none(), to_field_name="uid"
    )
