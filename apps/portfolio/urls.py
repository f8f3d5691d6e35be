from __future__ import annotations

from django.urls import path

from apps.portfolio import views

app_name = "portfolio"
urlpatterns = [path("", views.Portfolio.as_view(), name="overview")]
