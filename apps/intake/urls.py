from django.urls import path

from apps.intake import lists, views

app_name = "intake"
urlpatterns = [
    path("", lists.ImportList.as_view(), name="list"),
    path("new/", views.new, name="new"),
    path("templates/", views.templates, name="templates"),
    path("templates/<slug:kind>.csv", views.template_file, name="template_file"),
    path("mappings/", lists.MappingList.as_view(), name="mappings"),
    path("mappings/<uuid:uid>/", views.mapping_detail, name="mapping"),
    path("mappings/<uuid:uid>/delete/", views.mapping_forget, name="mapping_delete"),
    path("<uuid:uid>/", views.detail, name="detail"),
    path("<uuid:uid>/progress/", views.progress, name="progress"),
    path("<uuid:uid>/map/", views.map_columns, name="map"),
    path("<uuid:uid>/check/", views.check, name="check"),
    path("<uuid:uid>/confirm/", views.confirm, name="confirm"),
    path("<uuid:uid>/cancel/", views.cancel, name="cancel"),
    path("<uuid:uid>/undo/", views.undo, name="undo"),
    path("<uuid:uid>/rejects/", lists.RejectList.as_view(), name="rejects"),
]
