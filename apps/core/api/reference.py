"""The browsable reference page: drawn on the server from the schema, so that the strict CSP holds and it prints."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    """The OpenAPI document of this version; it changes only with the code."""
    generator: Any = SchemaGenerator(api_version="v1")
    return dict(generator.get_schema(request=None, public=True))


def operations(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """{first path segment: operations with method, path, summary, parameters, body and answers}."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document.get("paths", {}).items():
        group = path.removeprefix("/api/v1/").split("/")[0] or "api"
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {})
            groups.setdefault(group, []).append(
                {
                    "method": method.upper(),
                    "path": path,
                    "id": operation.get("operationId", ""),
                    "description": operation.get("description", ""),
                    "parameters": operation.get("parameters", []),
                    "body": next(
                        (
                            content.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
                            for content in body.values()
                        ),
                        "",
                    ),
                    "answers": [
                        (code, answer.get("description", ""))
                        for code, answer in operation.get("responses", {}).items()
                    ],
                }
            )
    return dict(sorted(groups.items()))


def components(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The named shapes: [{"name", "fields": [{"name", "type", "required", "description"}]}]."""
    shapes = document.get("components", {}).get("schemas", {})
    return [
        {
            "name": name,
            "fields": [
                {
                    "name": field,
                    "type": " ".join(filter(None, [spec.get("type"), spec.get("format")]))
                    or _reference_of(spec),
                    "is_required": field in shape.get("required", []),
                    "description": spec.get("description", ""),
                }
                for field, spec in shape.get("properties", {}).items()
            ],
        }
        for name, shape in sorted(shapes.items())
    ]


def _reference_of(spec: dict[str, Any]) -> str:
    found = spec.get("$ref") or next(
        (part.get("$ref", "") for key in ("allOf", "oneOf") for part in spec.get(key, [])), ""
    )
    return found.rsplit("/", 1)[-1]


@login_required
def reference(request: HttpRequest) -> HttpResponse:
    """Every address, parameter and shape of the API on one page."""
    document = schema()
    return render(
        request, "core/api_reference.html", {"groups": operations(document), "shapes": components(document)}
    )
