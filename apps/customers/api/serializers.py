"""Shapes of customers and what happened to them in the API; amounts only for those who may see them."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from apps.accounts import policy
from apps.accounts.models import Unit, User
from apps.core.api.fields import ScopedUid, Shown
from apps.customers.models import Consent, Customer, Identity, Interaction, KeyDate, Purchase
from apps.journeys.models import Touchpoint


class MoneySerializer(serializers.ModelSerializer[Any]):
    """Leaves out the fields of `MONEY` where the actor may not see amounts of the row's unit."""

    MONEY: ClassVar[tuple[str, ...]] = ()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        data: dict[str, Any] = super().to_representation(instance)
        if not policy.can(self.context["request"].actor, "customers.value.see", instance):
            for name in self.MONEY:
                data.pop(name, None)
        return data


class IdentityKeySerializer(serializers.Serializer[Any]):
    system = serializers.CharField(max_length=60)
    external_id = serializers.CharField(max_length=200)


class CustomerSerializer(MoneySerializer):
    """`value_12m` and `value_currency` are absent for those who may not see money; `value_band` is there for all."""

    MONEY = ("value_12m", "value_currency")
    unit, account_owner = Shown(), Shown()
    identities = IdentityKeySerializer(many=True, read_only=True)
    value_12m = serializers.DecimalField(max_digits=14, decimal_places=2, read_only=True, required=False)
    value_currency = serializers.CharField(read_only=True, required=False)

    class Meta:
        model = Customer
        fields = (
            "uid", "name", "email", "phone", "language", "segment", "unit", "since_on", "value_band", "value_12m",
            "value_currency", "account_owner", "attributes", "identities", "version", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields


class Attributes(serializers.DictField):
    """Further facts: words, numbers, true or false under short names."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.JSONField(allow_null=True), **kwargs)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().to_internal_value(data)
        if len(found) > 100 or any(len(key) > 100 for key in found):
            raise serializers.ValidationError("At most 100 attributes, with names of up to 100 characters.")
        for key, value in found.items():
            if (
                not isinstance(value, (str, int, float, bool, type(None)))
                or len(str(value)) > 1000
                or "\x00" in f"{key}{value}"
            ):
                raise serializers.ValidationError(
                    {key: ["A word, number, true, false or null of up to 1,000 characters."]}
                )
        return found


class CustomerFacts(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    language = serializers.CharField(max_length=10, required=False, allow_blank=True)
    segment = serializers.CharField(max_length=60, required=False, allow_blank=True)
    attributes = Attributes(required=False)


class CustomerRecord(CustomerFacts):
    unit = ScopedUid(Unit)
    identities = IdentityKeySerializer(many=True, required=False, max_length=50)
    since_on = serializers.DateField(required=False)


class CustomerPatch(CustomerFacts):
    unit = ScopedUid(Unit, required=False)
    since_on = serializers.DateField(required=False, allow_null=True)
    account_owner = ScopedUid(User, required=False, allow_null=True)


class IdentitySerializer(serializers.ModelSerializer[Identity]):
    customer = Shown()

    class Meta:
        model = Identity
        fields = ("uid", "customer", "system", "external_id", "created_at")
        read_only_fields = fields


class IdentityAdd(IdentityKeySerializer):
    customer = ScopedUid(Customer)


EVIDENCE = (
    "uid", "system", "external_id", "unit", "customer", "touchpoint", "happened_at", "local_date", "attributes", "version",
)  # fmt: skip


class InteractionSerializer(serializers.ModelSerializer[Interaction]):
    unit, customer, touchpoint = Shown(), Shown(), Shown()

    class Meta:
        model = Interaction
        fields = (*EVIDENCE, "kind", "summary", "is_failure", "minutes")
        read_only_fields = fields


class PurchaseSerializer(MoneySerializer):
    """`amount` and `margin` are absent for those who may not see money."""

    MONEY = ("amount", "margin")
    unit, customer, touchpoint = Shown(), Shown(), Shown()
    amount = serializers.DecimalField(max_digits=14, decimal_places=2, read_only=True, required=False)

    class Meta:
        model = Purchase
        fields = (*EVIDENCE, "amount", "currency", "margin", "product_line", "order_ref")
        read_only_fields = fields


class EvidencePatch(serializers.Serializer[Any]):
    unit = ScopedUid(Unit)
    customer = ScopedUid(Customer, required=False, allow_null=True)
    touchpoint = ScopedUid(Touchpoint, required=False, allow_null=True)
    happened_at = serializers.DateTimeField()
    attributes = Attributes(required=False)


class InteractionPatch(EvidencePatch):
    kind = serializers.CharField(max_length=40)
    summary = serializers.CharField(max_length=500, required=False, allow_blank=True)
    is_failure = serializers.BooleanField(required=False)
    minutes = serializers.DecimalField(
        max_digits=8, decimal_places=2, min_value=0, required=False, allow_null=True
    )


class InteractionRecord(IdentityKeySerializer, InteractionPatch):
    pass


class PurchasePatch(EvidencePatch):
    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    currency = serializers.RegexField(r"^[A-Z]{3}\Z", max_length=3)
    margin = serializers.DecimalField(max_digits=14, decimal_places=2, required=False, allow_null=True)
    product_line = serializers.CharField(max_length=80, required=False, allow_blank=True)
    order_ref = serializers.CharField(max_length=200, required=False, allow_blank=True)


class PurchaseRecord(IdentityKeySerializer, PurchasePatch):
    pass


class KeyDateSerializer(serializers.ModelSerializer[KeyDate]):
    customer = Shown()

    class Meta:
        model = KeyDate
        fields = ("uid", "customer", "kind", "on", "note", "version")
        read_only_fields = fields


class KeyDatePatch(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=KeyDate.Kind.choices)
    on = serializers.DateField()
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class KeyDateAdd(KeyDatePatch):
    customer = ScopedUid(Customer)


class ConsentSerializer(serializers.ModelSerializer[Consent]):
    customer = Shown()

    class Meta:
        model = Consent
        fields = ("uid", "customer", "purpose", "is_given", "recorded_at", "source")
        read_only_fields = fields


class ConsentRecord(serializers.Serializer[Any]):
    customer = ScopedUid(Customer)
    purpose = serializers.ChoiceField(choices=Consent.Purpose.choices)
    is_given = serializers.BooleanField()
    source = serializers.CharField(max_length=60)
