from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from apps.accounts.actors import actor_for
from apps.accounts.models import User
from apps.accounts.selectors import organisation
from apps.core.actor import Actor
from apps.core.formatting import activate_number_format


class ActorMiddleware:
    """`request.actor`, built once and only when somebody asks; zone and language follow it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = getattr(request, "request_id", "")

        def build() -> Actor:
            user = request.user
            return actor_for(user, request_id=request_id) if isinstance_user(user) else Actor.anonymous()

        request.actor = SimpleLazyObject(build)  # type: ignore[attr-defined]
        if request.session.session_key and isinstance_user(request.user):
            actor: Actor = request.actor  # type: ignore[attr-defined]
            timezone.activate(zoneinfo.ZoneInfo(actor.time_zone))
            translation.activate(actor.language)
            activate_number_format(actor.number_format)
        try:
            return self.get_response(request)
        finally:
            activate_number_format("")
            timezone.deactivate()


class FirstRun:
    """Until somebody has set the organisation up, every page leads to the first-run page."""

    OPEN = ("/accounts/setup/", "/static/", "/healthz", "/readyz", "/api/")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.is_set_up = False  # it never goes back, so it is asked only until the first yes

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.is_set_up and not request.path.startswith(self.OPEN):
            self.is_set_up = organisation() is not None
            if not self.is_set_up:
                return redirect("accounts:setup")
        return self.get_response(request)


def isinstance_user(user: object) -> bool:
    """A signed-in, active person (works through the lazy wrapper)."""
    return bool(getattr(user, "is_authenticated", False)) and user.__class__ is User
