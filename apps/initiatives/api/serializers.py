"""Shapes of initiatives and their parts in the API. Money is a decimal string; absent for who may not see it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts import policy
from apps.accounts.models import Unit, User
from apps.core.actor import Actor
from apps.initiatives.models import (
    CostLine,
    GateDecision,
    Initiative,
    InvestmentClass,
    InvestmentType,
    JournalEntry,
    KpiLink,
    ReturnType,
    Stage,
    Treatment,
)
from apps.kpis.models import Kpi, ValueModel


class Scoped(serializers.SlugRelatedField[Any]):
    """A related row by uid or key, out of what the actor may see: a foreign one is as unknown as a wrong one."""

    def __init__(self, model: type[Any], slug_field: str, **kwargs: Any) -> None:
        self.model = model
        super().__init__(slug_field=slug_field, queryset=model.objects.none(), **kwargs)

    def get_queryset(self) -> Any:
        request = self.context.get("request")
        actor: Actor = request.actor if request is not None else Actor.anonymous()
        return self.model.objects.visible_to(actor)


class TypeSerializer(serializers.ModelSerializer[InvestmentType]):
    class Meta:
        model = InvestmentType
        fields = ("uid", "key", "name", "investment_class", "is_active")
        read_only_fields = fields


class TypeWrite(serializers.Serializer[Any]):
    key = serializers.SlugField(max_length=60)
    name = serializers.CharField(max_length=120)
    investment_class = serializers.ChoiceField(choices=InvestmentClass.choices)
    is_active = serializers.BooleanField(required=False, default=True)


class TypePatch(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    is_active = serializers.BooleanField(required=False, default=True)


class InitiativeSerializer(serializers.ModelSerializer[Initiative]):
    """`version` is the ETag; `input_version` grows when the return becomes stale."""

    MONEY = ("budget", "cost_per_1000")
    unit = serializers.SlugRelatedField(slug_field="key", read_only=True)
    owner = serializers.SlugRelatedField(slug_field="uid", read_only=True)
    sponsor = serializers.SlugRelatedField(slug_field="uid", read_only=True)
    investment_type = serializers.SlugRelatedField(slug_field="key", read_only=True)
    return_types = serializers.ListField(
        child=serializers.ChoiceField(choices=ReturnType.choices), read_only=True
    )

    class Meta:
        model = Initiative
        fields = (
            "uid", "key", "name", "summary", "unit", "owner", "sponsor", "investment_class", "investment_type",
            "objective", "nature", "return_types", "is_quick_win", "operational_owner", "revenue_owner", "stage",
            "budget", "currency", "stays_6m", "stays_12m", "stays_24m", "cost_per_1000", "customer_gain",
            "company_gain", "trust_risk", "is_comfortable_public", "advocate", "no_advocate_reason", "transformation",
            "transformation_owner", "transformation_due_on", "review_on", "expected_months_to_effect",
            "input_version", "inputs_changed_at", "version", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Initiative) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not policy.sees_money(self.context["request"].actor, instance):
            for name in self.MONEY:
                shown.pop(name, None)
        return shown


def _text(length: int) -> serializers.CharField:
    return serializers.CharField(max_length=length, allow_blank=True, required=False)


def _money(**kwargs: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=14, decimal_places=2, min_value=0, **kwargs)


class AnswersWrite(serializers.Serializer[Any]):
    """What the gates ask for."""

    summary = _text(4000)
    budget = _money(required=False, allow_null=True)
    stays_6m = serializers.IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    stays_12m = serializers.IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    stays_24m = serializers.IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    cost_per_1000 = _money(required=False, allow_null=True)
    customer_gain = _text(1000)
    company_gain = _text(1000)
    trust_risk = serializers.ChoiceField(
        choices=Initiative._meta.get_field("trust_risk").choices or [], allow_blank=True, required=False
    )
    is_comfortable_public = serializers.BooleanField(required=False, allow_null=True)
    advocate = _text(120)
    no_advocate_reason = _text(300)
    operational_owner = _text(120)
    revenue_owner = _text(120)
    transformation = _text(2000)
    transformation_owner = _text(120)
    transformation_due_on = serializers.DateField(required=False, allow_null=True)
    review_on = serializers.DateField(required=False, allow_null=True)


class InitiativePatch(AnswersWrite):
    name = serializers.CharField(max_length=160, required=False)
    unit = Scoped(Unit, "key", required=False)
    owner = Scoped(User, "uid", required=False)
    sponsor = Scoped(User, "uid", required=False, allow_null=True)
    investment_class = serializers.ChoiceField(choices=InvestmentClass.choices, required=False)
    investment_type = Scoped(InvestmentType, "key", required=False, allow_null=True)
    objective = serializers.ChoiceField(
        choices=Initiative._meta.get_field("objective").choices or [], allow_blank=True, required=False
    )
    nature = serializers.ChoiceField(
        choices=Initiative._meta.get_field("nature").choices or [], required=False
    )
    return_types = serializers.ListField(
        child=serializers.ChoiceField(choices=ReturnType.choices), required=False, max_length=10
    )
    is_quick_win = serializers.BooleanField(required=False)
    currency = serializers.RegexField(r"^[A-Za-z]{3}$", max_length=3, required=False)
    expected_months_to_effect = serializers.IntegerField(
        min_value=0, max_value=120, required=False, allow_null=True
    )


class InitiativeCreate(InitiativePatch):
    key = serializers.SlugField(max_length=40)
    name = serializers.CharField(max_length=160)
    unit = Scoped(Unit, "key")
    owner = Scoped(User, "uid")
    investment_class = serializers.ChoiceField(choices=InvestmentClass.choices)


class CostSerializer(serializers.ModelSerializer[CostLine]):
    class Meta:
        model = CostLine
        fields = (
            "uid", "label", "plan", "rhythm", "amount", "currency", "starts_on", "ends_on", "is_capex", "source",
            "external_id",
        )  # fmt: skip
        read_only_fields = fields


class CostWrite(serializers.Serializer[Any]):
    """With an `external_id` that is known here, the line is updated instead of added."""

    label = serializers.CharField(max_length=160)
    amount = _money()
    starts_on = serializers.DateField()
    plan = serializers.ChoiceField(choices=CostLine.Plan.choices, required=False)
    rhythm = serializers.ChoiceField(choices=CostLine.Rhythm.choices, required=False)
    ends_on = serializers.DateField(required=False, allow_null=True)
    currency = serializers.RegexField(r"^[A-Za-z]{3}$", max_length=3, required=False)
    is_capex = serializers.BooleanField(required=False)
    source = _text(120)
    external_id = serializers.CharField(max_length=200, required=False)


class CostPatch(CostWrite):
    external_id = None  # type: ignore[assignment]


class TreatmentSerializer(serializers.ModelSerializer[Treatment]):
    unit = serializers.SlugRelatedField(slug_field="key", read_only=True)

    class Meta:
        model = Treatment
        fields = ("uid", "unit", "segment", "starts_on", "ends_on", "assignment", "chosen_until")
        read_only_fields = fields


class TreatmentWrite(serializers.Serializer[Any]):
    unit = Scoped(Unit, "key")
    segment = _text(80)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(required=False, allow_null=True)
    assignment = serializers.ChoiceField(
        choices=Treatment._meta.get_field("assignment").choices or [], required=False
    )
    chosen_until = serializers.DateField(required=False, allow_null=True)


class LinkSerializer(serializers.ModelSerializer[KpiLink]):
    kpi = serializers.SlugRelatedField(slug_field="key", read_only=True)
    value_model = serializers.SlugRelatedField(slug_field="uid", read_only=True)

    class Meta:
        model = KpiLink
        fields = ("uid", "kpi", "value_model", "expected_effect", "expected_sd", "lag_periods")
        read_only_fields = fields


class LinkPatch(serializers.Serializer[Any]):
    value_model = Scoped(ValueModel, "uid", required=False, allow_null=True)
    expected_effect = serializers.FloatField(required=False, allow_null=True)
    expected_sd = serializers.FloatField(required=False, allow_null=True, min_value=0)
    lag_periods = serializers.IntegerField(min_value=0, max_value=520, required=False)


class LinkWrite(LinkPatch):
    kpi = Scoped(Kpi, "key")


class DecisionSerializer(serializers.ModelSerializer[GateDecision]):
    decided_by = serializers.SlugRelatedField(slug_field="uid", read_only=True)

    class Meta:
        model = GateDecision
        fields = ("uid", "from_stage", "to_stage", "decided_by", "decided_at", "reason")
        read_only_fields = fields


class DecisionWrite(serializers.Serializer[Any]):
    to_stage = serializers.ChoiceField(choices=Stage.choices)
    reason = serializers.CharField(max_length=2000)
    answers = AnswersWrite(required=False)
    ends_on = serializers.DateField(required=False, allow_null=True)


class JournalSerializer(serializers.ModelSerializer[JournalEntry]):
    author = serializers.SlugRelatedField(slug_field="uid", read_only=True)

    class Meta:
        model = JournalEntry
        fields = ("uid", "author", "written_at", "text")
        read_only_fields = fields


class JournalWrite(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=4000)
