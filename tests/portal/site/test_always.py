"""Headers that stand on every answer, whoever made it: a view, an error page, or a file."""

from typing import Any

import pytest


@pytest.mark.parametrize("path", ["/healthz", "/nothing-here", "/static/theme.css"])
def test_every_answer_has_them_once(client: Any, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options"):
        assert len(headers.getlist(name)) == 1, name


def test_an_address_that_is_a_key_is_told_to_nobody(client: Any) -> None:
    assert client.get("/s/00000000000000000000").headers["Referrer-Policy"] == "no-referrer"
    assert client.get("/").headers["Referrer-Policy"] == "same-origin"
