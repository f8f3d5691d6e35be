from django.urls import path

from apps.home import views

app_name = "home"
urlpatterns = [
    path("", views.index, name="index"),
    path("search/", views.search, name="search"),
    path("help/", views.help_page, name="help"),
]
