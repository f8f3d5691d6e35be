"""The filter base: what is chosen lives in the address and is shown as removable chips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django.http import QueryDict
from django.utils.translation import gettext as _

_ONE_OF_MANY = (django_filters.ChoiceFilter, django_filters.ModelChoiceFilter)
# What Django and django-filter call a choice that was not made.
DASHES = "---------"


@dataclass(frozen=True)
class Chip:
    """A filter in force: its words and the query string without it."""

    label: str
    value: str
    without: str


class ListFilter(django_filters.FilterSet):
    """A filter set; `primary` names the few filters that are always open, the others fold away."""

    primary: Sequence[str] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A choice not made reads "State: any", so that it needs no label beside it.
        for item in self.filters.values():
            words = _("%(label)s: any") % {"label": item.label}
            if isinstance(item, _ONE_OF_MANY) and item.extra.get("empty_label", DASHES) == DASHES:
                item.extra["empty_label"] = words
            elif isinstance(item, django_filters.BooleanFilter) and "widget" not in item.extra:
                choices = [
                    ("", words),
                    ("true", _("%(label)s: yes") % {"label": item.label}),
                    ("false", _("%(label)s: no") % {"label": item.label}),
                ]
                item.extra["widget"] = django_filters.widgets.BooleanWidget
                item.field.widget.choices = choices

    @property
    def open_fields(self) -> list[Any]:
        """The bound fields that stand beside the search box."""
        names = self.primary or list(self.form.fields)[:3]
        return [self.form[name] for name in names if name in self.form.fields]

    @property
    def folded_fields(self) -> list[Any]:
        """The bound fields under "More filters"."""
        shown = {field.name for field in self.open_fields}
        return [self.form[name] for name in self.form.fields if name not in shown]

    def chips(self, query: QueryDict) -> list[Chip]:
        """The filters in force, as words that can be taken off one by one."""
        found = []
        for name, field in self.form.fields.items():
            keys = [key for key in query if key == name or key.startswith(f"{name}_")]
            written = ", ".join(
                _written(field, value) for key in keys for value in query.getlist(key) if value
            )
            if not written:
                continue
            rest = query.copy()
            for key in (*keys, "page"):
                rest.pop(key, None)
            label = str(field.label or name)
            found.append(Chip(label, written, f"?{rest.urlencode()}"))
        return found


def _written(field: Any, value: str) -> str:
    choices = getattr(field, "choices", None)
    if choices is not None:
        for code, label in choices:
            if str(code) == value:
                return str(label)
    return {"true": _("yes"), "false": _("no")}.get(value.lower(), value)
