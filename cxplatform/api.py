"""The /api/v1/ address space: each app brings its own routes."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from apps.core.api.reference import reference

APPS = (
    "accounts",
    "notifications",
    "audit",
    "journeys",
    "customers",
    "feedback",
    "kpis",
    "cases",
    "initiatives",
    "returns",
    "portfolio",
    "intake",
)

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("", reference, name="api-reference"),
    *[path("", include(f"apps.{app}.api.urls")) for app in APPS],
]
