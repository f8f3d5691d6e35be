from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.kpis.api import views

router = SimpleRouter(use_regex_path=False)
router.register("kpis", views.Kpis, basename="api-kpis")
router.register("value-models", views.ValueModels, basename="api-value-models")

urlpatterns = [
    path(
        "kpis/<uuid:uid>/observations/",
        views.Observations.as_view({"get": "list", "post": "record"}),
        name="api-kpi-observations",
    ),
    *router.urls,
]
