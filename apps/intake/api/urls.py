from __future__ import annotations

from django.urls import path

from apps.intake.api import views
from apps.intake.fields import KINDS

MOVES = ("map", "preview", "confirm", "cancel", "undo")

urlpatterns = [
    path("feedback/", views.Feedback.as_view({"post": "create"}), name="api-feedback-receive"),
    *[
        path(
            f"{kind.replace('_', '-')}/batch/",
            views.Batch.as_view({"post": "create"}, kind=kind),
            name=f"api-batch-{kind}",
        )
        for kind in KINDS
    ],
    path("imports/", views.Imports.as_view({"get": "list"}), name="api-imports-list"),
    path("imports/upload/", views.Uploads.as_view({"post": "create"}), name="api-imports-upload"),
    path("imports/<uuid:uid>/", views.Imports.as_view({"get": "retrieve"}), name="api-imports-detail"),
    path("imports/<uuid:uid>/rejects/", views.Rejects.as_view({"get": "list"}), name="api-imports-rejects"),
    *[
        path(f"imports/<uuid:uid>/{move}/", views.Imports.as_view({"post": move}), name=f"api-imports-{move}")
        for move in MOVES
    ],
    path(
        "import-mappings/",
        views.Mappings.as_view({"get": "list", "post": "create"}),
        name="api-import-mappings-list",
    ),
    path(
        "import-mappings/<uuid:uid>/",
        views.Mappings.as_view({"get": "retrieve", "delete": "destroy"}),
        name="api-import-mappings-detail",
    ),
]
