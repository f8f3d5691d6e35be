from __future__ import annotations

from django.urls import path

from apps.customers import lists, views

app_name = "customers"
urlpatterns = [
    path("", lists.Customers.as_view(), name="list"),
    path("interactions/", lists.Interactions.as_view(), name="interactions"),
    path("purchases/", lists.Purchases.as_view(), name="purchases"),
    path("<uuid:uid>/", views.detail, name="detail"),
    path("<uuid:uid>/edit/", views.Edit.as_view(), name="edit"),
    path("<uuid:uid>/identities/add/", views.IdentityAdd.as_view(), name="identity_add"),
    path("<uuid:uid>/key-dates/add/", views.KeyDateAdd.as_view(), name="key_date_add"),
    path("<uuid:uid>/consent/", views.ConsentRecord.as_view(), name="consent"),
    path("identities/<uuid:uid>/remove/", views.identity_remove, name="identity_remove"),
    path("key-dates/<uuid:uid>/edit/", views.KeyDateEdit.as_view(), name="key_date_edit"),
    path("key-dates/<uuid:uid>/remove/", views.key_date_remove, name="key_date_remove"),
]
