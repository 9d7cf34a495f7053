"""Keys: what is known of them agrees with what the log states of their rolls."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.errors import NoteInvalid
from traceability.log import log_origin
from traceability.models import TraceBatch, TraceEntry, TraceLog, TraceLogKey
from traceability.notes import VerifierKey
from traceability.rederive.difference import Difference


def check_keys(session: Session) -> Iterator[Difference]:
    """Compare the keys that sign with the newest statement, and the versions of batches with all of them."""
    if session.scalars(select(TraceLog.id)).one_or_none() is None:
        return
    entries = session.scalars(select(TraceEntry).where(TraceEntry.kind == "key_rotated").order_by(TraceEntry.id))
    rolls = [facts for facts in map(_facts, entries) if facts is not None]
    rows = list(session.scalars(select(TraceLogKey).order_by(TraceLogKey.key_id)))
    origin = log_origin(session)
    for row in rows:
        try:
            key = VerifierKey.parse(row.verifier)
        except NoteInvalid:
            yield Difference("key", row.key_id, "is no verifier key")
            continue
        if (key.name, key.key_id.hex()) != (origin, row.key_id):
            yield Difference("key", row.key_id, "is not the key of its id")
    stated = [facts.get("signs") for facts in rolls if facts.get("purpose") == "log"]
    if stated and sorted(stated[-1] or ()) != sorted(row.verifier for row in rows if row.signs):
        yield Difference("key", origin, "the keys that sign differ from the log's last statement")
    yield from _check_versions(session, {facts.get("key_version") for facts in rolls})


def _check_versions(session: Session, stated: set[object]) -> Iterator[Difference]:
    versions = select(TraceBatch.key_version).distinct().order_by(TraceBatch.key_version)
    for number, version in enumerate(session.scalars(versions)):
        if number and version not in stated:  # the first needs no statement
            yield Difference("key", str(version), f"stamps have version {version}, which the log never stated")


def _facts(entry: TraceEntry) -> dict[str, Any] | None:
    try:
        facts = json.loads(entry.data)
    except ValueError:
        return None
    return facts if isinstance(facts, dict) else None
