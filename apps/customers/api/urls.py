from rest_framework.routers import SimpleRouter

from apps.customers.api import views

router = SimpleRouter(use_regex_path=False)
router.register("customers", views.Customers, basename="api-customers")
router.register("identities", views.Identities, basename="api-identities")
router.register("interactions", views.Interactions, basename="api-interactions")
router.register("purchases", views.Purchases, basename="api-purchases")
router.register("key-dates", views.KeyDates, basename="api-key-dates")
router.register("consents", views.Consents, basename="api-consents")

urlpatterns = router.urls
