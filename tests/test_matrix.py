"""Every address, asked by everybody: the matrix of permissions, headers on each answer, and GETs that change nothing."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.matrix import API_ROWS, API_WRITES, OBJECTS, PEOPLE, POSTS, ROWS

# What a read may write: the session's own row, when a key was last used, a cached count of requests.
OWN_BOOKKEEPING = re.compile(r'"(django_session|accounts_apikey|core_cache|accounts_user)"')
WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|TRUNCATE|COPY)\b", re.IGNORECASE)
REFUSED = {401, 403, 404, 405}


def address(name, cast):
    return reverse(name, kwargs=OBJECTS[name](cast) if name in OBJECTS else None)


def asked(cast, person, *, api):
    if person == "anonymous":
        return cast.client(None)
    return cast.api(person) if api else cast.client(person)


def check_headers(answer, name):
    assert "Content-Security-Policy" in answer.headers, name
    assert "unsafe" not in answer.headers["Content-Security-Policy"], name
    assert answer.headers["X-Content-Type-Options"] == "nosniff", name
    assert answer.headers["X-Frame-Options"] == "DENY", name
    assert answer.headers["Referrer-Policy"] == "same-origin", name
    assert answer.headers.get("Cache-Control"), name


def walk_gets(name, row, cast, *, api):
    assert set(row) == set(PEOPLE), f"{name}: a column for each of {PEOPLE}"
    url = address(name, cast)
    wrong = []
    for person in PEOPLE:
        client = asked(cast, person, api=api)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.get(url)
        written = [
            q["sql"] for q in queries if WRITES.match(q["sql"]) and not OWN_BOOKKEEPING.search(q["sql"])
        ]
        assert not written, f"GET {name} as {person} writes: {written[0][:200]}"
        check_headers(answer, name)
        if answer.status_code != row[person]:
            wrong.append(f"{person}: {answer.status_code}, not {row[person]}")
    assert not wrong, f"GET {name}: " + "; ".join(wrong)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_pages_answer_each_role_as_the_matrix_says(name, cast):
    walk_gets(name, ROWS[name], cast, api=False)


@pytest.mark.parametrize("name", sorted(API_ROWS))
def test_the_api_answers_each_role_as_the_matrix_says(name, cast):
    walk_gets(name, API_ROWS[name], cast, api=True)


@pytest.mark.parametrize("name", sorted(POSTS))
def test_posts_reach_only_the_roles_of_the_matrix(name, cast):
    url = address(name, cast)
    wrong = []
    for person in PEOPLE:
        answer = asked(cast, person, api=False).post(url, {})
        if person == "anonymous":
            sent_to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/sign-in/")
            if not (sent_to_sign_in or "anonymous" in POSTS[name] or answer.status_code in REFUSED):
                wrong.append(f"anonymous: {answer.status_code}")
        elif (answer.status_code not in REFUSED) != (person in POSTS[name]):
            wrong.append(f"{person}: {answer.status_code}")
    assert not wrong, f"POST {name}: " + "; ".join(wrong)


@pytest.mark.parametrize("entry", sorted(API_WRITES))
def test_api_writes_reach_only_the_roles_of_the_matrix(entry, cast):
    method, name = entry.split(" ", 1)
    url = address(name, cast)
    wrong = []
    for person in PEOPLE:
        client = asked(cast, person, api=True)
        answer = getattr(client, method.lower())(
            url, {}, **({"format": "json"} if person != "anonymous" else {})
        )
        if (answer.status_code not in REFUSED) != (person in API_WRITES[entry]):
            wrong.append(f"{person}: {answer.status_code}")
    assert not wrong, f"{entry}: " + "; ".join(wrong)


@pytest.mark.parametrize("name", sorted(API_ROWS))
def test_a_key_without_the_scope_to_read_is_refused(name, cast):
    row = API_ROWS[name]
    reader = next((person for person in PEOPLE if person != "anonymous" and row[person] == 200), None)
    if reader is None or name in {"api-me", "api-schema"}:
        return
    assert cast.api(reader, scopes=["intake"]).get(address(name, cast)).status_code in {200, 403, 404}
