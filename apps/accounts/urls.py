from django.urls import path

from apps.accounts import lists, views

app_name = "accounts"
urlpatterns = [
    path("profile/", views.Profile.as_view(), name="profile"),
    path("theme/", views.theme, name="theme"),
    path("organisation/", views.Settings.as_view(), name="organisation"),
    path("logo/", views.logo, name="logo"),
    path("setup/", views.Setup.as_view(), name="setup"),
    path("people/", lists.People.as_view(), name="people"),
    path("people/invite/", views.Invite.as_view(), name="invite"),
    path("people/<uuid:uid>/", views.person, name="person"),
    path("people/<uuid:uid>/edit/", views.person_edit, name="person_edit"),
    path("people/<uuid:uid>/link/", views.person_link, name="person_link"),
    path("people/<uuid:uid>/roles/", views.membership_add, name="membership_add"),
    path("roles/<int:pk>/remove/", views.membership_remove, name="membership_remove"),
    path("units/", lists.Units.as_view(), name="units"),
    path("units/add/", views.UnitAdd.as_view(), name="unit_add"),
    path("units/<uuid:uid>/", views.UnitEdit.as_view(), name="unit_edit"),
    path("keys/", lists.Keys.as_view(), name="keys"),
    path("keys/new/", views.KeyNew.as_view(), name="key_new"),
    path("keys/<uuid:uid>/revoke/", views.key_revoke, name="key_revoke"),
]
