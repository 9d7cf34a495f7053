"""Each idempotency key of a payee is carried out once: its first answer is kept and given again.

`claim` before the act, `finish` with the answer, both in the act's own transaction where it is one; an act that calls
a gateway in between commits its claim first. A claim that was never finished (a killed process) is free again after
`RUNS`; carrying it on is safe, since tries to pay have keys of their own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update, bindparam, delete, select, update
from sqlalchemy.orm import Session

from payments import rows
from payments.v1.errors import InvalidRequest, KeyInUse, KeyMismatch
from payments.v1.tables import KeptAnswer

_KEPT: Any = KeptAnswer.__table__
_ENDING = (
    update(_KEPT)
    .where(_KEPT.c.account == bindparam("whose"), _KEPT.c.key == bindparam("its_key"))
    .values(status=bindparam("its_status"), body=bindparam("said"))
)
LONGEST = 255
RUNS = timedelta(seconds=60)
KEPT = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Asked:
    """One POST with its key: whose, and what for."""

    account: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A key that is ours to carry out, or the answer that it had; `made` is what a run that broke off has made."""

    status: int | None = None
    body: str = ""
    made: str | None = None


def asked(*, account: str, key: str | None, path: str, raw: bytes) -> Asked | None:
    """Return what identifies a POST, or None without a key; raises InvalidRequest for a key that is too long."""
    if not key:
        return None
    if len(key) > LONGEST or "\0" in key:
        said = f"An idempotency key has at most {LONGEST} characters."
        raise InvalidRequest(said, code="idempotency_key_invalid", param="Idempotency-Key")
    told = hashlib.sha256(path.encode() + b"\n" + b"&".join(sorted(raw.split(b"&"))))
    return Asked(account, key, told.hexdigest())


def claim(session: Session, one: Asked, *, now: datetime) -> Claimed:
    """Take the key for this request, or return the answer that it had; raises KeyMismatch or KeyInUse."""
    fresh = _fresh(one, now)
    if rows.insert_once(session, KeptAnswer, fresh):
        return Claimed()
    known = session.scalars(
        select(KeptAnswer).where(KeptAnswer.account == one.account, KeptAnswer.key == one.key).with_for_update(),
        execution_options=rows.FRESH,
    ).one()
    if known.expires_at <= now:
        for name, value in fresh.items():
            setattr(known, name, value)
        session.flush()
        return Claimed()
    if known.fingerprint != one.fingerprint:
        raise KeyMismatch(
            "Keys for idempotent requests can only be used with the same parameters they were first used with."
        )
    if known.status is not None:
        return Claimed(known.status, known.body or "")
    if known.runs_until > now:
        raise KeyInUse("The first request with this idempotency key still runs. Try again in a moment.")
    known.runs_until = now + RUNS
    session.flush()
    return Claimed(made=known.made)


def note_made(session: Session, one: Asked, object_id: str) -> None:
    """Note what a claimed key has made: a run that breaks off after its commit goes on with it."""
    session.connection().execute(_row(one).values(made=object_id))


def release(session: Session, one: Asked, *, now: datetime) -> None:
    """Let a claimed key be carried on at once, by whoever asks next."""
    session.execute(_row(one).where(KeptAnswer.status.is_(None)).values(runs_until=now))


def finish(session: Session, one: Asked, *, status: int, body: str) -> None:
    """Keep the answer of a claimed key."""
    session.connection().execute(
        _ENDING, {"whose": one.account, "its_key": one.key, "its_status": status, "said": body}
    )


def fail(session: Session, one: Asked, *, status: int, body: str, now: datetime) -> None:
    """Keep the answer of a request that broke off by a fault of ours, wherever it broke off."""
    rows.insert_once(session, KeptAnswer, _fresh(one, now))
    session.execute(_row(one).where(KeptAnswer.status.is_(None)).values(status=status, body=body))


def forget(session: Session, *, now: datetime) -> int:
    """Delete answers older than three days; return how many."""
    gone = session.execute(
        delete(KeptAnswer).where(KeptAnswer.expires_at <= now).execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _fresh(one: Asked, now: datetime) -> dict[str, Any]:
    return {
        "account": one.account, "key": one.key, "fingerprint": one.fingerprint, "runs_until": now + RUNS,
        "made": None, "status": None, "body": None, "expires_at": now + KEPT,
    }  # fmt: skip


def _row(one: Asked) -> Update:
    return update(_KEPT).where(_KEPT.c.account == one.account, _KEPT.c.key == one.key)
