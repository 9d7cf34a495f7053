"""The stand-ins and a small portal, each on a loopback port of its own, as they stand in a real installation."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import payments
from payments.errors import RequestUnknown
from payments.gateways.protocol import Raw, Sender
from payments.gateways.replying import answer_to
from payments.gateways.sandbox import SandboxApp, make_app
from tests.payments.committing import Books
from tests.payments.gates import CASSO, GATE_KEYS, Hasty, gates
from tests.payments.scene import SEPAY_KEY, VNPAY_KEY

KEYS = {
    "vnpay": {"tmn_code": "DEMOV210", "secret": VNPAY_KEY},
    "sepay": {"secret": SEPAY_KEY, "token": "demo-token"},
    "casso": CASSO,
    **GATE_KEYS,
}


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve a WSGI app from threads; give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class Hooks:
    """The portal's two hooks: store, commit, apply, commit, answer; and the browser's return, which changes nothing."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.senders: dict[str, Sender] = {}
        self.applied: list[payments.Applied] = []
        self.returned: list[bytes] = []

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer one request."""
        request = Request(environ)
        if request.path.startswith("/pay/return"):
            self.returned.append(request.query_string)
            return Response("back")(environ, start_response)
        if request.path.endswith("/confirm"):
            return self._confirmed(request)(environ, start_response)
        if request.path.endswith("/bills"):
            return self._bill(request)(environ, start_response)
        sender = self.senders[request.path.rsplit("/", 1)[1]]
        headers = {name.lower(): value for name, value in request.headers.items()}
        raw = Raw(request.method, headers, request.query_string, request.get_data())
        with self.books.begin() as session:
            notice_id = payments.store(session, sender=sender, raw=raw, now=datetime.now(UTC))
        with self.books.begin() as session:
            applied = payments.apply_notice(
                session, notice_id=notice_id, sender=sender, now=datetime.now(UTC), actor="worker"
            )
        self.applied.append(applied)
        reply = answer_to(sender, raw, applied.verdict)
        return Response(reply.body, reply.status, content_type=reply.content_type)(environ, start_response)

    def _confirmed(self, request: Request) -> Response:
        """Tell Viettel what is to be paid."""
        gateway: Any = self.senders["viettel_qr"]
        raw = Raw(request.method, {}, b"", request.get_data())
        with self.books.begin() as session:
            ref = gateway.confirmed_ref(raw) or ""
            due = payments.due_by_reference(session, gateway=gateway.name, merchant_ref=ref)
        reply = gateway.confirm(raw, due=due)
        return Response(reply.body, reply.status, content_type=reply.content_type)

    def _bill(self, request: Request) -> Response:
        """Tell the national portal what is due."""
        gateway: Any = self.senders["keypay"]
        code, bill, known = gateway.asked_code(Raw("POST", {}, b"", request.get_data())) or "", None, True
        try:
            with self.books.begin() as session:
                bill = payments.look_up(
                    session, gateway="keypay", capabilities=gateway.capabilities, code=code, now=datetime.now(UTC)
                )
        except RequestUnknown:
            known = False
        reply = gateway.bill(bill.order if bill else None, known=known)
        return Response(reply.body, reply.status, content_type=reply.content_type)


class Town:
    """A portal and its partners, talking over real sockets."""

    def __init__(self, books: Books, hooks: Hooks, portal: str, sandbox: str) -> None:
        self.books, self.hooks, self.portal, self.sandbox = books, hooks, portal, sandbox
        transport = payments.HttpTransport()
        self.hasty = Hasty(transport)
        self.gates = gates(self.hasty, sandbox=sandbox, portal=portal)
        self.vnpay = payments.VnPay(
            tmn_code="DEMOV210",
            secret_keys=(VNPAY_KEY,),
            pay_url=f"{sandbox}/vnpay/pay",
            query_url=f"{sandbox}/vnpay/api",
            transport=transport,
        )
        self.sepay = payments.SePay(
            secret_keys=(SEPAY_KEY,), token="demo-token", base_url=f"{sandbox}/sepay/userapi", transport=transport
        )
        self.vietqr = payments.VietQr()
        hooks.senders |= {"vnpay": self.vnpay, "sepay": self.sepay, **self.gates}

    def post(self, path: str, *, json: Any = None, data: Any = None) -> requests.Response:
        """Post to the stand-ins without following where they lead."""
        return requests.post(self.sandbox + path, json=json, data=data, timeout=30, allow_redirects=False)

    def spoil(self, provider: str, act: str, **options: Any) -> None:
        """Have the next message misbehave."""
        assert self.post(f"/_control/{provider}", json={"do": act, **options}).status_code == 200

    def heard(self, count: int) -> list[str]:
        """Wait until so many notices have been answered; return their verdicts in order of arrival."""
        until(lambda: len(self.hooks.applied) >= count)
        return [str(applied.verdict) for applied in self.hooks.applied]


@contextmanager
def town(books: Books, folder: Path) -> Iterator[Town]:
    """Open a portal and its stand-ins."""
    hooks = Hooks(books)
    with serving(hooks) as portal:
        app = opened(folder, portal)
        try:
            with serving(app) as sandbox:
                yield Town(books, hooks, portal, sandbox)
        finally:
            app.close()


def opened(folder: Path, portal: str) -> SandboxApp:
    """Open the stand-ins over their state file, with quick repeats."""
    return make_app(
        state_path=folder / "sandbox.sqlite",
        portal_url=portal,
        keys=KEYS,
        vnpay_retry_seconds=(0.2,) * 4,
        sepay_retry_seconds=(0.2,) * 4,
        retry_seconds=(0.2,) * 4,
    )


def until(true: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait for something, for so long at most."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.02)
