from __future__ import annotations

from django.urls import path

from apps.returns import views

app_name = "returns"
urlpatterns = [
    path("runs/", views.Runs.as_view(), name="runs"),
    path("runs/<uuid:uid>/", views.run, name="run"),
    path("runs/<uuid:uid>/cancel/", views.run_cancel, name="run_cancel"),
    path("recompute/", views.recompute_all, name="recompute_all"),
    path("snapshots/<uuid:uid>/", views.snapshot, name="snapshot"),
    path("initiatives/<uuid:uid>/", views.History.as_view(), name="history"),
    path("initiatives/<uuid:uid>/recompute/", views.recompute, name="recompute"),
]
