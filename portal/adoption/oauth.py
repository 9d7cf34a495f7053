"""OAuth 2 for machines: client credentials (RFC 6749, 4.4) and the tokens that they give, each for an hour.

Secrets and tokens are kept as hashes; both are random, so a plain hash is enough.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.adoption.errors import ClientRefused, TokenRefused
from portal.adoption.models import OauthClient, OauthToken
from portal.audit import record

SCOPES = ("observations:read",)
LIVES = timedelta(hours=1)
_ID = re.compile(r"[a-z0-9-]{1,48}")  # without a colon, which HTTP Basic cannot carry


class OauthError(Exception):
    """A request for a token is refused; `code` is RFC 6749's, `status` that of the answer."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.status = code, status


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token: shown once, kept as a hash."""

    token: str
    scope: str
    expires_in: int


def make_client(
    session: Session, *, now: datetime, acting: Acting, client_id: str, name: str, scopes: Sequence[str],
    renewed: bool = False,
) -> str:  # fmt: skip
    """Make a client; `renewed` gives one that is there a new secret (its tokens end). Return the secret, shown once.

    Raises ClientRefused for an id of another form, one that is taken, and unknown scopes.
    """
    if not _ID.fullmatch(client_id):
        raise ClientRefused("oauth.client_id")
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise ClientRefused("oauth.scope_unknown", scopes=", ".join(unknown), known=", ".join(SCOPES))
    if not renewed and session.get(OauthClient, client_id) is not None:
        raise ClientRefused("oauth.client_exists", client=client_id)
    secret = "cs_" + secrets.token_urlsafe(32)
    session.execute(delete(OauthToken).where(OauthToken.client_id == client_id))
    session.merge(
        OauthClient(
            id=client_id, name=name, secret_hash=_hash(secret), scopes=list(scopes), made_at=now, revoked_at=None
        )
    )
    session.flush()
    changed: dict[str, tuple[object, object]] = {"scopes": (None, " ".join(scopes))}
    record(session, now=now, acting=acting, act="oauth.client_made", object_id=client_id, changed=changed,
           public=frozenset(changed))  # fmt: skip
    return secret


def revoke_client(session: Session, *, now: datetime, acting: Acting, client_id: str) -> None:
    """End a client and its tokens, from the next call on. Raises ClientRefused for one that is not there."""
    client = session.get(OauthClient, client_id)
    if client is None:
        raise ClientRefused("oauth.client_unknown", client=client_id)
    client.revoked_at = client.revoked_at or now
    session.execute(delete(OauthToken).where(OauthToken.client_id == client_id))
    record(session, now=now, acting=acting, act="oauth.client_revoked", object_id=client_id)


def issue_token(session: Session, *, now: datetime, authorization: str | None, form: Mapping[str, str]) -> Issued:
    """Answer a request for a token; raise `OauthError`. Asked for no scope, it has all that the client may."""
    client_id, secret = _credentials(authorization, form)
    if "\0" in client_id:  # no id holds it, and PostgreSQL refuses to compare with it
        raise OauthError("invalid_client", 401)
    client = session.get(OauthClient, client_id)
    known = client.secret_hash if client is not None else _hash("")
    if not hmac.compare_digest(known, _hash(secret)) or client is None or client.revoked_at is not None:
        raise OauthError("invalid_client", 401)
    if form.get("grant_type") != "client_credentials":
        raise OauthError("unsupported_grant_type" if form.get("grant_type") else "invalid_request")
    wanted = form.get("scope", "").split() or list(client.scopes)
    if not set(wanted) <= set(client.scopes):
        raise OauthError("invalid_scope")
    token = "at_" + secrets.token_urlsafe(32)
    session.execute(delete(OauthToken).where(OauthToken.expires_at <= now))
    session.add(
        OauthToken(token_hash=_hash(token), client_id=client.id, scopes=wanted, made_at=now, expires_at=now + LIVES)
    )
    session.flush()
    return Issued(token, " ".join(wanted), int(LIVES.total_seconds()))


def check_token(session: Session, header: str | None, *, scope: str, now: datetime) -> OauthClient | None:
    """Return whose token a header holds, or None without one; raise `TokenRefused` token_invalid or scope_missing."""
    if not header:
        return None
    kind, _space, token = header.partition(" ")
    row = session.get(OauthToken, _hash(token.strip())) if kind.lower() == "bearer" else None
    client = session.get(OauthClient, row.client_id) if row is not None else None
    if row is None or client is None or row.expires_at <= now or client.revoked_at is not None:
        raise TokenRefused("token_invalid")
    if scope not in row.scopes:
        raise TokenRefused("scope_missing", scope=scope)
    return client


def _credentials(authorization: str | None, form: Mapping[str, str]) -> tuple[str, str]:
    """Return id and secret, of HTTP Basic or the form, never both."""
    kind, _space, encoded = (authorization or "").partition(" ")
    if kind.lower() == "basic":
        if "client_secret" in form:
            raise OauthError("invalid_request")
        try:
            client_id, _colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except ValueError:  # no base64, no UTF-8, or signs that a header cannot hold
            raise OauthError("invalid_client", 401) from None
        return client_id, secret
    if "client_id" not in form or "client_secret" not in form:
        raise OauthError("invalid_client", 401)
    return form["client_id"], form["client_secret"]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
