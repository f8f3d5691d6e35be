"""Every field of a person is tagged personal or is none for a reason (S11)."""

import pytest
from django.apps import apps
from django.db import models

ROOMS = ("customers", "journeys")
MODELS = [model for room in ROOMS for model in apps.get_app_config(room).get_models()]
WORDS = (models.CharField, models.TextField, models.JSONField, models.DateField, models.EmailField)
# What can hold words or dates and says nothing about a single person, and why.
NOT_PERSONAL = {
    "segment": "a group's name",
    "value_currency": "a currency",
    "system": "a source system's name",
    "happened_at": "personal only together with the customer it points to",
    "local_date": "the same instant as a day",
    "received_at": "when the row came in",
    "created_at": "when the row came in",
    "updated_at": "when the row changed",
    "recorded_at": "when the row came in",
    "currency": "a currency",
    "product_line": "a product's name",
    "kind": "a kind of event, chosen or from a system",
    "on": "a day in the calendar of the contract",
    "purpose": "chosen from a list",
    # Journeys are about the organisation, not about a person.
    "key": "made for files",
    "name": "of a journey or a step",
    "summary": "of a journey",
    "expected": "what customers in general expect",
    "experienced": "what customers in general experience",
    "channel": "chosen from a list",
}


def fields(model):
    return [field for field in model._meta.get_fields() if field.concrete]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_tags_name_real_fields(model):
    assert set(getattr(model, "PERSONAL", set())) <= {field.name for field in fields(model)}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_field_with_words_is_tagged_or_none_for_a_reason(model):
    tagged = set(getattr(model, "PERSONAL", set()))
    words = {field.name for field in fields(model) if isinstance(field, WORDS)}
    assert words - tagged - set(NOT_PERSONAL) == set()
    if model._meta.app_label == "customers":
        assert not ({"name", "summary"} & words) - tagged, "a journey's reason does not hold for a customer"
