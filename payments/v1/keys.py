"""Secret keys of payees: shown once, kept as hashes (256 random bits, so a plain hash is enough)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from payments import rows
from payments.types import UtcDateTime, new_id
from payments.v1.errors import NotAuthenticated
from payments.v1.tables import AccountKey

_TEST, _LIVE = "sk_test_", "sk_live_"
_LONGEST = 100

KEYS: Any = AccountKey.__table__
# Made once, and on the table itself: every call and every payment pays for them.
LIVES = or_(KEYS.c.revoked_at.is_(None), KEYS.c.revoked_at > bindparam("at", type_=UtcDateTime))
_FINDING = select(KEYS.c.id, KEYS.c.payee_id, KEYS.c.name, KEYS.c.livemode).where(
    KEYS.c.key_hash == bindparam("its_hash"), LIVES
)
_NEWEST = (
    select(KEYS.c.livemode)
    .where(KEYS.c.payee_id == bindparam("its_payee"), LIVES)
    .order_by(KEYS.c.made_at.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Held:
    """A living key that a caller has shown: whose it is, and what it is called."""

    id: str
    payee_id: str
    name: str
    livemode: bool


def make_key(session: Session, *, payee_id: str, name: str, livemode: bool, now: datetime) -> tuple[AccountKey, str]:
    """Make a key of a payee; return its row and its text, which nobody can read again. Raises PayeeUnknown."""
    payee = rows.payee(session, payee_id)
    key = (_LIVE if livemode else _TEST) + secrets.token_urlsafe(32).replace("-", "x").replace("_", "y")
    row = AccountKey(
        id=new_id("sk"), key_hash=_hash(key), payee_id=payee.id, name=name.strip()[:80], hint=key[-4:],
        livemode=livemode, made_at=now, revoked_at=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row, key


def find_key(session: Session, key: str, *, now: datetime) -> Held:
    """Return the live key with this text; raises NotAuthenticated, which shows no more of it than its ends."""
    if not key:
        raise NotAuthenticated("You did not provide an API key. Send it as Authorization: Bearer sk_….")
    session.flush()
    found = session.connection().execute(_FINDING, {"its_hash": _hash(key[:_LONGEST]), "at": now}).one_or_none()
    if found is None:
        kind = next((kind for kind in (_TEST, _LIVE) if key.startswith(kind)), "")
        raise NotAuthenticated(f"Invalid API Key provided: {kind}****{key[-4:] if len(key) > 16 else ''}")
    return Held(*found)


def revoke_key(session: Session, *, key_id: str, payee_id: str, ends_at: datetime) -> AccountKey | None:
    """End a payee's key at a time, or at once; None for a key that is not its own. What ends sooner stays so."""
    row = session.get(AccountKey, key_id)
    if row is None or row.payee_id != payee_id:
        return None
    row.revoked_at = ends_at if row.revoked_at is None else min(row.revoked_at, ends_at)
    session.flush()
    return row


def keys_of(session: Session, payee_id: str) -> list[AccountKey]:
    """Return a payee's keys, newest first, ended ones too."""
    query = select(AccountKey).where(AccountKey.payee_id == payee_id)
    return list(session.scalars(query.order_by(AccountKey.made_at.desc(), AccountKey.id)))


def livemode_of(session: Session, payee_id: str, *, now: datetime) -> bool | None:
    """Return whether a payee's newest live key is a live one; None for a payee without any: it is told nothing."""
    session.flush()
    found: bool | None = session.connection().execute(_NEWEST, {"its_payee": payee_id, "at": now}).scalar_one_or_none()
    return found


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
