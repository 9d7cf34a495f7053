"""The one WSGI app of all stand-ins, and the server that runs it on loopback."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from payments.gateways.sandbox import PATHS, SandboxApp, make_app
from portal.config import Settings
from portal.gateway_settings import sandbox_keys
from portal.sandboxes.invoices import register_invoices
from portal.sandboxes.ioc import Ioc, register_ioc
from portal.sandboxes.marketplace import Marketplace, register_marketplace
from portal.sandboxes.messages import register_messages
from portal.sandboxes.moderation import Moderator
from portal.sandboxes.pages import register_pages
from portal.sandboxes.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

NAMES: Mapping[str, str] = {"postmart": "Postmart", "voso": "Voso"}
MOMENT_S = 1.0
MAX_BODY = 4 * 1024 * 1024


class SandboxesRefused(Exception):
    """A production start may not run stand-ins."""

    code = "sandboxes.production"


@dataclass(frozen=True)
class Sandboxes:
    """All stand-ins as one WSGI app, the thread that decides and calls back, and the file that both use."""

    app: Flask
    payments: SandboxApp
    moderator: Moderator
    store: Store
    ioc: Ioc

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request: the payment gateways' stand-ins keep to their own paths."""
        if str(environ.get("PATH_INFO", "")).startswith(PATHS):
            return self.payments(environ, start_response)
        return self.app(environ, start_response)

    def stop(self) -> None:
        """Stop deciding and sending; what is due stays in the files."""
        self.moderator.stop.set()
        if self.moderator.is_alive():
            self.moderator.join(timeout=10)
        self.payments.close()


def make_sandboxes(
    settings: Settings, *, portal_url: str | None = None, base_url: str | None = None, moment_s: float = MOMENT_S
) -> Sandboxes:
    """Build the stand-ins over `sandboxes.sqlite` in the instance folder; raise `SandboxesRefused` in production."""
    if settings.production:
        raise SandboxesRefused("the partners' stand-ins never run in production")
    own, portal = (base_url or settings.sandbox_url).rstrip("/"), (portal_url or settings.public_url).rstrip("/")
    store = Store(settings.instance / "sandboxes.sqlite")
    markets = {
        code: Marketplace(
            code=code, name=name, token=settings.values[f"{code.upper()}_TOKEN"],
            webhook_secret=settings.values[f"{code.upper()}_WEBHOOK_SECRET"].split(",")[0],
            callback_url=f"{portal}/hooks/channels/{code}", base_url=f"{own}/{code}", moment_s=moment_s,
        )
        for code, name in NAMES.items()
    }  # fmt: skip
    app = Flask("sandboxes", template_folder=str(Path(__file__).parent / "templates"), static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY)
    app.jinja_env.globals["portal_url"] = portal
    for market in markets.values():
        register_marketplace(app, store, market)
    register_messages(app, store, token=settings.sms_token)
    ioc = Ioc(
        client_id=settings.lgsp_client_id, client_secret=settings.lgsp_client_secret, public_keys=_feed_keys(settings)
    )
    register_ioc(app, store, ioc)
    register_invoices(app)
    register_pages(app, store, markets)
    keys = {
        "vnpay": {"tmn_code": settings.vnpay_tmn_code, "secret": settings.vnpay_secret},
        "sepay": {"secret": settings.sepay_secret, "token": settings.sepay_token},
        **sandbox_keys(settings.values),
    }
    payments = make_app(state_path=settings.instance / "sandboxes-payments.sqlite", portal_url=portal, keys=keys)
    return Sandboxes(
        app=app, payments=payments, moderator=Moderator(store, list(markets.values())), store=store, ioc=ioc
    )


def _feed_keys(settings: Settings) -> list[bytes]:
    """Return the public keys that the portal's feed is signed by, as it would tell the centre."""
    private = settings.versioned("FEED_SIGNING_KEY").values()
    return [Ed25519PrivateKey.from_private_bytes(one).public_key().public_bytes_raw() for one in private]


class _QuietHandler(WSGIRequestHandler):
    """Leaves access lines out: the stand-ins' log is their pages."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing."""


class Running:
    """The stand-ins as threads of this process, for tests: a context manager that stops them.

    Without `moderate` nothing is decided or called back but by `sandboxes.moderator.round()`.
    """

    def __init__(self, settings: Settings, *, portal_url: str, moment_s: float = 0.0, moderate: bool = True) -> None:
        server = _server(settings, host="127.0.0.1", port=0)
        self.base_url = f"http://127.0.0.1:{server.server_port}"
        self.sandboxes = make_sandboxes(settings, portal_url=portal_url, base_url=self.base_url, moment_s=moment_s)
        server.app = self.sandboxes
        self._moderate = moderate
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> "Running":
        """Serve and moderate."""
        self._thread.start()
        if self._moderate:
            self.sandboxes.moderator.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop both threads."""
        self.sandboxes.stop()
        self._server.shutdown()
        self._server.server_close()


def _server(settings: Settings, *, host: str, port: int) -> BaseWSGIServer:
    if settings.production:
        raise SandboxesRefused("the partners' stand-ins never run in production")
    return make_server(
        host, port, Flask("sandboxes.starting", static_folder=None), threaded=True, request_handler=_QuietHandler
    )


def start(settings: Settings) -> None:
    """Serve the stand-ins at the address of `SANDBOX_URL`, on loopback only, until the process is told to stop."""
    port = urlsplit(settings.sandbox_url).port or 8001
    server = _server(settings, host="127.0.0.1", port=port)
    sandboxes = make_sandboxes(settings)
    server.app = sandboxes
    sandboxes.moderator.start()
    try:
        server.serve_forever()
    finally:
        sandboxes.stop()
        server.server_close()
