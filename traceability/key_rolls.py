"""Rolls of the keys: what signs the log and what derives new stamps, stated in the log itself when it changes.

The first keys of a log need no statement: whoever reads it has them already.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from traceability.canonical import Value
from traceability.checkpoints import remember_log_keys
from traceability.days import utc_text
from traceability.log import add_entry, log_origin
from traceability.models import TraceBatch, TraceCounter, TraceLogKey
from traceability.notes import SigningKeys
from traceability.serials import StampKeys
from traceability.upserts import upsert

_STAMP_VERSION = "stamp_key_version"


def keys_rolled(session: Session, *, log_keys: SigningKeys, stamp_keys: StampKeys) -> bool:
    """Say, by reading alone, whether `state_keys` would find something; the log must have been opened."""
    return _signing(session) != _ids(session, log_keys) or (_noted_version(session) or 0) < stamp_keys.current


def state_keys(session: Session, *, now: datetime, log_keys: SigningKeys, stamp_keys: StampKeys) -> int:
    """Note which keys are in use, and log each change as `key_rotated`; gives how many entries were made."""
    remember_log_keys(session, now=now, keys=log_keys)
    stated = _state_log_keys(session, now=now, keys=log_keys)
    stated += state_stamp_version(session, now=now, version=stamp_keys.current)
    session.flush()
    return stated


def _state_log_keys(session: Session, *, now: datetime, keys: SigningKeys) -> int:
    before, after = _signing(session), _ids(session, keys)
    if before == after:
        return 0
    session.execute(update(TraceLogKey).values(signs=TraceLogKey.key_id.in_(after)))
    if not before:
        return 0
    signs = [verifier.text() for verifier in keys.verifiers(log_origin(session))]
    add_entry(session, now=now, kind="key_rotated", facts=log_roll(signs, rotated_at=now))
    return 1


def log_roll(signs: list[str], *, rotated_at: datetime) -> Mapping[str, Value]:
    """Give the facts of a roll of the log's keys: all verifier keys that sign from now on."""
    return {"purpose": "log", "rotated_at": utc_text(rotated_at), "signs": signs}


def state_stamp_version(session: Session, *, now: datetime, version: int) -> int:
    """Log that stamps have this version of the root key from now on, once; gives how many entries were made."""
    first = select(TraceBatch.key_version).order_by(TraceBatch.batch.desc()).limit(1)
    before = session.execute(first).scalar_one_or_none() or version  # a log from before such notes may have batches
    noting = upsert(session.get_bind().dialect.name, TraceCounter).values(name=_STAMP_VERSION, value=before)
    session.execute(noting.on_conflict_do_nothing())
    raised = session.execute(
        update(TraceCounter)
        .where(TraceCounter.name == _STAMP_VERSION, TraceCounter.value < version)
        .values(value=version)
        .returning(TraceCounter.value)
    ).all()
    if not raised:
        return 0
    facts: Mapping[str, Value] = {"key_version": version, "purpose": "stamps", "rotated_at": utc_text(now)}
    add_entry(session, now=now, kind="key_rotated", facts=facts)
    return 1


def _signing(session: Session) -> set[str]:
    return set(session.scalars(select(TraceLogKey.key_id).where(TraceLogKey.signs)))


def _ids(session: Session, keys: SigningKeys) -> set[str]:
    return {verifier.key_id.hex() for verifier in keys.verifiers(log_origin(session))}


def _noted_version(session: Session) -> int | None:
    return session.execute(select(TraceCounter.value).where(TraceCounter.name == _STAMP_VERSION)).scalar_one_or_none()
