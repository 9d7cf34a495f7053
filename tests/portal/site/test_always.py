"""Headers that stand on every answer, whoever made it: a view, an error page, or a file."""

import gzip
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


def test_bootstrap_s_style_comes_small(client: Any) -> None:
    path = "/bootstrap/static/css/bootstrap.min.css"
    with client.get(path) as plain, client.get(path, headers={"Accept-Encoding": "gzip"}) as small:
        assert "Content-Encoding" not in plain.headers
        assert (small.headers["Content-Encoding"], small.headers["Vary"]) == ("gzip", "Accept-Encoding")
        assert len(small.get_data()) < 35_000 < len(plain.get_data())
        assert gzip.decompress(small.get_data()) == plain.get_data()
