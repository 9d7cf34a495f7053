"""Headers of every answer, request ids, and the door for forms sent from elsewhere."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Request, Response, abort, g, request, session
from flask_wtf import CSRFProtect
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property

from portal.config import Settings

CSP = (
    "default-src 'none'; img-src 'self' data: blob:; media-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; report-uri /csp-report; "
)
POLICY = "Content-Security-Policy"
NO_NONCE = CSP + "script-src 'none'; style-src 'self'; form-action 'self'"
ALWAYS = (
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(self), geolocation=(), microphone=()"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)
NONE = " 'none'"
HSTS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
KEY_PATHS = ("/pay/", "/receipts/", "/sign-in/link/", "/slip/", "/s/", "/S/", "/01/")
LISTS = {"onboarding.officer_roster_upload": 51 * 1024 * 1024, "accounts.upload": 51 * 1024 * 1024}

csrf = CSRFProtect()


class PlainRequest(Request):
    """A request whose typed fields hold no NUL: no keyboard writes one, and PostgreSQL keeps none."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """Return the fields of the query; what a system asks of EPCIS is read strictly by its own rules."""
        told = super().args
        return told if b"%00" not in self.query_string or self.path.startswith("/epcis/") else _without_nul(told)

    def _load_form_data(self) -> None:
        parsed = "form" in self.__dict__
        super()._load_form_data()
        if not parsed:
            self.__dict__["form"] = _without_nul(self.__dict__["form"])


def _without_nul(told: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    """Return fields without NUL in their names and values."""
    pairs = told.items(multi=True)
    return ImmutableMultiDict((name.replace("\0", ""), value.replace("\0", "")) for name, value in pairs)


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    g.started = time.perf_counter()
    # Strangers send no lists: a larger body is read for nobody else.
    if request.endpoint in LISTS and getattr(getattr(session, "row", None), "login_id", None) is not None:
        request.max_content_length = LISTS[request.endpoint]
    # No id holds it, and PostgreSQL refuses to compare with it; scan addresses are read strictly by their own rules.
    if "\x00" in request.path and not request.path.startswith("/01/"):
        abort(404)


def csp_nonce() -> str:
    """Return this answer's nonce for scripts and styles; asked for the first time, it is made."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(24)
    return str(g.nonce)


def _policy(nonce: str | None, targets: tuple[str, ...] | None) -> str:
    allowed = f" 'nonce-{nonce}'" if nonce else ""
    # A form answered by a redirect to a gateway's origin: Chromium wants it listed.
    forms = " ".join(("'self'", *(targets or ())))
    return f"{CSP}script-src{allowed or NONE}; style-src 'self'{allowed}; form-action {forms}"


def _finish(app: Flask) -> Callable[[Response], Response]:
    log, requests = app.extensions["log"], app.extensions["http_requests"]

    def finish(answer: Response) -> Response:
        here: Any = g._get_current_object()  # looked up once, not eight times
        asked: Request = request._get_current_object()  # type: ignore[attr-defined]
        nonce, targets = here.get("nonce"), here.get("form_targets")
        if nonce is not None or targets:
            answer.headers[POLICY] = _policy(nonce, targets)
        if here.get("acting") is not None and answer.mimetype == "text/html":
            answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers["X-Request-Id"] = here.get("request_id", "")
        if asked.endpoint != "static":
            rule, status, started = asked.url_rule, answer.status_code, here.get("started", 0.0)
            ms = round((time.perf_counter() - started) * 1000, 1) if started else 0.0
            route = rule.rule if rule else "none"
            log.info("request", route=route, method=asked.method, status=status, ms=ms, code=here.get("error_code"))
            requests.labels(route, str(status)).inc()
        return answer

    return finish


class Headed:
    """The headers that every answer has, put on outside the framework: static files have them too, and they cost less.

    A policy with this page's nonce, where there is one, stands already.
    """

    def __init__(self, app: Any, *, https: bool) -> None:
        self._app, self._always = app, (*ALWAYS, HSTS) if https else ALWAYS

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as the application inside does, with the headers put on."""
        secret = environ["PATH_INFO"].startswith(KEY_PATHS)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            policed = any(name == POLICY for name, _ in headers)
            headers += self._always if policed else (*self._always, (POLICY, NO_NONCE))
            headers.append(("Referrer-Policy", "no-referrer" if secret else "same-origin"))
            return start_response(status, headers, *rest)

        answer: Iterable[bytes] = self._app(environ, start)
        return answer


def register_security(app: Flask, settings: Settings) -> None:
    """Install the headers, CSRF protection and the request's id; static files must be served inside by now."""
    https = settings.public_url.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=[key for key in settings.secret_key_fallbacks.split(",") if key],
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=1000,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        WTF_CSRF_SSL_STRICT=https,
    )
    app.request_class = PlainRequest
    app.before_request(_begin)
    app.after_request(_finish(app))
    app.wsgi_app = Headed(app.wsgi_app, https=https)  # type: ignore[method-assign]
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    csrf.init_app(app)


def believe_proxy(app: Flask, settings: Settings) -> None:
    """Take the caller's address and scheme from what the configured proxy forwards, and from nobody else."""
    trusted = [part.strip() for part in settings.trusted_proxy.split(",") if part.strip()]
    if trusted:
        from granian.utils.proxies import wrap_wsgi_with_proxy_headers

        app.wsgi_app = wrap_wsgi_with_proxy_headers(app.wsgi_app, trusted_hosts=trusted)  # type: ignore[method-assign]


def answered_by_tag(style: str) -> tuple[str, str]:
    """Return the policy header of a page that is answered from an ETag: no nonce, its one style block by its hash."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return POLICY, f"{CSP}script-src 'none'; style-src 'self' 'sha256-{digest}'; form-action 'self'"


def form_targets(*origins: str) -> None:
    """Let forms of this page be answered by a redirect to these origins (a gateway's page)."""
    g.form_targets = origins
