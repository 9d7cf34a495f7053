"""The REST adapter against partners that no stand-in of ours would be: shapes, statuses, sizes, times."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.marketplaces.channels.protocol import Delivery, Receipt
from portal.marketplaces.channels.rest import RestChannel
from tests.portal.marketplaces.offering import NOW, offer


def adapter(base: str, **more: Any) -> RestChannel:
    whole = RestChannel(
        code="x", name="X", base=base, token="t", secrets=("s",), clock=lambda: NOW, simulation=True, total_s=1.0
    )
    return replace(whole, **more)


@contextmanager
def partner(*pieces: bytes, pause_s: float = 0.0) -> Iterator[str]:
    """Listen once on loopback, read the request, and answer these bytes piece by piece."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(5)
            _read_request(connection)
            try:
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(pause_s)
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        thread.join(timeout=10)


def _read_request(connection: socket.socket) -> None:
    """Read a whole request: closing with a part of it unread would reset the connection under the answer."""
    got = connection.recv(65_536)
    while b"\r\n\r\n" not in got:
        got += connection.recv(65_536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65_536)


def answer(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def pushed(base: str, **more: Any) -> Receipt:
    (receipt,) = adapter(base, **more).push([Delivery("d1", "ls_1", "content", 1, {})])
    return receipt


@pytest.mark.parametrize(
    "results",
    [
        "null", "[]", "{}", '[{"delivery":"other","outcome":"accepted"}]', '[{"delivery":"d1"}]', "[null]", "[1]",
        '[{"delivery":"d1","outcome":"postponed"}]', '[{"delivery":"d1","outcome":null}]',
        '[{"delivery":"d1","outcome":"accepted","remote_id":7}]', '[{"delivery":"d1","outcome":"refused"}]',
        '[{"delivery":"d1","outcome":"refused","problems":[]}]',
        '[{"delivery":"d1","outcome":"accepted","remote_id":""}]',
    ],
)  # fmt: skip
def test_a_drifted_shape_is_unknown_for_that_item(results: str) -> None:
    with partner(answer(f'{{"results":{results}}}'.encode())) as base:
        assert pushed(base).outcome == "unknown"


@pytest.mark.parametrize(
    "status", ["201 Created", "204 No Content", "302 Found", "400 Bad", "404 No", "502 Bad", "100 Continue"]
)
def test_any_other_status_is_unknown_and_no_redirect_is_followed(status: str) -> None:
    body = b'{"results":[{"delivery":"d1","outcome":"accepted"}]}'
    with partner(answer(body, status=status, headers="Location: http://127.0.0.1:9/\r\n")) as base:
        assert pushed(base).outcome == "unknown"


def test_a_byte_at_a_time_ends_at_the_total_limit() -> None:
    whole = answer(b'{"results":[{"delivery":"d1","outcome":"accepted"}]}')
    with partner(*(whole[i : i + 1] for i in range(len(whole))), pause_s=0.15) as base:
        receipt = pushed(base)
        assert (receipt.outcome, receipt.note) == ("unknown", "time_out")


def test_a_slow_end_without_a_length_is_cut_and_unknown() -> None:
    head = b"HTTP/1.0 200 OK\r\n\r\n"
    body = b'{"results":[{"delivery":"d1","outcome":"accepted"}]}'
    with partner(head, body, b" ", b" ", b" ", b" ", pause_s=0.4) as base:
        assert pushed(base).outcome == "unknown"


def test_an_endless_answer_is_cut_at_its_size() -> None:
    with partner(b"HTTP/1.0 200 OK\r\n\r\n", *([b"x" * 1_000_000] * 4)) as base:
        assert pushed(base, total_s=120.0).note == "too_large"


def test_a_private_target_is_refused_before_a_byte_is_sent() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    assert pushed(base, simulation=False).note == "private_target"
    connection, _ = listener.accept()
    connection.settimeout(2)
    assert connection.recv(10) == b""
    connection.close()
    listener.close()


def test_a_date_to_wait_until_is_read_by_their_own_clock() -> None:
    headers = "Retry-After: Sun, 22 Nov 2026 02:01:30 GMT\r\nDate: Sun, 22 Nov 2026 02:00:00 GMT\r\n"
    with partner(answer(b"{}", status="429 Slow", headers=headers)) as base:
        assert pushed(base).retry_after_s == 90


@pytest.mark.parametrize(("value", "seconds"), [("soon", 60), ("-5", 60), ("99999999", 86_400), ("", 60)])
def test_an_odd_wish_to_wait_is_bounded(value: str, seconds: int) -> None:
    with partner(answer(b"{}", status="429 Slow", headers=f"Retry-After: {value}\r\n")) as base:
        assert pushed(base).retry_after_s == seconds


def test_five_faults_are_five_problems_at_once() -> None:
    broken = offer(title="", category="", images=(), variants=(), prices=({"price": "0"},))
    assert {one.code for one in adapter("http://x").validate(broken)} == {
        "title.missing", "category.unmapped", "images.missing", "variants.missing", "price.missing",
    }  # fmt: skip
    assert adapter("http://x").validate(offer()) == ()


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=151, max_size=400))
def test_a_title_that_is_too_long_comes_with_a_cut_that_fits(title: str) -> None:
    if not title.strip():
        return
    (problem,) = adapter("http://x").validate(offer(title=title))
    assert problem.code == "title.too_long"
    assert len(problem.suggestion) <= 150
    assert title.startswith(problem.suggestion)


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://postmart.vn/p/1", True), ("https://m.postmart.vn/p/1", True), ("http://postmart.vn/p/1", False),
        ("https://evilpostmart.vn/p/1", False), ("https://postmart.vn.evil.example/", False),
        ("javascript:alert(1)", False),
        ("//postmart.vn/p", False), ("", False),
    ],
)  # fmt: skip
def test_only_https_on_its_own_hosts_is_its_own(url: str, ours: bool) -> None:
    assert adapter("https://postmart.vn/api", simulation=False).owns(url) is ours
