from rest_framework.routers import SimpleRouter

from apps.feedback.api import views

router = SimpleRouter(use_regex_path=False)
router.register("responses", views.Responses, basename="api-responses")
router.register("sources", views.Sources, basename="api-sources")

urlpatterns = router.urls
