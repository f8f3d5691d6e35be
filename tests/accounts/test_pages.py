"""Setting up, inviting, roles, keys and settings on the pages."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import ApiKey, Membership, Organisation, Unit, User
from apps.notifications.models import Mail


def test_the_first_run_sets_up_once_and_then_closes(db):
    client = Client()
    body = {"name": "Aster", "currency": "eur", "time_zone": "Europe/Berlin", "language": "en-gb", "fiscal_year_start": "4",
            "admin_name": "Ada", "admin_email": "ada@example.org", "admin_password": "a long enough sentence"}  # fmt: skip
    assert client.get("/")["Location"] == "/accounts/setup/"
    assert client.get("/accounts/setup/").status_code == 200
    assert client.post("/accounts/setup/", {**body, "currency": "E"}).status_code == 422
    assert client.post("/accounts/setup/", body)["Location"] == "/sign-in/"
    assert (Organisation.objects.get().currency, Organisation.objects.get().fiscal_year_start) == ("EUR", 4)
    assert client.get("/accounts/setup/").status_code == 404
    assert client.post("/accounts/setup/", body).status_code == 404
    assert client.login(email="ada@example.org", password="a long enough sentence")


def test_an_invited_person_chooses_a_password_by_the_mailed_link(cast, settings):
    settings.EMAIL_BACKEND = "apps.notifications.mail.OutboxBackend"
    body = {"name": "New", "email": "new@example.org", "role": "frontline", "unit": cast.store.pk}
    answer = cast.client("administrator").post(reverse("accounts:invite"), body)
    assert answer.status_code == 303
    mail = Mail.objects.get(to="new@example.org")
    path = re.search(r"/sign-in/password/reset/key/\S+", mail.text).group()
    visitor = Client()
    form = visitor.get(path, follow=True)
    answer = visitor.post(
        form.request["PATH_INFO"],
        {"password1": "another long sentence", "password2": "another long sentence"},
    )
    assert answer.status_code == 302
    assert visitor.login(email="new@example.org", password="another long sentence")
    thief = Client()
    thief.get(path, follow=True)
    thief.post(path, {"password1": "a third long sentence", "password2": "a third long sentence"})
    assert not thief.login(email="new@example.org", password="a third long sentence"), "the link works once"


def test_the_same_address_in_other_letters_is_the_same_person(cast):
    body = {"name": "Twin", "email": "FRONTLINE@example.org", "role": "frontline", "unit": cast.store.pk}
    answer = cast.client("administrator").post(reverse("accounts:invite"), body)
    assert answer.status_code == 422
    assert "here already" in answer.content.decode()


def test_a_barred_person_is_out_at_once(cast):
    client = cast.client("frontline")
    assert client.get("/accounts/profile/").status_code == 200
    url = reverse("accounts:person_edit", args=[cast.frontline.uid])
    cast.client("administrator").post(url, {"name": "F", "version": cast.frontline.version})
    assert client.get("/accounts/profile/").status_code == 302


def test_the_last_administrator_stays(cast):
    held = Membership.objects.get(user=cast.administrator)
    cast.client("administrator").post(reverse("accounts:membership_remove", args=[held.pk]))
    assert Membership.objects.filter(pk=held.pk).exists()


def test_repeated_wrong_passwords_lock_the_address_out_without_telling_whether_it_exists(cast):
    client = Client()

    def attempt(email, password="wrong wrong wrong"):
        return client.post("/sign-in/", {"login": email, "password": password}).content.decode()

    known, unknown = attempt("frontline@example.org"), attempt("nobody-here@example.org")
    strip = re.compile(r'(value|name)="[^"]*"|FToken": "[^"]*"|nobody-here@example.org|frontline@example.org')
    assert strip.sub("", known) == strip.sub("", unknown)
    for _again in range(9):
        attempt("frontline@example.org")
    answer = client.post(
        "/sign-in/", {"login": "frontline@example.org", "password": "correct horse battery staple"}
    )
    assert answer.status_code != 302, "locked out even with the right password"


def test_a_stale_save_of_the_settings_keeps_what_was_typed(cast):
    client = cast.client("administrator")
    page = client.get("/accounts/organisation/")
    body = {name: field.initial if page.context["form"].initial.get(name) is None else page.context["form"].initial[name]
            for name, field in page.context["form"].fields.items() if name != "logo"}  # fmt: skip
    assert client.post("/accounts/organisation/", {**body, "name": "First"}).status_code == 303
    answer = client.post("/accounts/organisation/", {**body, "name": "Second"})
    assert answer.status_code == 409
    assert 'value="Second"' in answer.content.decode()
    assert Organisation.objects.get().name == "First"


def test_a_picture_that_is_no_picture_is_refused(cast):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = cast.client("administrator")
    page = client.get("/accounts/organisation/")
    body = {name: value for name, value in page.context["form"].initial.items() if value is not None}
    script = SimpleUploadedFile("logo.png", b"<svg onload=alert(1)>", content_type="image/png")
    answer = client.post("/accounts/organisation/", {**body, "logo": script})
    assert answer.status_code == 422


def test_a_new_key_is_shown_once(cast):
    client = cast.client("analyst")
    answer = client.post(reverse("accounts:key_new"), {"name": "tool", "scopes": ["read"]})
    secret = re.search(r"cx_[0-9a-f]{8}_[\w-]+", answer.content.decode()).group()
    assert answer["Cache-Control"] == "no-store"
    assert secret not in client.get(reverse("accounts:keys")).content.decode()
    assert ApiKey.objects.get().owner == cast.analyst


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_site(cast, where):
    answer = Client().post(
        f"/sign-in/?next={where}",
        {"login": "frontline@example.org", "password": "correct horse battery staple", "next": where},
    )
    assert "evil" not in answer.get("Location", "")
    assert "javascript" not in answer.get("Location", "")


def test_units_form_a_tree_and_keys_are_unique(cast):
    client = cast.client("administrator")
    body = {"name": "Store 2", "key": "store-02", "parent": cast.north.pk}
    assert client.post(reverse("accounts:unit_add"), body).status_code == 303
    assert client.post(reverse("accounts:unit_add"), body).status_code == 422
    assert User.objects.count()
    assert Unit.objects.get(key="store-02").depth == 3


def test_lists_of_people_cost_the_same_queries_for_two_and_twenty(cast, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.core.actor import Role

    client = cast.client("administrator")
    client.get(reverse("accounts:people"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("accounts:people"))
    for number in range(20):
        cast.person(f"extra{number}", (Role.FRONTLINE, cast.store))
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("accounts:people"))
    assert len(many) == len(few)
