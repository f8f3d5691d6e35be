from django.urls import path

from apps.kpis import lists
from apps.kpis.views import compare, detail, edit, values

app_name = "kpis"
urlpatterns = [
    path("", lists.Kpis.as_view(), name="list"),
    path("new/", edit.KpiNew.as_view(), name="new"),
    path("side-by-side/", compare.compare, name="compare"),
    path("shipped/", edit.Ship.as_view(), name="ship"),
    path("value-models/", lists.ValueModels.as_view(), name="value_models"),
    path("value-models/new/", values.ValueModelNew.as_view(), name="value_model_new"),
    path("value-models/<uuid:uid>/", values.value_model, name="value_model"),
    path("value-models/<uuid:uid>/new-version/", values.ValueModelEdit.as_view(), name="value_model_edit"),
    path("value-models/<uuid:uid>/sign/", values.Sign.as_view(), name="value_model_sign"),
    path("value-models/<uuid:uid>/retire/", values.Retire.as_view(), name="value_model_retire"),
    path("<uuid:uid>/", detail.detail, name="detail"),
    path("<uuid:uid>/edit/", edit.KpiEdit.as_view(), name="edit"),
    path("<uuid:uid>/values/", lists.Observations.as_view(), name="values"),
    path("<uuid:uid>/values/new/", edit.ValueAdd.as_view(), name="value_add"),
    path("<uuid:uid>/values/<int:pk>/", edit.ValueEdit.as_view(), name="value_edit"),
    path("<uuid:uid>/values/<int:pk>/remove/", edit.ValueRemove.as_view(), name="value_remove"),
]
