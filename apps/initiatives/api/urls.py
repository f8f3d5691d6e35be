from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.initiatives.api import views

router = SimpleRouter(use_regex_path=False)
router.register("initiatives", views.Initiatives, basename="api-initiatives")
router.register("investment-types", views.Types, basename="api-investment-types")

MANY = {"get": "list", "post": "create"}
ONE = {"patch": "partial_update", "delete": "destroy"}
PARTS = {"costs": views.Costs, "treatments": views.Treatments, "links": views.Links}
NOTES = {"decisions": views.Decisions, "journal": views.Journal}

urlpatterns = [
    *router.urls,
    *[
        path(f"initiatives/<uuid:uid>/{name}/", view.as_view(MANY), name=f"api-initiatives-{name}")
        for name, view in {**PARTS, **NOTES}.items()
    ],
    *[
        path(
            f"initiatives/<uuid:uid>/{name}/<uuid:part>/",
            view.as_view(ONE),
            name=f"api-initiatives-{name}-one",
        )
        for name, view in PARTS.items()
    ],
]
