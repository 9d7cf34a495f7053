"""Headers that stand on every answer, whoever made it: a view, an error page, or a file."""

import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from portal.packing import packed


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


@pytest.mark.parametrize("path", ["/static/theme.css", "/static/js/live.js"])
def test_our_own_files_come_small_too(client: Any, path: str) -> None:
    with client.get(path) as plain, client.get(path, headers={"Accept-Encoding": "gzip"}) as small:
        assert "Content-Encoding" not in plain.headers
        assert (small.headers["Content-Encoding"], small.headers["Vary"]) == ("gzip", "Accept-Encoding")
        assert small.headers["Content-Type"] == plain.headers["Content-Type"]
        assert len(small.get_data()) < len(plain.get_data()) / 2
        assert gzip.decompress(small.get_data()) == plain.get_data()


def test_files_are_packed_anew_only_when_they_change(tmp_path: Path) -> None:
    source, instance = tmp_path / "source", tmp_path / "instance"
    source.mkdir()
    instance.mkdir()
    (source / "a.css").write_text("p{}" * 999)
    first = packed(source, instance=instance)
    assert gzip.decompress((first / "a.css.gz").read_bytes()) == (source / "a.css").read_bytes()
    with ThreadPoolExecutor(4) as several:
        assert set(several.map(lambda _: packed(source, instance=instance), range(8))) == {first}
    (source / "a.css").write_text("q{}" * 999)
    with ThreadPoolExecutor(4) as several:
        (second,) = set(several.map(lambda _: packed(source, instance=instance), range(8)))
    assert (second / "a.css").read_text() == "q{}" * 999
    assert sorted(instance.iterdir()) == sorted([first, second])
