"""Addresses: each app brings its own pages; the API lives under /api/v1/."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

from cxplatform import health

handler404 = "apps.core.api.problems.page_not_found"
handler500 = "apps.core.api.problems.server_error"

PAGES = {
    "home": "",
    "accounts": "accounts/",
    "notifications": "notifications/",
    "audit": "audit/",
    "journeys": "journeys/",
    "customers": "customers/",
    "feedback": "feedback/",
    "kpis": "kpis/",
    "cases": "cases/",
    "initiatives": "initiatives/",
    "returns": "returns/",
    "portfolio": "portfolio/",
    "intake": "imports/",
}

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/", include("cxplatform.api")),
    path("sign-in/", include("apps.accounts.signin_urls")),
    *[path(prefix, include(f"apps.{app}.urls")) for app, prefix in PAGES.items()],
]
if settings.DEBUG:
    urlpatterns += [path("styleguide/", include("apps.core.urls"))]
