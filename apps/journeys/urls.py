from __future__ import annotations

from django.urls import path

from apps.journeys import lists, views

app_name = "journeys"
urlpatterns = [
    path("", lists.Journeys.as_view(), name="list"),
    path("new/", views.JourneyNew.as_view(), name="new"),
    path("<uuid:uid>/", views.detail, name="detail"),
    path("<uuid:uid>/edit/", views.JourneyEdit.as_view(), name="edit"),
    path("<uuid:uid>/steps/add/", views.StepAdd.as_view(), name="step_add"),
    path("steps/<uuid:uid>/edit/", views.StepEdit.as_view(), name="step_edit"),
    path("steps/<uuid:uid>/move/", views.step_move, name="step_move"),
    path("steps/<uuid:uid>/delete/", views.step_delete, name="step_delete"),
    path("steps/<uuid:uid>/touchpoints/add/", views.TouchpointAdd.as_view(), name="touchpoint_add"),
    path("touchpoints/<uuid:uid>/edit/", views.TouchpointEdit.as_view(), name="touchpoint_edit"),
    path("touchpoints/<uuid:uid>/delete/", views.touchpoint_delete, name="touchpoint_delete"),
]
