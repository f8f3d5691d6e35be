"""Who gets what at the addresses of accounts, notifications, audit, sign-in and the frame."""

from __future__ import annotations

import datetime as dt
from typing import Any

from apps.accounts.models import ApiKey, Membership
from apps.accounts.services import apikey_create
from apps.notifications.models import Mail, Notification

NOW = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)


def _row(
    anonymous: int, frontline: int, team_lead: int, cx_manager: int, analyst: int, finance: int, executive: int,
    administrator: int, other_unit: int,
) -> dict[str, int]:  # fmt: skip
    return dict(locals())


OPEN = _row(200, 302, 302, 302, 302, 302, 302, 302, 302)  # sign-in pages send those who are in onwards
ANYBODY = _row(200, 200, 200, 200, 200, 200, 200, 200, 200)
EVERYBODY = _row(302, 200, 200, 200, 200, 200, 200, 200, 200)
ADMINS = _row(302, 403, 403, 403, 403, 403, 403, 200, 403)
UNITS = _row(302, 403, 403, 200, 403, 403, 403, 200, 200)
UNIT_EDIT = _row(302, 403, 403, 403, 403, 403, 403, 200, 404)
GONE = _row(404, 404, 404, 404, 404, 404, 404, 404, 404)

ROWS: dict[str, dict[str, int]] = {
    "healthz": ANYBODY,
    "readyz": _row(503, 503, 503, 503, 503, 503, 503, 503, 503),  # tests run no workers, and it says so
    "account_login": OPEN,
    "account_logout": _row(302, 200, 200, 200, 200, 200, 200, 200, 200),
    "account_signup": OPEN,
    "account_inactive": ANYBODY,
    "account_reauthenticate": _row(302, 200, 200, 200, 200, 200, 200, 200, 200),
    "account_change_password": EVERYBODY,
    "account_set_password": _row(302, 302, 302, 302, 302, 302, 302, 302, 302),
    "account_reset_password": ANYBODY,
    "account_reset_password_done": ANYBODY,
    "account_reset_password_from_key": ANYBODY,
    "account_reset_password_from_key_done": ANYBODY,
    "accounts:profile": EVERYBODY,
    "accounts:organisation": ADMINS,
    "accounts:logo": GONE,  # the cast has none
    "accounts:setup": GONE,  # there is an organisation
    "accounts:people": ADMINS,
    "accounts:invite": ADMINS,
    "accounts:person": ADMINS,
    "accounts:units": UNITS,
    "accounts:unit_add": ADMINS,
    "accounts:unit_edit": UNIT_EDIT,
    "accounts:keys": EVERYBODY,
    "accounts:key_new": EVERYBODY,
    "notifications:list": EVERYBODY,
    "notifications:mail": ADMINS,
    "notifications:mail_detail": ADMINS,
    "audit:log": ADMINS,
    "api-reference": EVERYBODY,
}
API_EVERYBODY = {**EVERYBODY, "anonymous": 401}
API_ADMINS = {**ADMINS, "anonymous": 401}
API_ROWS: dict[str, dict[str, int]] = {
    "api-schema": API_EVERYBODY,
    "api-me": API_EVERYBODY,
    "api-organisation": API_EVERYBODY,
    "api-units-list": API_EVERYBODY,
    "api-units-detail": {**API_EVERYBODY, "other_unit": 404},
    "api-people-list": API_ADMINS,
    "api-people-detail": API_ADMINS,
    "api-keys-list": API_EVERYBODY,
    "api-notifications-list": API_EVERYBODY,
    "api-audit-events-list": API_ADMINS,
}
ADMIN = {"administrator"}
PEOPLE = {
    "frontline",
    "team_lead",
    "cx_manager",
    "analyst",
    "finance",
    "executive",
    "administrator",
    "other_unit",
}
POSTS: dict[str, set[str]] = {
    "accounts:profile": PEOPLE,
    "accounts:theme": PEOPLE,
    "accounts:organisation": ADMIN,
    "accounts:invite": ADMIN,
    "accounts:person_edit": ADMIN,
    "accounts:person_link": ADMIN,
    "accounts:membership_add": ADMIN,
    "accounts:membership_remove": ADMIN,
    "accounts:unit_add": ADMIN,
    "accounts:unit_edit": ADMIN,
    "accounts:key_new": PEOPLE,
    "accounts:key_revoke": {"cx_manager", "administrator"},
    "notifications:read_all": PEOPLE,
    "notifications:follow": {"cx_manager"},
}
API_WRITES: dict[str, set[str]] = {
    "PATCH api-me": PEOPLE,
    "PATCH api-organisation": ADMIN,
    "POST api-units-list": ADMIN | (PEOPLE - ADMIN),
    "PATCH api-units-detail": PEOPLE,
    "POST api-people-list": PEOPLE,
    "POST api-people-roles": ADMIN,
    "DELETE api-people-take-back": ADMIN,
    "POST api-keys-list": PEOPLE,
    "DELETE api-keys-detail": {"cx_manager", "administrator"},
    "POST api-notifications-read": PEOPLE,
}


def _membership(cast: Any) -> Membership:
    return Membership.objects.filter(user=cast.frontline)[0]


def _key(cast: Any) -> ApiKey:
    return apikey_create(actor=cast.actor("cx_manager"), now=NOW, name="matrix", scopes=["read"])[0]


def _mail() -> Mail:
    return Mail.objects.create(
        to="a@example.org", sender="b@example.org", subject="Hello", text="Words", message_id="<1@x>"
    )


def _notification(cast: Any) -> Notification:
    return Notification.objects.create(user=cast.cx_manager, kind="test", title="Hello", created_at=NOW)


OBJECTS: dict[str, Any] = {
    "account_reset_password_from_key": lambda cast: {"uidb36": "1", "key": "not-a-key"},
    "accounts:person": lambda cast: {"uid": cast.frontline.uid},
    "accounts:person_edit": lambda cast: {"uid": cast.frontline.uid},
    "accounts:person_link": lambda cast: {"uid": cast.frontline.uid},
    "accounts:membership_add": lambda cast: {"uid": cast.frontline.uid},
    "accounts:membership_remove": lambda cast: {"pk": _membership(cast).pk},
    "accounts:unit_edit": lambda cast: {"uid": cast.store.uid},
    "accounts:key_revoke": lambda cast: {"uid": _key(cast).uid},
    "notifications:follow": lambda cast: {"uid": _notification(cast).uid},
    "notifications:mail_detail": lambda cast: {"uid": _mail().uid},
    "api-units-detail": lambda cast: {"uid": cast.store.uid},
    "api-people-detail": lambda cast: {"uid": cast.frontline.uid},
    "api-people-roles": lambda cast: {"uid": cast.frontline.uid},
    "api-people-take-back": lambda cast: {"uid": cast.frontline.uid, "role_id": _membership(cast).pk},
    "api-keys-detail": lambda cast: {"uid": _key(cast).uid},
}
