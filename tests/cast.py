"""The cast: one person per role on the northern region, the same roles in the south, and the units they work in."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from rest_framework.test import APIClient

from apps.accounts.actors import actor_for
from apps.accounts.models import Membership, Organisation, Unit, User
from apps.accounts.services import apikey_create
from apps.core.actor import Actor, Role

NOW = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
WHOLE_COMPANY = {Role.EXECUTIVE, Role.FINANCE, Role.ANALYST, Role.ADMINISTRATOR}
ROLES = [role.value for role in Role]
PASSWORD = "correct horse battery staple"


class Cast:
    """`cast.frontline` is a User, `cast.actor("frontline")` acts for them, `cast.client(...)` and `cast.api(...)` are signed in.

    company > north > store, company > south > other_store. Everybody works for `north`; executive, finance, analyst and
    administrator for the whole company. `other_unit` holds all roles but administrator in `south` only.
    """

    def __init__(self) -> None:
        Organisation.objects.create(name="Aster Telecom", currency="EUR", time_zone="Europe/Berlin")
        self.company: Unit = Unit.objects.add_root({"key": "company", "name": "Aster Telecom"})
        self.north: Unit = self.under(self.company, "north", "North")
        self.south: Unit = self.under(self.company, "south", "South")
        self.store: Unit = self.under(self.north, "store-01", "Store 1")
        self.other_store: Unit = self.under(self.south, "store-51", "Store 51")
        for role in Role:
            unit = self.company if role in WHOLE_COMPANY else self.north
            setattr(self, role.value, self.person(role.value, (role, unit)))
        everything = [(role, self.south) for role in Role if role is not Role.ADMINISTRATOR]
        self.other_unit: User = self.person("other_unit", *everything)
        self.nobody: User = self.person("nobody")

    frontline: User
    team_lead: User
    cx_manager: User
    analyst: User
    finance: User
    executive: User
    administrator: User

    def under(self, parent: Unit, key: str, name: str) -> Unit:
        """One more unit below `parent`."""
        unit: Unit = Unit.objects.add_child(Unit.objects.get(pk=parent.pk), {"key": key, "name": name})
        return unit

    def person(self, name: str, *memberships: tuple[Role, Unit]) -> User:
        """One more person with these roles."""
        user: User = User.objects.create_user(
            f"{name}@example.org", PASSWORD, name=name.replace("_", " ").title()
        )
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        for role, unit in memberships:
            Membership.objects.create(user=user, role=role, unit=unit)
        return user

    def user(self, who: str | User) -> User:
        return who if isinstance(who, User) else getattr(self, who)

    def actor(self, who: str | User) -> Actor:
        """The actor of a person (fresh: roles as they are now)."""
        return actor_for(self.user(who))

    def client(self, who: str | User | None) -> Client:
        """A browser in which this person is signed in; None or "anonymous": nobody is."""
        client = Client()
        if who not in {None, "anonymous"}:
            client.force_login(self.user(who), backend="allauth.account.auth_backends.AuthenticationBackend")  # type: ignore[arg-type]
        return client

    def api(self, who: str | User, scopes: list[str] | None = None) -> APIClient:
        """A program with a key of this person; all scopes unless given."""
        _key, secret = apikey_create(
            actor=self.actor(who),
            now=NOW,
            name="test",
            scopes=scopes or ["read", "intake", "cases", "program", "admin"],
        )
        return APIClient(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def cast(db: Any) -> Cast:
    return Cast()


@pytest.fixture
def now() -> dt.datetime:
    """Monday, 2 March 2026, 10:00 UTC."""
    return NOW


@pytest.fixture
def system() -> Actor:
    return Actor.system("test")
