"""Headers of every answer, request ids, and the door for forms sent from elsewhere."""

import secrets
import time
from typing import Any

import structlog
from flask import Flask, Response, abort, g, request
from flask_talisman import Talisman
from flask_wtf import CSRFProtect

from portal.config import Settings

CSP = {
    "default-src": "'none'",
    "script-src": "",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
    "report-uri": "/csp-report",
}
KEY_PATHS = ("/pay/", "/receipts/", "/sign-in/link/", "/s/", "/S/", "/01/")

csrf = CSRFProtect()


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    g.started = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    # No id holds it, and PostgreSQL refuses to compare with it; scan addresses are read strictly by their own rules.
    if "\x00" in request.path and not request.path.startswith("/01/"):
        abort(404)


def _finish(app: Flask) -> Any:
    def finish(answer: Response) -> Response:
        headers, path, rule = answer.headers, request.path, str(request.url_rule or "none")
        headers["X-Request-Id"] = g.get("request_id", "")
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers.pop("Server", None)
        if path.startswith(KEY_PATHS):
            headers["Referrer-Policy"] = "no-referrer"
        if g.get("form_targets"):  # a form answered by a redirect to a gateway's origin: Chromium wants it listed
            policy = headers.get("Content-Security-Policy", "")
            headers["Content-Security-Policy"] = policy.replace(
                "form-action 'self'", "form-action 'self' " + " ".join(g.form_targets)
            )
        if g.get("acting") is not None and answer.mimetype == "text/html":
            headers.setdefault("Cache-Control", "no-store")
        if request.endpoint != "static":
            status, started = answer.status_code, g.get("started", 0.0)
            ms = round((time.perf_counter() - started) * 1000, 1) if started else 0.0
            app.extensions["log"].info(
                "request", route=rule, method=request.method, status=status, ms=ms, code=g.get("error_code")
            )
            app.extensions["http_requests"].labels(rule, str(status)).inc()
        return answer

    return finish


def register_security(app: Flask, settings: Settings) -> None:
    """Install the headers, CSRF protection and the request's id."""
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
    app.before_request(_begin)
    app.after_request(_finish(app))
    Talisman(
        app,
        force_https=False,  # the proxy's work; the app never sees plain http in production
        strict_transport_security=https,
        strict_transport_security_max_age=31_536_000,
        content_security_policy=CSP,
        content_security_policy_nonce_in=["script-src", "style-src"],
        permissions_policy={"camera": "(self)", "geolocation": "()", "microphone": "()"},
        referrer_policy="same-origin",
        frame_options="DENY",
        session_cookie_secure=https,
        session_cookie_http_only=True,
        session_cookie_samesite="Lax",
        x_xss_protection=False,
    )
    csrf.init_app(app)


def form_targets(*origins: str) -> None:
    """Let forms of this page be answered by a redirect to these origins (a gateway's page)."""
    g.form_targets = origins
