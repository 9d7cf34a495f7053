"""One HTTP call with one total limit, whatever the other side does: slow, endless, redirecting, or a private address.

`requests` limits each read, not the call; a partner that sends a byte a second would hold a worker for hours. So a
timer cuts the socket at the end of the time. The address is checked on the connected socket, where no later name
resolution can change it (S40).
"""

import ipaddress
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from socket import SHUT_RDWR, socket
from types import TracebackType
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from portal.marketplaces.errors import ChannelUnreachable

CONNECT_S = 5.0
ANSWER_MAX = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole and within its limits."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Watch(threading.local):
    """The call of this thread: its open socket, its cut, and whether it may reach private addresses."""

    sock: socket | None = None
    private: bool = False
    address: str | None = None


_watch = _Watch()
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _checked(sock: socket) -> socket:
    """Refuse a private target before a byte is sent, that of a TLS handshake included, and time the socket."""
    address = ipaddress.ip_address(sock.getpeername()[0].split("%")[0])
    _watch.address = str(address)
    if not is_public(address) and not _watch.private:
        sock.close()
        raise ChannelUnreachable(reason="private_target")
    _watch.sock = sock
    return sock


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Say whether an address is the open network's, whatever other address it wraps (mapped, 6to4, Teredo, NAT64)."""
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    teredo = address.teredo or ()
    nat64 = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else None
    return all(one.is_global for one in (address.ipv4_mapped, address.sixtofour, nat64, *teredo) if one is not None)


class _Http(HTTPConnection):
    def _new_conn(self) -> socket:
        return _checked(super()._new_conn())


class _Https(HTTPSConnection):
    def _new_conn(self) -> socket:
        return _checked(super()._new_conn())

    def connect(self) -> None:
        super().connect()
        _watch.sock = self.sock  # the one that TLS wraps: the plain one is empty now


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


class _Limit:
    """Cuts this thread's socket when the time is over."""

    def __init__(self, seconds: float) -> None:
        self._holder: dict[str, Any] = {}
        self._timer = threading.Timer(seconds, self._cut, args=(_watch.__dict__,))
        self._timer.daemon = True
        self.over = False

    def _cut(self, watched: dict[str, Any]) -> None:
        self.over = True
        sock = watched.get("sock")
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(SHUT_RDWR)

    def __enter__(self) -> "_Limit":
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        _watch.sock = None


def last_address() -> str | None:
    """Return the address that this thread's last call was connected to; None for one that reached nobody."""
    return _watch.address


def call(
    method: str, url: str, *, headers: Mapping[str, str], body: bytes | None, total_s: float, private: bool,
    most: int | None = None,
) -> Answer:  # fmt: skip
    """Make one call within `total_s` seconds, without redirects; raise `ChannelUnreachable` with the reason.

    With `most` no more than so many bytes of the answer are read, and a longer one is cut; else a long one is refused.
    """
    _watch.sock, _watch.private, _watch.address = None, private, None
    with _Limit(total_s) as limit, requests.Session() as session:
        session.trust_env = False
        session.mount("http://", _Adapter(max_retries=0))
        session.mount("https://", _Adapter(max_retries=0))
        try:
            answer = session.request(
                method, url, headers=dict(headers), data=body, timeout=(min(CONNECT_S, total_s), total_s),
                allow_redirects=False, stream=True,
            )  # fmt: skip
            received = _read(answer, most)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise ChannelUnreachable(reason="time_out" if limit.over else type(error).__name__) from error
    if limit.over:
        raise ChannelUnreachable(reason="time_out")
    return Answer(status=answer.status_code, headers=answer.headers, body=received)


def _read(answer: requests.Response, most: int | None) -> bytes:
    received = bytearray()
    for chunk in answer.iter_content(65_536):
        received += chunk
        if most is not None and len(received) >= most:
            return bytes(received[:most])
        if len(received) > ANSWER_MAX:
            raise ChannelUnreachable(reason="too_large")
    return bytes(received)
