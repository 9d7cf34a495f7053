"""Signed tree heads: publish, read, promise. One signer under the log's lock, and never two histories."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.durable import replace_file
from traceability.errors import CheckpointBehind, CheckpointInconsistent, NoteInvalid, ProofInvalid
from traceability.log import lock_log, log_origin, log_subtree, root_at
from traceability.merkle import check_consistency, consistency_proof
from traceability.models import TraceCheckpoint, TraceLogKey
from traceability.notes import Checkpoint, SigningKeys, VerifierKey, open_note, parse_checkpoint

_PROMISE = "traceability-promise/v1"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with the note that is served for it."""

    checkpoint: Checkpoint
    note: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Promise:
    """What the log owes: to hold the entry of this hash."""

    origin: str
    leaf_hash: bytes
    promised_at: datetime


class HeadKeeper(Protocol):
    """Remembers, outside the database, the last checkpoint that was signed: a restored backup cannot forget it."""

    def read(self) -> Checkpoint | None:
        """Give the last one, None before the first."""

    def write(self, checkpoint: Checkpoint) -> None:
        """Keep it durably before it is served."""


class HeadFile:
    """A HeadKeeper in a file that is not part of the database's backup."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Checkpoint | None:
        """Give the last checkpoint kept; raises NoteInvalid if the file is damaged."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return parse_checkpoint(content.decode())
        except UnicodeDecodeError:
            raise NoteInvalid(reason="head file") from None

    def write(self, checkpoint: Checkpoint) -> None:
        """Keep it durably before it is served."""
        replace_file(self._path, checkpoint.text().encode())


def publish_checkpoint(
    session: Session, *, now: datetime, keys: SigningKeys, head: HeadKeeper
) -> SignedCheckpoint | None:
    """Sign what is integrated and committed; None if nothing is new.

    Call it in a transaction of its own after `integrate_entries` has committed: the head is kept before this
    transaction ends, so tiles of the same transaction could be lost behind it.
    Raises CheckpointBehind and CheckpointInconsistent, and signs nothing then.
    """
    log = lock_log(session)
    last = latest_checkpoint(session)
    for signed in (head.read(), last.checkpoint if last else None):
        if signed is not None:
            _check_extends(session, signed, origin=log.origin, size=log.size)
    if log.size == (last.checkpoint.size if last else 0):
        return None
    checkpoint = Checkpoint(log.origin, log.size, root_at(session, log.size))
    note = keys.sign(checkpoint.text(), log.origin)
    head.write(checkpoint)
    remember_log_keys(session, now=now, keys=keys)
    session.add(TraceCheckpoint(size=checkpoint.size, root=checkpoint.root, note=note, signed_at=now))
    session.flush()
    return SignedCheckpoint(checkpoint, note, now)


def _check_extends(session: Session, signed: Checkpoint, *, origin: str, size: int) -> None:
    if signed.origin != origin:
        raise CheckpointInconsistent(origin=signed.origin, ours=origin)
    if signed.size > size:
        raise CheckpointBehind(size=size, signed=signed.size)
    if signed.size == 0:
        return
    subtree = log_subtree(session)
    try:
        check_consistency(
            old_size=signed.size,
            new_size=size,
            old_root=signed.root,
            new_root=subtree(0, size),
            proof=consistency_proof(signed.size, size, subtree),
        )
    except ProofInvalid:
        raise CheckpointInconsistent(size=size, signed=signed.size) from None


def latest_checkpoint(session: Session) -> SignedCheckpoint | None:
    """Give the newest signed checkpoint, None before the first."""
    row = session.scalars(select(TraceCheckpoint).order_by(TraceCheckpoint.size.desc()).limit(1)).one_or_none()
    return None if row is None else signed_checkpoint(row)


def checkpoint_at(session: Session, size: int) -> SignedCheckpoint | None:
    """Give the checkpoint of exactly this size, if one was signed."""
    row = session.get(TraceCheckpoint, size)
    return None if row is None else signed_checkpoint(row)


def signed_checkpoint(row: TraceCheckpoint) -> SignedCheckpoint:
    """Read a stored checkpoint as it was signed."""
    text = row.note.partition("\n\n")[0] + "\n"
    return SignedCheckpoint(parse_checkpoint(text), row.note, row.signed_at)


def remember_log_keys(session: Session, *, now: datetime, keys: SigningKeys) -> None:
    """Note the public keys that sign; they stay published when their secrets are gone."""
    for verifier in keys.verifiers(log_origin(session)):
        key_id = verifier.key_id.hex()
        if session.get(TraceLogKey, key_id) is None:
            session.add(TraceLogKey(key_id=key_id, verifier=verifier.text(), first_signed_at=now))
    session.flush()


def log_keys(session: Session) -> list[str]:
    """List the verifier keys of the log, old ones too."""
    return list(session.scalars(select(TraceLogKey.verifier).order_by(TraceLogKey.first_signed_at, TraceLogKey.key_id)))


def sign_promise(*, now: datetime, keys: SigningKeys, origin: str, leaf_hash: bytes) -> str:
    """Sign that the log will hold an entry: a note that cannot be taken for a checkpoint."""
    seconds = now.astimezone(UTC).isoformat(timespec="seconds")
    return keys.sign(f"{_PROMISE}\n{origin}\n{leaf_hash.hex()}\n{seconds}\n", origin)


def open_promise(note: str, keys: list[VerifierKey]) -> Promise:
    """Read a promise of the log whose keys are given; raises NoteInvalid."""
    text, signed = open_note(note, keys)
    lines = text.split("\n")
    if len(lines) != 5 or lines[0] != _PROMISE or all(key.name != lines[1] for key in signed):
        raise NoteInvalid(reason="promise")
    try:
        return Promise(lines[1], bytes.fromhex(lines[2]), datetime.fromisoformat(lines[3]))
    except ValueError:
        raise NoteInvalid(reason="promise") from None
