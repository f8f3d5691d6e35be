"""The style guide: only mounted for developers (`CX_DEBUG=1`)."""

from django.urls import path

from apps.core import styleguide

app_name = "core"
urlpatterns = [
    path("", styleguide.guide, name="styleguide"),
    path("list/", styleguide.SampleList.as_view(), name="styleguide_list"),
    path("bulk/", styleguide.bulk, name="styleguide_bulk"),
]
