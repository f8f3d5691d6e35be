from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.intake.fields import KINDS
from apps.intake.models import ImportJob, ImportMapping, ImportReject


class CustomerRef(serializers.Serializer[Any]):
    """Who answered: a number in a system, an address, a phone. The first that fits a known customer decides."""

    system = serializers.CharField(max_length=60, required=False)
    id = serializers.CharField(max_length=200, required=False)
    email = serializers.EmailField(max_length=254, required=False)
    phone = serializers.CharField(max_length=40, required=False)
    name = serializers.CharField(max_length=200, required=False)


class FeedbackIn(serializers.Serializer[Any]):
    """One response. (source, external_id) is the key: a second delivery gets the first's answer."""

    source = serializers.SlugField(max_length=60)
    external_id = serializers.CharField(max_length=200)
    responded_at = serializers.DateTimeField()
    score = serializers.DecimalField(max_digits=6, decimal_places=2, required=False, allow_null=True)
    title = serializers.CharField(max_length=300, required=False, allow_blank=True, trim_whitespace=False)
    verbatim = serializers.CharField(
        max_length=100_000, required=False, allow_blank=True, trim_whitespace=False
    )
    language = serializers.CharField(max_length=10, required=False, allow_blank=True)
    asked_at = serializers.DateTimeField(required=False, allow_null=True)
    unit = serializers.SlugField(max_length=60, required=False, allow_blank=True)
    touchpoint = serializers.SlugField(max_length=120, required=False, allow_blank=True)
    customer = CustomerRef(required=False)
    attributes = serializers.DictField(required=False, allow_empty=True)

    def validate_attributes(self, value: dict[str, Any]) -> dict[str, Any]:
        """Free fields: short names, and plain values only."""
        if len(value) > 100 or any(not 0 < len(name) <= 60 or "\x00" in name for name in value):
            raise serializers.ValidationError(
                _("At most 100 attributes with names of at most 60 characters.")
            )
        for each in value.values():
            if not isinstance(each, (str, int, float, bool)) or (
                isinstance(each, str) and (len(each) > 2_000 or "\x00" in each)
            ):
                raise serializers.ValidationError(
                    _("Give texts of at most 2,000 characters, numbers, or true and false.")
                )
        return value


class FeedbackOut(serializers.Serializer[Any]):
    """`case` is the number of the case that is about this response, if a rule opened or joined one."""

    uid = serializers.UUIDField()
    source = serializers.CharField()
    external_id = serializers.CharField()
    is_new = serializers.BooleanField()
    case = serializers.CharField(allow_null=True)
    customer = serializers.UUIDField(allow_null=True)


class BatchIn(serializers.Serializer[Any]):
    """Up to 1,000 rows with the fields of the kind's template; free fields under `attributes`."""

    rows = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=1_000)
    unit = serializers.SlugField(max_length=60, required=False)


class BatchFault(serializers.Serializer[Any]):
    field = serializers.CharField()
    reason = serializers.CharField()
    remedy = serializers.CharField()


class BatchRow(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=["added", "changed", "skipped", "rejected"])
    faults = BatchFault(many=True, required=False)


class BatchOut(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    skipped = serializers.IntegerField()
    rejected = serializers.IntegerField()
    rows = BatchRow(many=True)


class ImportIn(serializers.Serializer[Any]):
    """`mapping` is a saved mapping's name or a JSON document; without it the columns are guessed."""

    file = serializers.FileField(allow_empty_file=True, max_length=300)
    kind = serializers.ChoiceField(choices=list(KINDS))
    mapping = serializers.CharField(max_length=100_000, required=False, allow_blank=True)
    unit = serializers.SlugField(max_length=60, required=False)
    notify = serializers.BooleanField(required=False, default=False)


class MapIn(serializers.Serializer[Any]):
    mapping = serializers.DictField()


class ConfirmIn(serializers.Serializer[Any]):
    notify = serializers.BooleanField(required=False)


class ImportOut(serializers.ModelSerializer[ImportJob]):
    rows = serializers.IntegerField(read_only=True)
    unit = serializers.CharField(source="unit.key", read_only=True)
    parent = serializers.UUIDField(source="parent.uid", read_only=True, allow_null=True, default=None)
    mapping = serializers.DictField(read_only=True)
    layout = serializers.DictField(read_only=True)
    questions = serializers.ListField(child=serializers.DictField(), read_only=True)

    class Meta:
        model = ImportJob
        fields = (
            "uid", "kind", "state", "filename", "sha256", "size", "unit", "parent", "preset", "mapping", "layout",
            "questions", "rows", "rows_total", "rows_done", "added", "changed", "skipped", "rejected", "undo_kept",
            "notify", "error", "created_at", "started_at", "finished_at", "version",
        )  # fmt: skip
        read_only_fields = fields


class RejectOut(serializers.ModelSerializer[ImportReject]):
    class Meta:
        model = ImportReject
        fields = ("line", "column", "value", "reason", "remedy")


class MappingIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=list(KINDS))
    document = serializers.DictField()


class MappingOut(serializers.ModelSerializer[ImportMapping]):
    document = serializers.DictField(read_only=True)

    class Meta:
        model = ImportMapping
        fields = ("uid", "name", "kind", "document", "used_at", "version")
        read_only_fields = fields
