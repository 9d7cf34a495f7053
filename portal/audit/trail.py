"""Write and check the trail."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit.models import AuditHead, AuditRow
from portal.db import insert_new

OWN_CHAIN = "province"
_HELD = "audit_heads_held"
# Made once, and on the tables themselves: every act pays for them.
_HEADS: Any = AuditHead.__table__
_OF_CHAIN = _HEADS.c.chain == bindparam("its_chain")
_LAST = select(_HEADS.c.seq, _HEADS.c.hash).where(_OF_CHAIN).with_for_update()
_LINKING = update(_HEADS).where(_OF_CHAIN).values(seq=bindparam("last_seq"), hash=bindparam("last_hash"))
_ADDING = insert(AuditRow.__table__)  # type: ignore[arg-type]
_LINKED = ("chain", "seq", "at", "actor", "role", "subject", "act", "object_id", "changed", "request_id", "prev")


@dataclass(frozen=True, slots=True)
class Act:
    """One act for `record_many`; the fields are those of `record`."""

    act: str
    object_id: str
    subject: str | None = None
    changed: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    public: frozenset[str] = frozenset()


def record(
    session: Session,
    *,
    now: datetime,
    acting: Acting,
    act: str,
    object_id: str,
    subject: str | None = None,
    changed: Mapping[str, tuple[object, object]] | None = None,
    public: frozenset[str] = frozenset(),
) -> None:
    """Add one row for an act, in the act's own transaction.

    `changed` maps a field to its old and new value: kept as keyed hashes, in clear only for the fields in `public`.
    """
    record_many(session, now=now, acting=acting, acts=[Act(act, object_id, subject, changed or {}, public)])


def record_many(session: Session, *, now: datetime, acting: Acting, acts: Iterable[Act]) -> None:
    """Add a row for each of many acts of one transaction, in their order: the head of the chain is locked once."""
    chain = acting.organisation_id or OWN_CHAIN
    key = session.info.get("audit_key", b"")
    head = _locked_head(session, chain)
    rows: list[dict[str, Any]] = []
    for one in acts:
        kept = {name: _trace(key, name, values, clear=name in one.public) for name, values in one.changed.items()}
        row: dict[str, Any] = {
            "chain": chain, "seq": head[0] + 1, "at": now, "actor": acting.actor, "role": acting.role,
            "subject": one.subject or acting.for_subject, "act": one.act, "object_id": one.object_id, "changed": kept,
            "request_id": acting.request_id, "prev": head[1],
        }  # fmt: skip
        row["hash"] = _link(row)
        rows.append(row)
        head[:] = row["seq"], row["hash"]
    if rows:  # past the unit of work, which would write one after the other
        connection = session.connection()
        connection.execute(_ADDING, rows)
        connection.execute(_LINKING, {"its_chain": chain, "last_seq": head[0], "last_hash": head[1]})


def broken_rows(session: Session) -> list[str]:
    """Re-derive every chain; return `chain:seq` of each row that was changed, removed or moved."""
    broken: list[str] = []
    heads = {head.chain: head for head in session.scalars(select(AuditHead))}
    last: dict[str, tuple[int, str]] = {}
    rows = select(AuditRow).order_by(AuditRow.chain, AuditRow.seq).execution_options(populate_existing=True)
    for row in session.scalars(rows):
        seq, previous = last.get(row.chain, (0, "0" * 64))
        if row.seq != seq + 1 or row.prev != previous or row.hash != _link(vars(row)):
            broken.append(f"{row.chain}:{row.seq}")
        last[row.chain] = (row.seq, row.hash)
    broken += [
        f"{chain}:head" for chain, head in heads.items() if last.get(chain, (0, "0" * 64)) != (head.seq, head.hash)
    ]
    return broken


def _locked_head(session: Session, chain: str) -> list[Any]:
    """Return the last link of a chain, locked once a transaction: after the act's own rows, so two acts never cross."""
    here = (session.get_transaction(), session.get_nested_transaction())
    held = session.info.get(_HELD)
    if held is None or held[0] != here:
        held = session.info[_HELD] = (here, dict[str, list[Any]]())
    heads: dict[str, list[Any]] = held[1]
    if chain not in heads:
        session.flush()
        found = session.connection().execute(_LAST, {"its_chain": chain}).one_or_none()
        if found is None:  # its first act; who comes second waits at the insert, then locks the first one's head
            insert_new(session, AuditHead, chain=chain, seq=0, hash="0" * 64)
            found = session.connection().execute(_LAST, {"its_chain": chain}).one()
        heads[chain] = [found.seq, found.hash]
    return heads[chain]


def _trace(key: bytes, name: str, values: tuple[object, object], *, clear: bool) -> list[Any]:
    if clear:
        return [None if value is None else str(value) for value in values]
    return [
        None if value is None else hmac.new(key, f"{name}\x00{value}".encode(), hashlib.sha256).hexdigest()[:32]
        for value in values
    ]


def _link(row: Mapping[str, Any]) -> str:
    body = [row["at"].isoformat() if name == "at" else row[name] for name in _LINKED]
    return hashlib.sha256(
        json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()
