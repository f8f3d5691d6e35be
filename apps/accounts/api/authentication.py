from __future__ import annotations

import hashlib
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from apps.accounts.actors import actor_for
from apps.accounts.models import ApiKey, User
from apps.accounts.services import apikey_touch


def digest_of(secret: str) -> str:
    """How a key is stored: the secret has 256 random bits, so a plain SHA-256 cannot be turned back."""
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer cx_<prefix>_<secret>`."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        now = timezone.now()
        key = ApiKey.objects.usable(digest=digest_of(token.strip()), now=now)  # unscoped: nobody is known yet
        if key is None:
            raise exceptions.AuthenticationFailed(_("This API key is unknown, expired or revoked."))
        apikey_touch(key=key, now=now)
        request._request.actor = actor_for(
            key.owner, key=key, request_id=getattr(request._request, "request_id", "")
        )  # type: ignore[attr-defined]
        request.actor = request._request.actor  # type: ignore[attr-defined]
        return key.owner, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionActorAuthentication(SessionAuthentication):
    """The browser's session, with CSRF protection, for the pages' own calls and the reference page."""

    def authenticate(self, request: Request) -> Any:
        found = super().authenticate(request)
        if found is not None:
            request.actor = request._request.actor  # type: ignore[attr-defined]
        return found


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "apps.accounts.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "apps.accounts.api.authentication.SessionActorAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "session"}
