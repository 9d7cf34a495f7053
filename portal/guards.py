"""Who may do what. A guard looks at session or key, sets `g.acting`, or raises; `routes` pairs it with routes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from portal.acting import Acting
from portal.db import reading
from portal.errors import NotFound, Refused, SignInNeeded
from portal.people.actions import duties_of, find_api_key
from portal.people.models import Login, RoleGrant
from portal.people.partners import sellers_of
from portal.people.roles import EXCLUSIVE_DUTIES, ROLES


@dataclass(frozen=True, slots=True)
class Guard:
    """One rule: its name for the table and the documentation, and the check itself."""

    name: str
    check: Callable[[], Response | None]
    machine: bool = False


def _nobody() -> None:
    g.acting = _from_session()


def _payer() -> None:
    """Let anyone in, but take a POST only from our own pages: a payer has no session and so no token."""
    g.acting = None
    if request.method == "POST":
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        own = urlsplit(request.host_url).netloc
        # Our pages are sent no-referrer, so their forms say "null": then the browser's Sec-Fetch-Site must vouch.
        elsewhere = origin not in (None, "null") and urlsplit(origin or "").netloc != own
        ours = site in ("same-origin", "none") if site is not None else urlsplit(origin or "").netloc == own
        if elsewhere or not ours:
            raise Refused


def _visitor() -> None:
    """Let anyone in, machines too, but no page of elsewhere: the act needs no right, only a person who means it."""
    g.acting = None
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    elsewhere = origin not in (None, "null") and urlsplit(origin or "").netloc != urlsplit(request.host_url).netloc
    if request.method == "POST" and (elsewhere or site not in (None, "same-origin", "none")):
        raise Refused


def _sender() -> None:
    """A partner's notice: it authenticates itself by its signature, in the action."""
    g.acting = Acting.system("hook", request_id=g.get("request_id"))


def _bill_asker() -> None:
    """Let in a partner that signs nothing by its address alone; for all others there is nothing here."""
    if not current_app.extensions["world"].settings.may_ask_bills(request.remote_addr or ""):
        raise NotFound
    _sender()


def _signed_in() -> Response | None:
    acting = _from_session()
    if acting is None or acting.login_id is None:
        raise SignInNeeded
    g.acting = acting
    return None


def _from_session() -> Acting | None:
    row = getattr(session, "row", None)
    if row is None or row.login_id is None or row.ended_at is not None:
        return None
    rows = reading()
    login = rows.get(Login, row.login_id)
    if login is None or login.disabled_at is not None:
        return None
    grant = rows.get(RoleGrant, row.grant_id) if row.grant_id else None
    now = current_app.extensions["world"].clock.now()
    if grant is not None and grant.to_at is not None and grant.to_at <= now:
        grant = None
    return Acting(
        login_id=login.id,
        role=grant.role if grant else "signed_in",
        organisation_id=grant.organisation_id if grant else None,
        unit_id=grant.unit_id if grant else None,
        duties=frozenset(grant.duties) if grant else frozenset(),
        request_id=g.get("request_id"),
    )


def _recheck(acting: Acting) -> None:
    """Hold, inside the write, that the session, the login and the role are still what the guard saw."""
    if _from_session() != acting:
        raise Refused


def _has_duty(acting: Acting, duty: str) -> bool:
    """Say whether somebody has a duty, and holds no other of the institution that one person never has beside it."""
    if duty not in acting.duties or duty not in EXCLUSIVE_DUTIES:
        return duty in acting.duties
    now = current_app.extensions["world"].clock.now()
    held = duties_of(reading(), acting.login_id or "", acting.organisation_id, now=now)
    return not held | acting.duties >= EXCLUSIVE_DUTIES


def role(*codes: str, duty: str | None = None) -> Guard:
    """Let in these roles, with their second factor where the role needs one, and with the duty where one is named."""
    unknown = set(codes) - ROLES.keys()
    if unknown:
        raise ValueError(f"no such roles: {sorted(unknown)}")

    def check() -> Response | None:
        _signed_in()
        acting: Acting = g.acting
        if acting.role not in codes:
            raise Refused
        if ROLES[acting.role].second_factor and getattr(session.row, "second_factor_at", None) is None:  # type: ignore[attr-defined]
            return redirect(url_for("people.second_factor"))
        if duty is not None and not _has_duty(acting, duty):
            raise Refused
        return None

    return Guard(f"role: {', '.join(codes)}" + (f" with duty {duty}" if duty else ""), check)


def scoped(scope: str) -> Guard:
    """Let in machines whose Bearer key holds this scope."""

    def check() -> Response | None:
        kind, _, key = request.headers.get("Authorization", "").partition(" ")
        now = current_app.extensions["world"].clock.now()
        row = find_api_key(reading(), now=now, key=key) if kind == "Bearer" else None
        if row is None:
            raise SignInNeeded
        if scope not in row.scopes:
            raise Refused
        g.acting = Acting(
            login_id=None,
            role="system",
            process=f"key:{row.name}"[:56],
            organisation_id=row.organisation_id,
            request_id=g.get("request_id"),
            goods_of=sellers_of(reading(), row),
        )
        return None

    return Guard(f"key with scope {scope}", check, machine=True)


def anyone_or_key(scope: str) -> Guard:
    """Let in strangers as nobody; who shows a key must have this scope."""
    with_key = scoped(scope).check

    def check() -> Response | None:
        g.acting = None
        return with_key() if "Authorization" in request.headers else None

    return Guard(f"anyone, or a key with scope {scope}", check, machine=True)


def _monitor() -> Response | None:
    token = current_app.extensions["world"].settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if request.remote_addr not in ("127.0.0.1", "::1") and not (token and given == token):
        raise NotFound
    g.acting = None
    return None


def _development() -> Response | None:
    if current_app.extensions["world"].settings.production:
        raise NotFound
    g.acting = _from_session()
    return None


anyone = Guard("anyone", _nobody)
visitor = Guard("anyone, POST not from others' pages", _visitor, machine=True)
payer = Guard("anyone, POST only from our own pages", _payer, machine=True)
sender = Guard("sender, by its signature", _sender, machine=True)
bill_asker = Guard("addresses of KEYPAY_BILLS_FROM", _bill_asker, machine=True)
signed_in = Guard("signed in", _signed_in)
monitor = Guard("loopback or token", _monitor)
development = Guard("anyone, outside production", _development)

Table = dict[str, dict[str, Guard]]


def install_guards(app: Flask, table: Table) -> None:
    """Hold every route and method against the table, now and at each request; a route that is missing there fails."""
    missing = [
        f"{rule.endpoint} {method}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if method not in table.get(rule.endpoint, {})
    ]
    stray = [
        f"{endpoint} {method}"
        for endpoint, methods in table.items()
        for method in methods
        if not any(method in (rule.methods or set()) for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    ]
    if missing or stray:
        raise RuntimeError(f"routes without a guard: {sorted(missing)}; guards without a route: {sorted(stray)}")

    def guard() -> Any:
        if request.endpoint is None:
            g.acting = None
            return None
        method = "GET" if request.method in ("HEAD", "OPTIONS") else request.method
        rule = table.get(request.endpoint, {}).get(method)
        if rule is None:  # OPTIONS of a POST-only route
            g.acting = None
            return None
        stop = rule.check()
        acting = g.acting
        if acting is not None and acting.login_id is not None:
            g.recheck = lambda: _recheck(acting)
        return stop

    app.before_request(guard)
