"""Hostile requests against every operation of the API: never a server error, refusals always in one shape, no leak of money.

CI asks a few per operation; `make fuzz` thousands (FUZZ_EXAMPLES).
"""

from __future__ import annotations

import os

import pytest
import schemathesis
from django.test.client import ClientHandler
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings

HANDLER = ClientHandler(enforce_csrf_checks=False)


def application(environ, start_response):
    """The product as Django's test client runs it: inside the test's transaction and thread."""
    answer = HANDLER(environ)
    start_response(f"{answer.status_code} {answer.reason_phrase}", list(answer.items()))
    return [b"".join(answer)]


pytestmark = [pytest.mark.slow, pytest.mark.django_db]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "4"))
document = SchemaGenerator(api_version="v1").get_schema(request=None, public=True)
schema = schemathesis.openapi.from_dict(document)
schema.config.phases.update(
    phases=["fuzzing"] if "FUZZ_EXAMPLES" not in os.environ else ["examples", "coverage", "fuzzing"]
)
schema.app = application


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize="FUZZ_EXAMPLES" not in os.environ,
)
def test_no_request_breaks_the_api(case, cast_once):
    for headers in cast_once:
        answer = case.call(headers=headers)
        assert answer.status_code < 500, f"{answer.status_code}: {answer.text[:500]}"
        if answer.status_code >= 400 and answer.status_code != 405:
            assert answer.headers["content-type"][0].startswith("application/problem+json"), answer.text[:200]
            body = answer.json()
            assert {"title", "status", "detail"} <= set(body)
            assert body["status"] == answer.status_code


@pytest.fixture
def cast_once(cast):
    """Headers of a frontline person, a CX manager and an administrator, each with a key of all scopes."""
    from apps.accounts.services import apikey_create
    from tests.cast import NOW

    found = []
    for person in ("frontline", "cx_manager", "administrator"):
        _key, secret = apikey_create(
            actor=cast.actor(person),
            now=NOW,
            name="fuzz",
            scopes=["read", "intake", "cases", "program", "admin"],
        )
        found.append({"Authorization": f"Bearer {secret}"})
    return found
