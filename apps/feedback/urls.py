from django.urls import path

from apps.feedback import lists, views

app_name = "feedback"
urlpatterns = [
    path("", lists.Responses.as_view(), name="list"),
    path("sources/", lists.Sources.as_view(), name="sources"),
    path("sources/new/", views.SourceNew.as_view(), name="source_new"),
    path("sources/<uuid:uid>/", views.SourceEdit.as_view(), name="source_edit"),
    path("<uuid:uid>/", views.detail, name="detail"),
]
