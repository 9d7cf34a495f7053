"""Typed errors on the portal's side, and the one place where a code becomes a status and a sentence.

PortalError            a code and fields; each subject draws its own tree in its errors.py
├ NotFound             404: there is no such thing, or it is somebody else's, which reads the same
├ Refused              403: known, and not allowed
├ SignInNeeded         401: who are you
├ TooMany              429: try again after `retry_after_s`
└ Unready              503: a needed part is gone; nothing that was confirmed is lost
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as WerkzeugResponse

Sentences = Mapping[str, tuple[int, Any]]


class PortalError(Exception):
    """Carry a code, and the fields that its sentence names.

    With `keep` what was written before the refusal stays (a wrong guess must be counted): `begin()` commits it.
    """

    code = "failed"

    def __init__(self, *, keep: bool = False, **fields: Any) -> None:
        super().__init__(self.code)
        self.fields, self.keep = fields, keep


class NotFound(PortalError):
    """There is no such thing, or it is not yours: both read the same."""

    code = "not_found"


class Refused(PortalError):
    """You are known, and this is not yours to do."""

    code = "refused"


class SignInNeeded(PortalError):
    """Nobody is signed in, or not strongly enough."""

    code = "sign_in_needed"


class TooMany(PortalError):
    """A limit is reached; `retry_after_s` says for how long."""

    code = "too_many"


class Unready(PortalError):
    """A part that this act needs is gone."""

    code = "unready"


SENTENCES: Sentences = {
    "failed": (500, _l("Something went wrong on our side. Nothing was changed. Please try again.")),
    "not_found": (404, _l("We can't find this. Check the address or go back to the start.")),
    "refused": (403, _l("Your account is not allowed to do this. Ask the person who runs your office.")),
    "sign_in_needed": (401, _l("Please sign in first.")),
    "too_many": (429, _l("Too many tries. Please wait a little and try again.")),
    "unready": (503, _l("This part is not ready right now. Nothing that was confirmed is lost. Try again soon.")),
    "csrf": (400, _l("The page was open for too long. Go back, reload it and send it again.")),
    "too_large": (413, _l("What you sent is too large.")),
    "method_not_allowed": (405, _l("This address does not take that kind of request.")),
    "bad_request": (400, _l("We could not read what was sent. Check it and try again.")),
    "unsupported": (415, _l("This kind of content is not taken here.")),
}
_HTTP_CODES = {
    400: "bad_request",
    404: "not_found",
    403: "refused",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported",
    429: "too_many",
}
_PAGES = {400, 403, 404, 405, 409, 410, 413, 429, 500, 503}


def sentence(app: Flask, code: str, fields: Mapping[str, Any]) -> tuple[int, str]:
    """Return the status and the translated sentence of a code, filled with its fields."""
    status, text = app.extensions["sentences"][code]
    return status, str(text) % dict(fields) if fields and "%(" in str(text) else str(text)


def wants_json() -> bool:
    """Say whether the answer goes to a machine: by path, or by what it accepts."""
    machine = ("/api/", "/hooks/", "/epcis/", "/log/", "/oauth/", "/v1/", "/open-data/")
    if request.path.startswith(machine) or request.headers.get("Accept") == "application/json":
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json" and request.accept_mimetypes[best] > request.accept_mimetypes["text/html"]


def problem(status: int, code: str, detail: str, fields: Mapping[str, Any] | None = None) -> Response:
    """Return RFC 9457 problem JSON: `code`, `detail` (one sentence), `fields` (each field, code, sentence, kind)."""
    body = {
        "type": "about:blank",
        "status": status,
        "code": code,
        "detail": detail,
        "fields": list((fields or {}).get("problems", ())),
    }
    answer = jsonify(body)
    answer.status_code = status
    answer.content_type = "application/problem+json"
    return answer


def answer_error(status: int, code: str, detail: str, fields: Mapping[str, Any] | None = None) -> Response:
    """Return the page or the problem JSON of one error."""
    if wants_json():
        answer = problem(status, code, detail, fields)
    else:
        template = f"errors/{status if status in _PAGES else (400 if status < 500 else 500)}.html"
        # The general codes have pages of their own words; only a subject's sentence is added to them.
        own = None if code in SENTENCES and status in _PAGES else detail
        page = render_template(template, sentence=own, fields=fields or {}, status=status, nearest=_nearest_page())
        answer = Response(page, status=status, mimetype="text/html")
    retry = (fields or {}).get("retry_after_s")
    if retry is not None:
        answer.headers["Retry-After"] = str(int(retry))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _nearest_page() -> str:
    """Return the nearest address at or above this one that opens with a link: a form's own address may not."""
    routes, path = current_app.create_url_adapter(request), request.path
    while routes is not None and path.strip("/"):
        try:
            routes.match(path, method="GET")
        except RequestRedirect:
            return path
        except HTTPException:
            path = path.rpartition("/")[0]
        else:
            return path
    return "/"


def register_errors(
    app: Flask,
    tables: tuple[Sentences, ...],
    bases: tuple[type[Exception], ...],
    *,
    to_sign_in: Callable[[], WerkzeugResponse],
) -> None:
    """Join the subjects' sentence tables, install the handlers; `to_sign_in` leads a stranger to the sign-in page."""
    joined: dict[str, tuple[int, Any]] = {}
    for table in (SENTENCES, *tables):
        doubled = joined.keys() & table.keys()
        if doubled:
            raise ValueError(f"error codes with two sentences: {sorted(doubled)}")
        joined.update(table)
    app.extensions["sentences"] = joined

    def typed(error: Exception) -> WerkzeugResponse:
        code, fields = getattr(error, "code", "failed"), getattr(error, "fields", {})
        if code == "sign_in_needed" and not wants_json():
            return to_sign_in()
        status, text = sentence(app, code, fields)
        g.error_code = code
        return answer_error(status, code, text, fields)

    known: tuple[type[Exception], ...] = (PortalError, *bases)
    for base in known:
        app.register_error_handler(base, typed)

    def http(error: HTTPException) -> WerkzeugResponse:
        if error.response is not None:
            return error.get_response()
        code = "csrf" if type(error).__name__ == "CSRFError" else _HTTP_CODES.get(error.code or 500, "failed")
        status, text = sentence(app, code, {})
        answer = answer_error(error.code or status, code, text)
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                answer.headers[name] = value
        return answer

    def database(error: OperationalError) -> WerkzeugResponse:
        app.extensions["log"].error("database.unavailable", error=type(error.orig).__name__)
        status, text = sentence(app, "unready", {})
        return answer_error(status, "unready", text, {"retry_after_s": 5})

    def unexpected(error: Exception) -> WerkzeugResponse:
        app.extensions["log"].error("request.failed", error=type(error).__name__, exc_info=error)
        status, text = sentence(app, "failed", {})
        return answer_error(status, "failed", text)

    app.register_error_handler(HTTPException, http)
    app.register_error_handler(OperationalError, database)
    app.register_error_handler(Exception, unexpected)


def error_line(code: str, **fields: Any) -> str:
    """Return the sentence of a code for a form or a flash."""
    return sentence(current_app, code, fields)[1]


__all__ = [
    "NotFound",
    "PortalError",
    "Refused",
    "Sentences",
    "SignInNeeded",
    "TooMany",
    "Unready",
    "_",
    "answer_error",
    "error_line",
    "problem",
    "register_errors",
    "sentence",
    "wants_json",
]
