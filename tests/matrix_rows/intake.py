"""Who gets what at the addresses of imports."""

from __future__ import annotations

from typing import Any

from apps.intake.fields import KINDS
from apps.intake.guards import action_for
from apps.intake.models import ImportJob, ImportMapping
from tests.intake.support import submitted


def _row(
    anonymous: int, frontline: int, team_lead: int, cx_manager: int, analyst: int, finance: int, executive: int,
    administrator: int, other_unit: int,
) -> dict[str, int]:  # fmt: skip
    return dict(locals())


LOOK = _row(302, 403, 403, 200, 200, 403, 403, 403, 200)
ONE = _row(302, 404, 404, 200, 200, 404, 404, 404, 404)  # an import of the north
ONE_LIST = {**LOOK, "other_unit": 404}  # asks the role first, then for the import
SAVED = _row(302, 404, 404, 200, 200, 404, 404, 404, 200)  # mappings are shared among those who import
FROM = {"cx_manager", "analyst"}
ALL_IMPORTERS = FROM | {"other_unit"}
MANAGERS = {"cx_manager", "other_unit"}

ROWS: dict[str, dict[str, int]] = {
    **dict.fromkeys(
        ["intake:list", "intake:new", "intake:templates", "intake:template_file", "intake:mappings"], LOOK
    ),
    **dict.fromkeys(["intake:mapping", "intake:mapping_delete"], SAVED),
    **dict.fromkeys(["intake:detail", "intake:map", "intake:undo"], ONE),
    "intake:progress": {
        who: 302 if status == 200 else status for who, status in ONE.items()
    },  # nothing is going on
    "intake:rejects": ONE_LIST,
}
POSTS: dict[str, set[str]] = {
    "intake:new": ALL_IMPORTERS,
    "intake:mapping_delete": ALL_IMPORTERS,
    **dict.fromkeys(["intake:map", "intake:check", "intake:confirm", "intake:cancel", "intake:undo"], FROM),
}
API_LOOK = {**LOOK, "anonymous": 401}
API_ROWS: dict[str, dict[str, int]] = {
    "api-imports-list": API_LOOK,
    "api-imports-detail": {**ONE_LIST, "anonymous": 401},
    "api-imports-rejects": {**ONE_LIST, "anonymous": 401},
    "api-import-mappings-list": API_LOOK,
    "api-import-mappings-detail": API_LOOK,
}
API_WRITES: dict[str, set[str]] = {
    "POST api-feedback-receive": {"frontline", "team_lead", *ALL_IMPORTERS},
    "POST api-imports-upload": ALL_IMPORTERS,
    "POST api-import-mappings-list": ALL_IMPORTERS,
    "DELETE api-import-mappings-detail": ALL_IMPORTERS,
    **{f"POST api-imports-{move}": FROM for move in ("map", "preview", "confirm", "cancel", "undo")},
    **{f"POST api-batch-{kind}": ALL_IMPORTERS for kind in KINDS if action_for(kind) == "intake.import.run"},
    **{f"POST api-batch-{kind}": MANAGERS for kind in KINDS if action_for(kind) == "intake.import.money"},
}


def _job(cast: Any) -> dict[str, Any]:
    """A submitted file of the north."""
    found = ImportJob.objects.first()
    if found is None:
        text = "source_id,responded_at,score\nr1,2026-03-01,3\n"
        document = {"columns": {"source_id": "external_id", "responded_at": "answered_at", "score": "score"}}
        layout = {"form": "csv", "encoding": "utf-8", "delimiter": ",", "sheet": "", "guessed": []}
        found = submitted(cast.actor("cx_manager"), "feedback", text, document, layout=layout)
    return {"uid": found.uid}


def _mapping(cast: Any) -> dict[str, Any]:
    found = ImportMapping.objects.first() or ImportMapping.objects.create(
        name="Matrix", kind="feedback", document={}
    )
    return {"uid": found.uid}


OBJECTS: dict[str, Any] = {
    **dict.fromkeys(
        [
            "intake:detail", "intake:map", "intake:undo", "intake:progress", "intake:rejects", "intake:check",
            "intake:confirm", "intake:cancel", "api-imports-detail", "api-imports-rejects",
            *(f"api-imports-{move}" for move in ("map", "preview", "confirm", "cancel", "undo")),
        ],
        _job,
    ),
    **dict.fromkeys(["intake:mapping", "intake:mapping_delete", "api-import-mappings-detail"], _mapping),
    "intake:template_file": lambda cast: {"kind": "feedback"},
}  # fmt: skip
