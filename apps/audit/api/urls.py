from rest_framework.routers import SimpleRouter

from apps.audit.api.views import AuditEvents

router = SimpleRouter(use_regex_path=False)
router.register("audit-events", AuditEvents, basename="api-audit-events")
urlpatterns = router.urls
