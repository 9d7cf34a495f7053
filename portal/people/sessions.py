"""Sessions as rows of ours behind Flask's session interface: they can be listed, limited and ended.

The cookie holds 256 random bits; the row, found by their hash, decides whether the session lives. Nothing is written
while a page is made; what changed is saved in a short transaction of its own after the answer is made.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, g
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import CallbackDict

from portal.db import begin, db
from portal.people.models import RoleGrant, WebSession
from portal.people.roles import of_session

if TYPE_CHECKING:
    from portal.world import World

SEEN_EVERY = timedelta(minutes=1)


class RowSession(CallbackDict[str, Any], SessionMixin):
    """The content of one session row, and what the request knows about the row."""

    def __init__(self, content: dict[str, Any], *, token: str | None, row: WebSession | None) -> None:
        super().__init__(content, self._touch)
        self.token, self.row, self.modified, self.new = token, row, False, row is None
        self.replace_token = False
        self.sign_in_as: dict[str, Any] | None = None
        self.ended = False

    def _touch(self, _: object) -> None:
        self.modified = True


def token_hash(token: str) -> str:
    """Return what is stored of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


class RowSessions(SessionInterface):
    """Open and save sessions in `web_sessions`."""

    def __init__(self, *, world: "World") -> None:
        self._world = world
        self._https = world.settings.public_url.startswith("https://")
        self.cookie = "__Host-session" if self._https else "session"

    def open_session(self, app: Flask, request: Request) -> RowSession:  # noqa: ARG002  Flask's signature
        """Return the session that the cookie names, if its row says that it lives; else an empty one."""
        token = request.cookies.get(self.cookie)
        if not token or request.endpoint == "static":
            return RowSession({}, token=None, row=None)
        try:
            row = db.session.get(WebSession, token_hash(token))
            if row is None or not self._alive(row):
                return RowSession({}, token=None, row=None)
        except SQLAlchemyError:
            return RowSession({}, token=None, row=None)
        return RowSession(dict(row.content), token=token, row=row)

    def _alive(self, row: WebSession) -> bool:
        now = self._world.clock.now()
        grant = db.session.get(RoleGrant, row.grant_id) if row.grant_id else None
        limits = of_session(grant.role if grant else None, signed_in=row.login_id is not None)
        fresh = limits.idle is None or now - row.last_seen_at < limits.idle
        return row.ended_at is None and fresh and now - (row.signed_in_at or row.begun_at) < limits.absolute

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write what changed after the answer is made; a failure loses the bookkeeping, never the page."""
        assert isinstance(session, RowSession)  # noqa: S101
        now = self._world.clock.now()
        stale = session.row is not None and now - session.row.last_seen_at > SEEN_EVERY
        if not (session.modified or session.replace_token or stale or session.ended):
            return
        try:
            self._write(session, now, response)
        except SQLAlchemyError as error:
            app.extensions["log"].warning("session.not_saved", error=type(error).__name__)

    def _write(self, session: RowSession, now: datetime, response: Response) -> None:
        with begin() as rows:
            old = session.row.token_hash if session.row is not None else None
            if session.ended or session.replace_token:
                rows.execute(update(WebSession).where(WebSession.token_hash == old).values(ended_at=now))
            if session.ended:
                response.delete_cookie(self.cookie, path="/", secure=self._https, httponly=True, samesite="Lax")
                return
            if old is None or session.replace_token:
                self._new_row(session, now, response)
                return
            values: dict[str, Any] = {"last_seen_at": now}
            if session.modified:
                values["content"] = dict(session)
            rows.execute(update(WebSession).where(WebSession.token_hash == old).values(**values))

    def _new_row(self, session: RowSession, now: datetime, response: Response) -> None:
        token = secrets.token_urlsafe(32)
        old = session.row
        row = WebSession(token_hash=token_hash(token), begun_at=now, last_seen_at=now, content=dict(session))
        if session.sign_in_as is not None:
            for name, value in session.sign_in_as.items():
                setattr(row, name, value)
        elif old is not None:
            row.login_id, row.grant_id, row.signed_in_at, row.second_factor_at = (
                old.login_id,
                old.grant_id,
                old.signed_in_at,
                old.second_factor_at,
            )
        db.session.add(row)
        response.set_cookie(self.cookie, token, path="/", secure=self._https, httponly=True, samesite="Lax")


def sign_in_session(session: Any, *, login_id: str, grant_id: str | None, now: datetime, second_factor: bool) -> None:
    """Turn this browser's session into a login's: a new id after the answer, the old one dead."""
    session.sign_in_as = {
        "login_id": login_id,
        "grant_id": grant_id,
        "signed_in_at": now,
        "second_factor_at": now if second_factor else None,
    }
    session.replace_token = True
    session.modified = True
    g.pop("recheck", None)  # from here on this browser is somebody else


def end_session(session: Any) -> None:
    """End this browser's session on the server."""
    session.clear()
    session.ended = True
