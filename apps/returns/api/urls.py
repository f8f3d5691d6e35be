from rest_framework.routers import SimpleRouter

from apps.returns.api import views

router = SimpleRouter(use_regex_path=False)
router.register("returns/snapshots", views.Snapshots, basename="api-returns-snapshots")
router.register("returns/runs", views.Runs, basename="api-returns-runs")

urlpatterns = router.urls
