"""The rows of this room in the permission matrix, walked here too so that a change shows at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from tests.matrix_rows.initiatives import API_ROWS, OBJECTS, POSTS, ROWS


@pytest.mark.parametrize("name", sorted(ROWS))
def test_pages_answer_each_role_as_the_matrix_says(cast: Any, name: str) -> None:
    url = reverse(name, kwargs=OBJECTS[name](cast) if name in OBJECTS else {})
    assert {who: cast.client(who).get(url).status_code for who in ROWS[name]} == ROWS[name]


@pytest.mark.parametrize("name", sorted(POSTS))
def test_a_post_reaches_only_those_who_may(cast: Any, name: str) -> None:
    url = reverse(name, kwargs=OBJECTS[name](cast) if name in OBJECTS else {})
    for who in ROWS[name]:
        if name.endswith("_remove") and who in POSTS[name]:
            continue  # an empty POST is a valid one here: it would remove what the others are to be refused
        status = cast.client(who).post(url).status_code
        assert (status in {200, 302, 303, 409, 422} and who != "anonymous") == (who in POSTS[name]), (
            who,
            status,
        )


@pytest.mark.parametrize("name", sorted(API_ROWS))
def test_the_api_answers_each_role_as_the_matrix_says(cast: Any, name: str) -> None:
    url = reverse(name, kwargs=OBJECTS[name](cast) if name in OBJECTS else {})
    found = {
        who: (cast.api(who) if who != "anonymous" else cast.client(who)).get(url).status_code
        for who in API_ROWS[name]
    }
    assert found == API_ROWS[name]
