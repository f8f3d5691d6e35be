from rest_framework.routers import SimpleRouter

from apps.journeys.api import views

router = SimpleRouter(use_regex_path=False)
router.register("journeys", views.Journeys, basename="api-journeys")
router.register("steps", views.Steps, basename="api-steps")
router.register("touchpoints", views.Touchpoints, basename="api-touchpoints")

urlpatterns = router.urls
