from rest_framework.routers import SimpleRouter

from apps.notifications.api.views import Notifications

router = SimpleRouter(use_regex_path=False)
router.register("notifications", Notifications, basename="api-notifications")
urlpatterns = router.urls
