"""One view serves page and fragment."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def render_page(
    request: HttpRequest,
    page: str,
    context: dict[str, Any],
    *,
    fragments: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render `page`, or the fragment whose key is the id that htmx is about to replace (`HX-Target`).

    `fragments` maps an element id to a template. The same address therefore works with and without JavaScript.
    """
    target = getattr(request, "htmx", None) and request.htmx.target  # type: ignore[attr-defined]
    boosted = bool(target) and request.htmx.boosted  # type: ignore[attr-defined]
    template = page if boosted or not target else (fragments or {}).get(target, page)
    response = render(request, template, {**context, "is_fragment": template != page}, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def redirect_or_refresh(request: HttpRequest, url: str) -> HttpResponse:
    """After a verb: a redirect for a plain form, a full navigation for htmx."""
    if getattr(request, "htmx", None):
        response = HttpResponse(status=204)
        response["HX-Location"] = url
        return response
    response = HttpResponse(status=303)
    response["Location"] = url
    return response
