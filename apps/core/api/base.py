"""The base of every API view: the actor, scoped reads, ETag/If-Match, and remembered answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, ClassVar

import orjson
from django.db import models, transaction
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from apps.core.actor import Actor
from apps.core.api.renderers import OrjsonRenderer
from apps.core.errors import Conflict, Invalid
from apps.core.models import IdempotencyKey


class ActorViewSet(GenericViewSet[Any]):
    """Views over verbs. Subclasses set `model`, `serializer_class`, `filterset_class`, and call one verb per method.

    Rows come only from `scoped()`, so that a foreign id is 404, in a path as in a body.
    """

    model: ClassVar[type[models.Model]]
    lookup_field = "uid"
    lookup_value_converter = "uuid"

    @property
    def actor(self) -> Actor:
        return self.request.actor  # type: ignore[attr-defined]

    def scoped(self) -> models.QuerySet[Any]:
        """What the actor may see; override to add `select_related` and annotations."""
        return self.model.objects.visible_to(self.actor)  # type: ignore[attr-defined]

    def get_queryset(self) -> models.QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.model.objects.none()  # type: ignore[attr-defined]
        return self.scoped()

    def paged(self, queryset: models.QuerySet[Any]) -> Response:
        """One page of the filtered rows."""
        page = self.paginate_queryset(self.filter_queryset(queryset))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def shown(self, row: Any, *, status: int = 200) -> Response:
        """One row, with its version as ETag."""
        response = Response(self.get_serializer(row).data, status=status)
        version = getattr(row, "version", None)
        if version is not None:
            response["ETag"] = f'"{version}"'
        return response

    def checked(
        self, serializer_class: type[serializers.Serializer[Any]], *, partial: bool = False
    ) -> dict[str, Any]:
        """The validated body of this request; unknown fields are an error, not silence."""
        if not isinstance(self.request.data, dict):
            raise Invalid(_("A JSON object is needed."))
        serializer = serializer_class(
            data=self.request.data, partial=partial, context=self.get_serializer_context()
        )
        unknown = set(self.request.data) - set(serializer.fields)
        if unknown:
            raise Invalid(fields={name: [_("This field is not known here.")] for name in sorted(unknown)})
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def seen_version(self) -> int | None:
        """The version in `If-Match`, None when the header is absent or `*`."""
        return seen_version(self.request)


def seen_version(request: Request) -> int | None:
    """The version in `If-Match`, None when the header is absent or `*`; anything else is `Invalid`."""
    given = request.headers.get("If-Match", "").strip()
    if given in {"", "*"}:
        return None
    try:
        return int(given.removeprefix("W/").strip('"'))
    except ValueError:
        raise Invalid(fields={"If-Match": [_("Send back the ETag as you got it.")]}) from None


def remembered(request: Request, answer: Callable[[], Response]) -> Response:
    """Run `answer` once per `Idempotency-Key` of this actor; a repeat gets the stored answer.

    The key and all that `answer` writes commit together. A refusal is not remembered. The same key with another
    body is a `Conflict`. Without the header `answer` simply runs.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return answer()
    if len(key) > 200:
        raise Invalid(fields={"Idempotency-Key": [_("At most 200 characters.")]})
    actor: Actor = request.actor  # type: ignore[attr-defined]
    owner = f"{actor.kind}:{actor.user_id}"
    fingerprint = hashlib.sha256(
        b"\0".join(
            [
                str(request.method).encode(),
                request.path.encode(),
                orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS),
            ]
        )
    ).hexdigest()
    with transaction.atomic():
        _row, created = (
            IdempotencyKey.objects.get_or_create(  # unscoped: the key names its owner # writes: the stored answer is the API's own
                owner=owner, key=key, defaults={"fingerprint": fingerprint}
            )
        )
        row = IdempotencyKey.objects.select_for_update().get(pk=_row.pk)  # unscoped: the row above
        if row.fingerprint != fingerprint:
            raise Conflict(_("This Idempotency-Key was used with another request."))
        if not created and row.status is not None:
            response = Response(row.body, status=row.status)
            response["Idempotent-Replayed"] = "true"
            return response
        response = answer()
        row.status = response.status_code
        row.body = orjson.loads(OrjsonRenderer().render(response.data) or b"null")
        row.save(update_fields=["status", "body"])  # writes: the stored answer is the API's own
        return response
