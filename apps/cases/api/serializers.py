"""Shapes of cases and rules in the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from apps.accounts import policy
from apps.accounts.models import Department, Unit, User
from apps.cases.models import Case, CaseEvent, CaseRule, Priority, Trigger
from apps.cases.services.work import CHANNELS
from apps.core.actor import Actor
from apps.customers.models import Customer
from apps.feedback.models import Source
from apps.journeys.models import Touchpoint


def actor_of(serializer: Any) -> Actor:
    request = serializer.context.get("request")
    return request.actor if request is not None else Actor.anonymous()


class Scoped(serializers.SlugRelatedField[Any]):
    """A related row by `uid` (or `key`), taken only from what the actor may see: foreign is as unknown as wrong."""

    def __init__(self, model: type[Any], slug_field: str = "uid", **kwargs: Any) -> None:
        self.model = model
        super().__init__(slug_field=slug_field, queryset=model.objects.none(), **kwargs)

    def get_queryset(self) -> Any:
        return self.model.objects.visible_to(actor_of(self))

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            return super().to_internal_value(data)
        except (ValueError, TypeError):
            self.fail("does_not_exist", slug_name=self.slug_field, value=str(data)[:100])


def related(slug: str = "uid", **kwargs: Any) -> serializers.SlugRelatedField[Any]:
    return serializers.SlugRelatedField(slug_field=slug, read_only=True, **kwargs)


class CaseEventSerializer(serializers.ModelSerializer[CaseEvent]):
    class Meta:
        model = CaseEvent
        fields = (
            "id", "kind", "at", "actor_label", "text", "channel", "is_reached", "minutes", "goodwill", "goodwill_currency",
        )  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: CaseEvent) -> dict[str, Any]:
        shown = super().to_representation(instance)
        actor = actor_of(self)
        if instance.actor_id != actor.user_id and not policy.can(actor, "cases.cost.see"):
            for name in ("minutes", "goodwill", "goodwill_currency"):
                shown.pop(name)
        return shown


class CaseSerializer(serializers.ModelSerializer[Case]):
    """A case; `minutes` and `goodwill` only for its owner and for those who may see the cost of closing the loop."""

    number = serializers.IntegerField(read_only=True)
    customer = related(allow_null=True)
    touchpoint = related("key", allow_null=True)
    unit = related("key")
    rule = related(allow_null=True)
    source = related("key", allow_null=True)
    owner = related(allow_null=True)
    department = related("key", allow_null=True)
    next_due_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = Case
        fields = (
            "uid", "number", "version", "state", "subject", "wish", "priority", "trigger", "customer", "touchpoint", "unit",
            "rule", "source", "owner", "opened_at", "assigned_at", "first_contact_due_at", "first_contacted_at",
            "first_contact_breached_at", "resolution_due_at", "resolved_at", "resolution_breached_at", "closed_at",
            "next_due_at", "reopened_count", "cause", "department", "resolution", "outcome", "score_after", "minutes",
            "goodwill", "goodwill_currency", "is_historical", "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Case) -> dict[str, Any]:
        shown = super().to_representation(instance)
        actor = actor_of(self)
        if instance.owner_id != actor.user_id and not policy.can(actor, "cases.cost.see", instance):
            for name in ("minutes", "goodwill", "goodwill_currency"):
                shown.pop(name)
        return shown


class CaseOpen(serializers.Serializer[Any]):
    unit = Scoped(Unit, "key")
    subject = serializers.CharField(max_length=200)
    wish = serializers.CharField(max_length=500, required=False, allow_blank=True)
    customer = Scoped(Customer, required=False, allow_null=True)
    touchpoint = Scoped(Touchpoint, "key", required=False, allow_null=True)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)


class Nothing(serializers.Serializer[Any]):
    """An empty body."""


class CaseAssign(serializers.Serializer[Any]):
    to = Scoped(User)
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class BulkAssign(serializers.Serializer[Any]):
    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=1000)
    to = Scoped(User)
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class BulkAssigned(serializers.Serializer[Any]):
    assigned = serializers.IntegerField()
    refused = serializers.DictField(
        child=serializers.CharField(max_length=500), help_text="case number: reason"
    )


class Cost(serializers.Serializer[Any]):
    minutes = serializers.DecimalField(
        max_digits=7, decimal_places=2, min_value=0, max_value=10_000, required=False
    )
    goodwill = serializers.DecimalField(
        max_digits=9, decimal_places=2, min_value=0, max_value=1_000_000, required=False
    )
    currency = serializers.RegexField(r"^[A-Z]{3}$", max_length=3, required=False)


class CaseContact(Cost):
    channel = serializers.ChoiceField(choices=CHANNELS)
    is_reached = serializers.BooleanField()
    text = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    wish = serializers.CharField(max_length=500, required=False, allow_blank=True)


class CaseNote(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=10_000)


class CaseResolve(Cost):
    cause = serializers.CharField(max_length=300)
    resolution = serializers.CharField(max_length=4000)
    department = Scoped(Department, "key", required=False, allow_null=True)


class CaseClose(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=["confirmed", "unconfirmed"])
    score_after = serializers.DecimalField(max_digits=6, decimal_places=2, required=False, allow_null=True)
    note = serializers.CharField(max_length=4000, required=False, allow_blank=True)


class CaseReopen(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=1000)


class RuleSerializer(serializers.ModelSerializer[CaseRule]):
    unit = related("key")
    sources = related("key", many=True)
    words = serializers.ListField(child=serializers.CharField(max_length=80), read_only=True)
    event_kinds = serializers.ListField(child=serializers.CharField(max_length=80), read_only=True)

    class Meta:
        model = CaseRule
        fields = (
            "uid", "version", "name", "position", "is_active", "trigger", "unit", "sources", "score_at_most", "words",
            "minimum_value", "event_kinds", "priority", "first_contact_hours", "resolution_hours",
        )  # fmt: skip
        read_only_fields = fields


class RuleWrite(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    unit = Scoped(Unit, "key")
    trigger = serializers.ChoiceField(choices=Trigger.choices, required=False)
    position = serializers.IntegerField(min_value=0, max_value=32_000, required=False)
    is_active = serializers.BooleanField(required=False)
    sources = serializers.ListField(child=Scoped(Source, "key"), max_length=200, required=False)
    score_at_most = serializers.DecimalField(max_digits=6, decimal_places=2, required=False, allow_null=True)
    words = serializers.ListField(child=serializers.CharField(max_length=80), max_length=200, required=False)
    minimum_value = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, required=False, allow_null=True
    )
    event_kinds = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=200, required=False
    )
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    first_contact_hours = serializers.DecimalField(
        max_digits=7, decimal_places=2, min_value=Decimal("0.25"), required=False
    )
    resolution_hours = serializers.DecimalField(
        max_digits=7, decimal_places=2, min_value=Decimal("0.25"), required=False
    )
