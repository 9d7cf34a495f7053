"""The transport over loopback: one time limit in all, a size cap, no redirects."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest

from payments import HttpTransport
from payments.errors import NoAnswer
from payments.gateways.clocks import wait_asked
from payments.gateways.protocol import MOST_BYTES


@contextmanager
def peer(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """Give the address of a server that reads one request and behaves."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                behave(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x"
    finally:
        server.close()
        thread.join(5)


def get(url: str, *, seconds: float = 5.0):
    return HttpTransport().send("GET", url, headers={}, body=b"", seconds=seconds)


def reply(content: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(content)


def drip(content: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        with suppress(OSError):
            for byte in content:
                connection.sendall(bytes([byte]))
                time.sleep(0.05)

    return behave


@pytest.mark.parametrize(
    ("said", "asked_s"),
    [
        (b"Retry-After: 7\r\n", 7.0),
        (b"Retry-After: soon\r\n", None),
        (b"Retry-After: 1e9\r\n", None),
        (b"", None),
    ],
)
def test_how_long_a_provider_asks_us_to_wait(said, asked_s):
    with peer(reply(b"HTTP/1.1 429 x\r\n" + said + b"Content-Length: 0\r\n\r\n")) as url:
        assert get(url).retry_after_s == asked_s


def test_a_wait_may_be_given_as_a_date():
    at = datetime(2026, 3, 22, 8, 0, tzinfo=UTC)
    for zone in ("GMT", "-0000"):
        assert wait_asked(f"Sun, 22 Mar 2026 08:00:07 {zone}", now=at) == 7.0


def test_an_answer_is_returned_whole():
    with peer(reply(b"HTTP/1.1 418 x\r\nContent-Length: 2\r\n\r\nok")) as url:
        answer = get(url)
    assert (answer.status, answer.body) == (418, b"ok")


def test_a_redirect_is_an_answer_and_not_followed():
    with peer(reply(b"HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")) as url:
        assert get(url).status == 302


@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.1 200 x\r\nX-Slow: " + b"a" * 200,
        b"HTTP/1.1 200 x\r\nContent-Length: 200\r\n\r\n" + b"a" * 200,
    ],
)
def test_a_drip_ends_at_the_limit(content):
    with peer(drip(content)) as url, pytest.raises(NoAnswer) as refusal:
        get(url, seconds=0.5)
    assert refusal.value.fields["reason"] in ("time_out", "ConnectionError", "ReadTimeout")


def test_an_endless_answer_is_cut_off():
    with peer(reply(b"HTTP/1.1 200 x\r\n\r\n" + b"a" * (MOST_BYTES + 1))) as url, pytest.raises(NoAnswer) as refusal:
        get(url)
    assert refusal.value.fields == {"reason": "too_large"}


@pytest.mark.parametrize("content", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\nshort"])
def test_a_broken_answer_is_none(content):
    with peer(reply(content)) as url, pytest.raises(NoAnswer):
        get(url)


def test_nobody_there_is_no_answer():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NoAnswer):
        get(f"http://127.0.0.1:{port}/")
