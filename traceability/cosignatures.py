"""What witnesses say of our checkpoints: kept only if it verifies for a witness that is listed, over one we signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.checkpoints import SignedCheckpoint, checkpoint_at
from traceability.errors import CheckpointForeign, CosignatureTime
from traceability.models import TraceCosignature
from traceability.notes import WitnessKey, open_note, parse_checkpoint, read_signature_line, signature_lines
from traceability.upserts import upsert

_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness's word on the checkpoint of this size."""

    witness: WitnessKey
    size: int
    cosigned_at: datetime
    line: str


def keep_cosignatures(
    session: Session, *, now: datetime, note: str, witnesses: Sequence[WitnessKey]
) -> tuple[Cosignature, ...]:
    """Keep the lines of listed witnesses under one of our checkpoints; a later word replaces an earlier one.

    `note` is the checkpoint's text, an empty line and signature lines, the log's own among them or not.
    Raises NoteInvalid, CheckpointForeign, CosignatureTime; then nothing is kept.
    """
    text, _signed = open_note(note, witnesses)
    checkpoint = parse_checkpoint(text)
    ours = checkpoint_at(session, checkpoint.size)
    if ours is None or ours.checkpoint != checkpoint:
        raise CheckpointForeign(origin=checkpoint.origin, size=checkpoint.size, root=checkpoint.root.hex())
    found = _lines_of(note, witnesses, size=checkpoint.size)
    for one in found:
        if not ours.signed_at - _CLOCKS_DIFFER <= one.cosigned_at <= now + _CLOCKS_DIFFER:
            raise CosignatureTime(witness=one.witness.name, time=one.cosigned_at.isoformat())
    for one in found:
        _keep(session, one, now=now)
    return found


def _lines_of(note: str, witnesses: Sequence[WitnessKey], *, size: int) -> tuple[Cosignature, ...]:
    listed = {(key.name, key.key_id): key for key in witnesses}
    found: dict[WitnessKey, Cosignature] = {}
    for line in signature_lines(note):
        name, material = read_signature_line(line)
        witness = listed.get((name, material[:4]))
        if witness is not None and witness not in found:  # of several, `open_note` has checked the first
            found[witness] = Cosignature(witness, size, _time_of(material), line)
    return tuple(found.values())


def _time_of(material: bytes) -> datetime:
    seconds = int.from_bytes(material[4:12], "big")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)


def _keep(session: Session, one: Cosignature, *, now: datetime) -> None:
    facts = {"line": one.line, "cosigned_at": one.cosigned_at, "received_at": now}
    statement = upsert(session.get_bind().dialect.name, TraceCosignature).values(
        size=one.size, key_id=one.witness.key_id.hex(), **facts
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[TraceCosignature.size, TraceCosignature.key_id],
            set_=facts,
            where=TraceCosignature.cosigned_at < one.cosigned_at,
        )
    )


def cosigned_note(session: Session, signed: SignedCheckpoint, *, witnesses: Sequence[WitnessKey]) -> str:
    """Give a checkpoint's note with the lines of the witnesses that are listed now."""
    ids = {key.key_id.hex(): key.name for key in witnesses}
    if not ids:
        return signed.note
    rows = session.execute(
        select(TraceCosignature.key_id, TraceCosignature.line)
        .where(TraceCosignature.size == signed.checkpoint.size, TraceCosignature.key_id.in_(ids))
        .order_by(TraceCosignature.key_id)
    )
    return signed.note + "".join(f"{line}\n" for _key_id, line in rows)
