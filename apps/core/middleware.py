"""Request ids, and one place where a refusal becomes an answer."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.ids import new_uid
from apps.core.logs import request_id

log = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]


class RequestId:
    """Every answer and every log line of a request carries the same id."""

    PATTERN = re.compile(r"[A-Za-z0-9._-]{8,64}")

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if self.PATTERN.fullmatch(given) else new_uid().hex  # type: ignore[attr-defined]
        token = request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response.headers["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response


class DomainErrors:
    """A `DomainError` that a view lets through becomes a page with its words and status; so does a database that is away."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith("/static/") and not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "no-store"  # pages hold personal data and money
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DomainError):
            return refusal(request, error.status, error.message)
        if isinstance(error, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
            return refusal(
                request, 413, _("This is more than can be sent at once. Send less, or import it as a file.")
            )
        if isinstance(error, (OperationalError, InterfaceError)):
            log.warning("the database is away: %s", error)
            response = refusal(
                request, 503, _("The database is away for a moment. Nothing was saved; please try again.")
            )
            response.headers["Retry-After"] = "2"
            return response
        return None


def refusal(request: HttpRequest, status: int, message: str) -> HttpResponse:
    """The page for a refusal; it needs no query, so that it works when the database is away."""
    return render(request, "refused.html", {"status": status, "message": message}, status=status)
