"""S2, S10: every writable field of the API is named, bounded, and relates only to rows that the actor may see."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest
from rest_framework import serializers

import apps

# Only sent, never parsed.
ANSWERS = {"KeyMade", "BatchFault", "BatchOut", "BatchRow", "FeedbackOut"}
# Lists of the whole organisation that everybody who is signed in may see.
SHARED = {"department"}
# Abstract bases without fields of their own.
BASES = {"MoneySerializer"}


def all_serializers():
    for module in pkgutil.walk_packages(apps.__path__, "apps."):
        if ".api" not in module.name or ".management." in module.name:
            continue
        for name, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(found, serializers.BaseSerializer) and found.__module__ == module.name:
                yield pytest.param(found, id=f"{module.name}.{name}")


def fields_of(serializer):
    """Every field below, through lists and nested serializers."""
    for name, field in serializer.fields.items():
        yield name, field
        child = getattr(field, "child", None)
        if child is not None and not isinstance(child, serializers.Serializer):
            yield f"{name}[]", child
        inner = child if isinstance(child, serializers.Serializer) else field
        if isinstance(inner, serializers.Serializer):
            yield from ((f"{name}.{below}", item) for below, item in fields_of(inner))


@pytest.mark.parametrize("kind", list(all_serializers()))
def test_fields_are_listed_one_by_one(kind):
    meta = getattr(kind, "Meta", None)
    assert getattr(meta, "fields", ()) != "__all__"
    assert not getattr(meta, "exclude", None)


@pytest.mark.parametrize("kind", list(all_serializers()))
def test_every_writable_text_has_a_longest_length(kind):
    if not issubclass(kind, serializers.Serializer) or kind.__name__ in ANSWERS | BASES:
        return
    loose = [
        name
        for name, field in fields_of(kind())
        if isinstance(field, serializers.CharField)
        and not field.read_only
        and not isinstance(field, (serializers.RegexField, serializers.SlugField))
        and not isinstance(field, serializers.ChoiceField)
        and field.max_length is None
    ]
    assert not loose


@pytest.mark.parametrize("kind", list(all_serializers()))
def test_relations_offer_nothing_to_nobody(kind):
    """Without a request there is no actor, so a relation must know no rows at all."""
    if not issubclass(kind, serializers.Serializer) or kind.__name__ in BASES:
        return
    for name, field in fields_of(kind()):
        related = getattr(field, "child_relation", field)
        if isinstance(related, serializers.RelatedField) and not related.read_only and name not in SHARED:
            queryset = related.get_queryset()
            assert queryset is None or queryset.query.is_empty(), name
