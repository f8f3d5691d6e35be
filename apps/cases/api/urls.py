from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.cases.api.views import CaseEvents, CaseRules, Cases

router = SimpleRouter(use_regex_path=False)
router.register("cases", Cases, basename="api-cases")
router.register("case-rules", CaseRules, basename="api-case-rules")

urlpatterns = [
    *router.urls,
    path("cases/<uuid:uid>/events/", CaseEvents.as_view({"get": "list"}), name="api-cases-events"),
]
