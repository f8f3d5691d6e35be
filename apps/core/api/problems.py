"""Errors as RFC 9457 problem details: {"type", "title", "status", "detail", "code", "fields"?, ...}."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework import exceptions, status
from rest_framework.response import Response

from apps.core.errors import DomainError

log = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"


def problem(http_status: int, title: str, detail: str, **extra: Any) -> Response:
    """One problem-details answer."""
    body = {"type": "about:blank", "title": title, "status": http_status, "detail": detail, **extra}
    return Response(body, status=http_status, content_type=CONTENT_TYPE)


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: refusals, validation errors and absent databases, all in one shape."""
    if isinstance(error, DomainError):
        return problem(
            error.status, error.code.replace("_", " "), error.message, code=error.code, **error.extra
        )
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, RequestDataTooBig):
        return problem(413, "too large", _("The body is larger than this address takes."), code="too_large")
    elif isinstance(error, (OperationalError, InterfaceError)):
        answer = problem(
            503, "unavailable", _("The database is away for a moment; try again."), code="unavailable"
        )
        answer["Retry-After"] = "2"
        return answer
    if isinstance(error, exceptions.ValidationError):
        return problem(
            status.HTTP_422_UNPROCESSABLE_ENTITY,
            "invalid",
            _("Some fields cannot be used as they are."),
            code="invalid",
            fields=_fields(error.detail),
        )
    if isinstance(error, exceptions.APIException):
        detail = error.detail if isinstance(error.detail, str) else str(error.detail)
        code = error.get_codes()
        answer = problem(
            error.status_code,
            error.default_code,
            detail,
            code=code if isinstance(code, str) else error.default_code,
        )
        if wait := getattr(error, "wait", None):
            answer["Retry-After"] = str(int(wait) + 1)
        if getattr(error, "auth_header", None):
            answer["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
        return answer
    return None


def _fields(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """Nested validation errors as one flat map of dotted field names to messages."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for key, value in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            found |= _fields(value, f"{prefix}.{name}".strip("."))
        return found
    if isinstance(detail, list) and any(isinstance(item, (dict, list)) for item in detail):
        found = {}
        for position, item in enumerate(detail):
            if item:
                found |= _fields(item, f"{prefix}.{position}".strip("."))
        return found
    items = detail if isinstance(detail, list) else [detail]
    return {prefix: [str(item) for item in items]}


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _plain(http_status: int, title: str, detail: str, code: str) -> JsonResponse:
    body = {"type": "about:blank", "title": title, "status": http_status, "detail": detail, "code": code}
    return JsonResponse(body, status=http_status, content_type=CONTENT_TYPE)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 for an address that does not exist: a page for people, problem details for programs."""
    if _is_api(request):
        return _plain(404, "not found", _("There is nothing at this address."), "not_found")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: says that it is our fault and nothing of what went wrong inside."""
    if _is_api(request):
        return _plain(500, "error", _("Something went wrong here; it is logged."), "error")
    return defaults.server_error(request)
