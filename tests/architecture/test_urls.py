"""The permission matrix is complete by construction."""

import pytest
from django.urls import URLPattern, get_resolver

matrix = pytest.importorskip("tests.matrix")


def url_names(patterns, spaces=()):
    for entry in patterns:
        if isinstance(entry, URLPattern):
            yield ":".join([*spaces, entry.name or str(entry.pattern)])
        else:
            yield from url_names(entry.url_patterns, [*spaces, *filter(None, [entry.namespace])])


def test_every_url_has_a_row_in_the_matrix_and_every_row_a_url():
    names = set(url_names(get_resolver().url_patterns))
    rows = set(matrix.MATRIX)
    assert names == rows, f"without a row: {sorted(names - rows)}; without a URL: {sorted(rows - names)}"
