from django.urls import path

from apps.notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.bell, name="list"),
    path("read/", views.read_all, name="read_all"),
    path("<uuid:uid>/follow/", views.follow, name="follow"),
    path("mail/", views.Mails.as_view(), name="mail"),
    path("mail/<uuid:uid>/", views.mail_detail, name="mail_detail"),
]
