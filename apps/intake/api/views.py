"""Programs send feedback, batches and files over the same verbs as people."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policy
from apps.accounts.models import Unit
from apps.core.actor import Actor
from apps.core.api.base import ActorViewSet, remembered
from apps.core.errors import Invalid
from apps.intake import selectors, services
from apps.intake.api import serializers as shapes
from apps.intake.guards import action_for
from apps.intake.lists import ImportFilter
from apps.intake.mapping import Mapping, mapping_parse
from apps.intake.models import ImportJob, ImportMapping, ImportReject
from apps.intake.reading.faults import FileRefused
from apps.intake.storage import upload_forget, upload_keep


def in_words(verb: Callable[[], Any]) -> Any:
    """Run a verb; a refused file or mapping is an invalid request that says why."""
    try:
        return verb()
    except FileRefused as refused:
        raise Invalid(
            str(refused), {"mapping" if refused.code == "mapping" else "file": [str(refused)]}
        ) from refused


def unit_of(actor: Actor, key: str | None) -> Unit | None:
    if not key:
        return None
    found: Unit | None = Unit.objects.visible_to(actor).filter(key=key).first()
    if found is None:
        raise Invalid(fields={"unit": [_("There is no such unit, or it is not yours.")]})
    return found


class Feedback(ActorViewSet):
    """The door for single responses (webhooks)."""

    model = ImportJob
    serializer_class = shapes.FeedbackIn

    @extend_schema(request=shapes.FeedbackIn, responses={200: shapes.FeedbackOut, 201: shapes.FeedbackOut})
    def create(self, request: Request) -> Response:
        """Record one response. 201 when it is new, 200 with the first answer when it was delivered before."""
        policy.require(self.actor, "feedback.response.record")
        data = self.checked(shapes.FeedbackIn)
        return remembered(request, lambda: self._received(data))

    def _received(self, data: dict[str, Any]) -> Response:
        receipt = services.feedback_receive(actor=self.actor, now=timezone.now(), **data)
        response = receipt.response
        body = {
            "uid": response.uid,
            "source": response.source.key,
            "external_id": response.external_id,
            "is_new": receipt.is_new,
            "case": str(receipt.case) if receipt.case else None,
            "customer": response.customer.uid if response.customer else None,
        }
        return Response(body, status=201 if receipt.is_new else 200)


class Batch(ActorViewSet):
    """Rows of one kind as JSON. Each row has its own outcome; the same rows again change nothing."""

    model = ImportJob
    serializer_class = shapes.BatchIn
    throttle_scope = "bulk"
    kind = ""

    @extend_schema(request=shapes.BatchIn, responses={200: shapes.BatchOut})
    def create(self, request: Request) -> Response:
        policy.require(self.actor, action_for(self.kind))
        data = self.checked(shapes.BatchIn)
        return remembered(request, lambda: self._received(data))

    def _received(self, data: dict[str, Any]) -> Response:
        unit = unit_of(self.actor, data.get("unit"))
        result = services.batch_receive(
            actor=self.actor, now=timezone.now(), kind=self.kind, rows=data["rows"], unit=unit
        )
        return Response(asdict(result))


class Imports(ActorViewSet):
    """Files on their way in: upload, map, preview, confirm; then watch, cancel or undo."""

    model = ImportJob
    serializer_class = shapes.ImportOut
    filterset_class = ImportFilter

    def scoped(self) -> Any:
        policy.require(self.actor, "intake.import.see")
        return ImportJob.objects.visible_to(self.actor).select_related("unit", "parent")

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Response:
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(request={"multipart/form-data": shapes.ImportIn}, responses={201: shapes.ImportOut})
    def create(self, request: Request) -> Response:
        """Upload a file. It is looked at, its columns are guessed or mapped; nothing is written yet."""
        policy.require(self.actor, "intake.import.run")
        data = self.checked(shapes.ImportIn)
        return self.shown(in_words(lambda: self._submitted(data)), status=201)

    def _submitted(self, data: dict[str, Any]) -> ImportJob:
        upload, kind = data["file"], data["kind"]
        mapping = self._mapping(kind, data.get("mapping", ""))
        unit = unit_of(self.actor, data.get("unit"))
        stored = upload_keep(upload.chunks(), upload.name, size=upload.size)
        try:
            seen = selectors.look(stored.name, upload.name, kind=kind, mapping=mapping)
            return services.import_submit(
                actor=self.actor, now=timezone.now(), kind=kind, filename=upload.name, stored=stored, unit=unit,
                mapping=seen.mapping.document(), layout={**asdict(seen.layout), "guessed": list(seen.layout.guessed)},
                notify=data["notify"],
                questions=[
                    {"setting": each.setting, "words": each.message, "choices": list(each.choices), "columns": list(each.columns)}
                    for each in seen.questions
                ],
            )  # fmt: skip
        except Exception:
            upload_forget(stored.name)
            raise

    def _mapping(self, kind: str, text: str) -> Mapping | None:
        """A saved mapping's name or a JSON document."""
        if not text.strip():
            return None
        if not text.lstrip().startswith("{"):
            saved = (
                ImportMapping.objects.visible_to(self.actor)
                .for_kind(kind)
                .filter(name__iexact=text.strip())
                .first()
            )
            if saved is None:
                raise Invalid(fields={"mapping": [_("No mapping of this name is saved.")]})
            text = json.dumps(saved.document)
        return mapping_parse(text, kind)

    @extend_schema(request=shapes.MapIn, responses=shapes.ImportOut)
    def map(self, request: Request, uid: Any) -> Response:
        job = self.scoped().the(uid=uid)
        data = self.checked(shapes.MapIn)
        if job.kind == "bundle":
            raise Invalid(_("A bundle brings its own mapping."))
        names = [column.name for column in selectors.job_columns(job, Mapping(kind=job.kind))]
        in_words(
            lambda: services.import_map(
                actor=self.actor, now=timezone.now(), job=job, mapping=data["mapping"], names=names
            )
        )
        return self.shown(self.scoped().the(uid=uid))

    def _moved(self, verb: Callable[..., ImportJob], uid: Any, **more: Any) -> Response:
        in_words(lambda: verb(actor=self.actor, now=timezone.now(), job=self.scoped().the(uid=uid), **more))
        return self.shown(self.scoped().the(uid=uid), status=202)

    @extend_schema(request=None, responses={202: shapes.ImportOut})
    def preview(self, request: Request, uid: Any) -> Response:
        """Have every row checked; ask again for the state and the counts."""
        return self._moved(services.import_preview, uid)

    @extend_schema(request=shapes.ConfirmIn, responses={202: shapes.ImportOut})
    def confirm(self, request: Request, uid: Any) -> Response:
        data = self.checked(shapes.ConfirmIn) if request.data else {}
        return self._moved(services.import_confirm, uid, **data)

    @extend_schema(request=None, responses={202: shapes.ImportOut})
    def cancel(self, request: Request, uid: Any) -> Response:
        return self._moved(services.import_cancel, uid)

    @extend_schema(request=None, responses={202: shapes.ImportOut})
    def undo(self, request: Request, uid: Any) -> Response:
        return self._moved(services.import_undo, uid)


class Uploads(Imports):
    """The one address of `Imports` that takes a file."""

    parser_classes = (MultiPartParser,)


class Rejects(ActorViewSet):
    """Rejected cells of one import, by line."""

    model = ImportReject
    serializer_class = shapes.RejectOut

    def scoped(self) -> Any:
        policy.require(self.actor, "intake.import.see")
        job = ImportJob.objects.visible_to(self.actor).the(uid=self.kwargs["uid"])
        return ImportReject.objects.visible_to(self.actor).filter(job=job)

    def list(self, request: Request, uid: Any) -> Response:
        return self.paged(self.get_queryset())


class Mappings(ActorViewSet):
    """Saved mappings, by name and kind."""

    model = ImportMapping
    serializer_class = shapes.MappingOut

    def scoped(self) -> Any:
        policy.require(self.actor, "intake.import.see")
        return ImportMapping.objects.visible_to(self.actor)

    def list(self, request: Request) -> Response:
        return self.paged(self.get_queryset())

    def retrieve(self, request: Request, uid: Any) -> Response:
        return self.shown(self.scoped().the(uid=uid))

    @extend_schema(request=shapes.MappingIn, responses={201: shapes.MappingOut})
    def create(self, request: Request) -> Response:
        """Save a mapping; the same name and kind again replaces it."""
        policy.require(self.actor, "intake.mapping.edit")
        data = self.checked(shapes.MappingIn)
        return remembered(
            request,
            lambda: self.shown(
                in_words(lambda: services.mapping_save(actor=self.actor, now=timezone.now(), **data)),
                status=201,
            ),
        )

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, uid: Any) -> Response:
        row = self.scoped().the(uid=uid)
        policy.require(self.actor, "intake.mapping.edit")
        version = self.seen_version()
        if version is None:
            raise Invalid(fields={"If-Match": [_("Send the ETag of the mapping that is to go.")]})
        services.mapping_delete(actor=self.actor, now=timezone.now(), mapping=row, version=version)
        return Response(status=204)
