from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.accounts.api import views

router = SimpleRouter(use_regex_path=False)
router.register("units", views.Units, basename="api-units")
router.register("people", views.People, basename="api-people")
router.register("api-keys", views.Keys, basename="api-keys")

urlpatterns = [
    path("me/", views.Me.as_view(), name="api-me"),
    path("organisation/", views.TheOrganisation.as_view(), name="api-organisation"),
    *router.urls,
]
