"""Shapes of KPIs, observations and value models in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.kpis.models import Direction, Grain, Kpi, KpiKind, Observation, Statistic, ValueModel

MAX_ROWS = 2_000


class Scoped(serializers.SlugRelatedField[Any]):
    """A related row by key or uid, taken only from what the actor may see: a foreign one is as unknown as a wrong one."""

    def __init__(self, model: type[Any], slug_field: str = "key", **kwargs: Any) -> None:
        self.model = model
        super().__init__(slug_field=slug_field, queryset=model.objects.none(), **kwargs)

    def get_queryset(self) -> Any:
        request = self.context.get("request")
        actor: Actor = request.actor if request is not None else Actor.anonymous()
        return self.model.objects.visible_to(actor)


class KpiSerializer(serializers.ModelSerializer[Kpi]):
    owner = serializers.SlugRelatedField(slug_field="uid", read_only=True)
    derived = serializers.JSONField(read_only=True)

    class Meta:
        model = Kpi
        fields = (
            "uid", "key", "name", "kind", "statistic", "direction", "grain", "unit_label", "definition", "formula",
            "how_to_read", "owner", "target", "derived", "is_active", "data_version", "version",
        )  # fmt: skip
        read_only_fields = fields


class KpiPatch(serializers.Serializer[Any]):
    key = serializers.SlugField(max_length=60, required=False)
    name = serializers.CharField(max_length=120, required=False)
    kind = serializers.ChoiceField(choices=KpiKind.choices, required=False)
    statistic = serializers.ChoiceField(choices=Statistic.choices, required=False)
    direction = serializers.ChoiceField(choices=Direction.choices, required=False)
    grain = serializers.ChoiceField(choices=Grain.choices, required=False)
    unit_label = serializers.CharField(max_length=30, required=False, allow_blank=True)
    definition = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    formula = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    how_to_read = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    owner = Scoped(User, "uid", required=False, allow_null=True)
    target = serializers.FloatField(required=False, allow_null=True)
    derived = serializers.JSONField(
        required=False, allow_null=True, help_text="The rule it is computed by; null when values are sent."
    )
    is_active = serializers.BooleanField(required=False)


class KpiAdd(KpiPatch):
    key = serializers.SlugField(max_length=60)
    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=KpiKind.choices)
    statistic = serializers.ChoiceField(choices=Statistic.choices)


class ObservationSerializer(serializers.ModelSerializer[Observation]):
    unit = serializers.SlugRelatedField(slug_field="key", read_only=True)

    class Meta:
        model = Observation
        fields = (
            "unit", "segment", "period", "value", "n", "se", "total", "total_sq", "hits", "promoters", "detractors",
            "source", "updated_at",
        )  # fmt: skip
        read_only_fields = fields


class ObservationIn(serializers.Serializer[Any]):
    """One value: `value`, or the sums it is made of. `period` is any day of the period; `unit` is the unit's key."""

    unit = serializers.SlugField(max_length=60)
    period = serializers.DateField()
    segment = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    value = serializers.FloatField(required=False, allow_null=True)
    n = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2_147_483_647)
    se = serializers.FloatField(required=False, allow_null=True, min_value=0)
    total = serializers.FloatField(required=False, allow_null=True)
    total_sq = serializers.FloatField(required=False, allow_null=True)
    hits = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2_147_483_647)
    promoters = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=2_147_483_647
    )
    detractors = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=2_147_483_647
    )


class ObservationsIn(serializers.Serializer[Any]):
    source = serializers.CharField(max_length=60, required=False, allow_blank=True, default="api")
    rows = serializers.ListField(child=ObservationIn(), min_length=1, max_length=MAX_ROWS)


class RecordedSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    repeated = serializers.IntegerField()


class ValueModelSerializer(serializers.ModelSerializer[ValueModel]):
    kpi = serializers.SlugRelatedField(slug_field="key", read_only=True)
    supersedes = serializers.SlugRelatedField(slug_field="uid", read_only=True)
    author = serializers.SlugRelatedField(slug_field="uid", read_only=True)
    signed_by = serializers.SlugRelatedField(slug_field="uid", read_only=True)

    class Meta:
        model = ValueModel
        fields = (
            "uid", "kpi", "name", "stream", "amount", "amount_sd", "currency", "side", "is_cash", "basis", "exposure",
            "exposure_fixed", "evidence", "supersedes", "author", "signed_by", "signed_at", "is_active", "created_at", "version",
        )  # fmt: skip
        read_only_fields = fields


class ValueModelPatch(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    stream = serializers.SlugField(max_length=60, required=False)
    amount = serializers.DecimalField(max_digits=14, decimal_places=4, required=False)
    amount_sd = serializers.DecimalField(max_digits=14, decimal_places=4, min_value=0, required=False)
    currency = serializers.CharField(min_length=3, max_length=3, required=False)
    side = serializers.ChoiceField(choices=ValueModel.Side.choices, required=False)
    is_cash = serializers.BooleanField(required=False)
    basis = serializers.ChoiceField(choices=ValueModel.Basis.choices, required=False)
    exposure = serializers.ChoiceField(choices=ValueModel.Exposure.choices, required=False)
    exposure_fixed = serializers.DecimalField(
        max_digits=14, decimal_places=2, required=False, allow_null=True
    )
    evidence = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class ValueModelAdd(ValueModelPatch):
    kpi = Scoped(Kpi)
    name = serializers.CharField(max_length=120)
    stream = serializers.SlugField(max_length=60)
    amount = serializers.DecimalField(max_digits=14, decimal_places=4)
    currency = serializers.CharField(min_length=3, max_length=3)
    side = serializers.ChoiceField(choices=ValueModel.Side.choices)
