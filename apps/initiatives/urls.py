from __future__ import annotations

from django.urls import path

from apps.initiatives.views import detail, edit, lists, types

app_name = "initiatives"
urlpatterns = [
    path("", lists.InitiativeList.as_view(), name="list"),
    path("new/", edit.Create.as_view(), name="new"),
    path("types/", lists.TypeList.as_view(), name="types"),
    path("types/new/", types.TypeNew.as_view(), name="type_new"),
    path("types/<uuid:uid>/", types.TypeEdit.as_view(), name="type_edit"),
    path("<uuid:uid>/", detail.detail, name="detail"),
    path("<uuid:uid>/edit/", edit.Edit.as_view(), name="edit"),
    path("<uuid:uid>/gate/<slug:to_stage>/", edit.Gate.as_view(), name="gate"),
    path("<uuid:uid>/journal/", edit.JournalNew.as_view(), name="journal_add"),
    path("<uuid:uid>/costs/new/", edit.CostNew.as_view(), name="cost_add"),
    path("<uuid:uid>/costs/<uuid:part>/", edit.CostEdit.as_view(), name="cost_edit"),
    path("<uuid:uid>/costs/<uuid:part>/remove/", edit.CostRemove.as_view(), name="cost_remove"),
    path("<uuid:uid>/treatments/new/", edit.TreatmentNew.as_view(), name="treatment_add"),
    path("<uuid:uid>/treatments/<uuid:part>/", edit.TreatmentEdit.as_view(), name="treatment_edit"),
    path(
        "<uuid:uid>/treatments/<uuid:part>/remove/", edit.TreatmentRemove.as_view(), name="treatment_remove"
    ),
    path("<uuid:uid>/kpis/new/", edit.LinkNew.as_view(), name="link_add"),
    path("<uuid:uid>/kpis/<uuid:part>/", edit.LinkEdit.as_view(), name="link_edit"),
    path("<uuid:uid>/kpis/<uuid:part>/remove/", edit.LinkRemove.as_view(), name="link_remove"),
]
