"""Stamp batches: reserve a number, derive the tree, issue, give the codes of a range.

Issuing has three steps, so that no transaction stays open while millions of stamps are derived:

    with begin() as session: order = reserve_batch(session, keys=keys, count=count)
    derived = derive_batch(order, keys=keys)
    with begin() as session: issued = issue_batch(session, now=now, derived=derived, …)

A number whose second or third step fails stays used up, and nothing of it can be printed.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.canonical import Value, salted_hash
from traceability.checkpoints import remember_log_keys, sign_promise
from traceability.days import utc_text
from traceability.deriving import grow_on_cores
from traceability.errors import (
    BatchAlreadyIssued,
    BatchNumbersUsedUp,
    BatchUnknown,
    CountOutOfRange,
    KeyProblem,
    RangeOutsideBatch,
    RangeReversed,
    StampKeyDiffers,
)
from traceability.gs1 import check_gtin14
from traceability.key_rolls import state_stamp_version
from traceability.log import add_entry, log_origin
from traceability.models import TraceBatch, TraceBatchTile, TraceCounter
from traceability.notes import SigningKeys
from traceability.serials import ALGORITHM, MOST_BATCHES, MOST_STAMPS, BatchKey, StampKeys
from traceability.stamp_trees import Progress, StampTree, check_value_of
from traceability.upserts import upsert

_NUMBERS = "batch"


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """A batch number that is taken for good, before there is a batch."""

    batch: int
    count: int
    key_version: int


@dataclass(frozen=True, slots=True)
class DerivedBatch:
    """An order with its tree; pure computation, not yet stored."""

    order: BatchOrder
    tree: StampTree


@dataclass(frozen=True, slots=True)
class IssuedBatch:
    """What issuing gives back; `promise` is a note signed by the log that it will hold the entry."""

    batch: int
    count: int
    root: bytes
    promise: str


@dataclass(frozen=True, slots=True)
class BatchHeader:
    """The unchanging facts of a batch."""

    batch: int
    count: int
    establishment: str
    establishment_logged: str
    product: str
    gtin: str | None
    url_prefix: str
    alg: str
    key_version: int
    origin: str
    root: bytes
    edge_root: bytes | None
    check_value: bytes
    entry: int
    issued_at: datetime
    pin: bool


@dataclass(frozen=True, slots=True)
class StampCode:
    """One printed code."""

    index: int
    serial: str
    url: str


def url_prefix(*, public_url: str, gtin: str | None) -> str:
    """Give what stands before the serial in print, in upper case so that the QR code is in alphanumeric mode."""
    base = public_url.rstrip("/").upper()
    return f"{base}/S/" if gtin is None else f"{base}/01/{check_gtin14(gtin)}/21/"


def reserve_batch(session: Session, *, keys: StampKeys, count: int) -> BatchOrder:
    """Take the next batch number for `count` stamps; commit before deriving.

    Raises CountOutOfRange, BatchNumbersUsedUp, and StampKeyDiffers where the root key is not the one of this version.
    """
    if not 1 <= count <= MOST_STAMPS:
        raise CountOutOfRange(count=count, most=MOST_STAMPS)
    _check_root(session, keys, keys.current)
    statement = upsert(session.get_bind().dialect.name, TraceCounter).values(name=_NUMBERS, value=1)
    batch = session.execute(
        statement.on_conflict_do_update(
            index_elements=[TraceCounter.name], set_={"value": TraceCounter.value + 1}
        ).returning(TraceCounter.value)
    ).scalar_one()
    if batch >= MOST_BATCHES:
        raise BatchNumbersUsedUp(most=MOST_BATCHES)
    return BatchOrder(batch, count, keys.current)


def derive_batch(order: BatchOrder, *, keys: StampKeys, progress: Progress | None = None) -> DerivedBatch:
    """Derive the tree of an order: about 1.5 µs a stamp and core, no database; `progress` is told the stamps done."""
    key = keys.stamp_key(version=order.key_version, batch=order.batch)
    return DerivedBatch(order, grow_on_cores(key, order.batch, order.count, progress=progress))


def issue_batch(
    session: Session,
    *,
    now: datetime,
    derived: DerivedBatch,
    establishment: str,
    product: str,
    gtin: str | None,
    prefix: str,
    log_keys: SigningKeys,
    natural_person: bool = False,
    pin: bool = False,
) -> IssuedBatch:
    """Store header, tiles and log entry together; the log shows a natural person's establishment as a salted hash."""
    order, tree = derived.order, derived.tree
    if session.get(TraceBatch, order.batch) is not None:
        raise BatchAlreadyIssued(batch=order.batch)
    salt = secrets.token_bytes(16) if natural_person else None
    row = TraceBatch(
        batch=order.batch,
        count=order.count,
        establishment=establishment,
        establishment_logged=establishment if salt is None else salted_hash(salt, establishment.encode()),
        establishment_salt=salt,
        product=product,
        gtin=None if gtin is None else check_gtin14(gtin),
        url_prefix=prefix,
        alg=ALGORITHM,
        key_version=order.key_version,
        origin=log_origin(session),
        root=tree.root,
        edge_root=tree.edge_root,
        check_value=tree.check_value,
        pin=pin,
        issued_at=now,
    )
    state_stamp_version(session, now=now, version=order.key_version)
    entry = add_entry(session, now=now, kind="batch_issued", facts=batch_facts(row))
    row.entry = entry.id
    session.add(row)
    session.flush()
    session.add_all(
        TraceBatchTile(batch=order.batch, level=level, number=number, hashes=hashes)
        for level, number, hashes in tree.tiles
    )
    remember_log_keys(session, now=now, keys=log_keys)
    promise = sign_promise(now=now, keys=log_keys, origin=row.origin, leaf_hash=entry.leaf_hash)
    return IssuedBatch(order.batch, order.count, tree.root, promise)


def batch_facts(row: TraceBatch) -> Mapping[str, Value]:
    """Give the header's facts as the log states them."""
    return {
        "alg": row.alg,
        "batch": row.batch,
        "count": row.count,
        "establishment": row.establishment_logged,
        "gtin": row.gtin,
        "issued_at": utc_text(row.issued_at),
        "key_version": row.key_version,
        "origin": row.origin,
        "root": row.root.hex(),
        "url_prefix": row.url_prefix,
    }


class BatchBook:
    """Headers and keys of batches, read once each: they never change. One for a process, passed to what needs it."""

    def __init__(self, keys: StampKeys, *, most: int = 4096) -> None:
        self.keys = keys
        self._most = most
        self._read: dict[int, tuple[BatchHeader, BatchKey]] = {}

    def header(self, session: Session, batch: int) -> BatchHeader:
        """Give a batch's header; raises BatchUnknown, StampKeyMissing, StampKeyDiffers."""
        return self.open(session, batch)[0]

    def key(self, session: Session, batch: int) -> BatchKey:
        """Give a batch's key, proven by its check value; raises BatchUnknown, StampKeyMissing, StampKeyDiffers."""
        return self.open(session, batch)[1]

    def clear(self) -> None:
        """Forget what was read, for a database that was put back."""
        self._read.clear()

    def known(self, batch: int) -> tuple[BatchHeader, BatchKey] | None:
        """Give header and key if they were read before."""
        return self._read.get(batch)

    def open(self, session: Session, batch: int) -> tuple[BatchHeader, BatchKey]:
        """Give header and proven key; raises BatchUnknown, StampKeyMissing, StampKeyDiffers."""
        known = self._read.get(batch)
        if known is None:
            header = read_header(session, batch)
            known = header, proven_key(header, self.keys)
            if len(self._read) >= self._most:
                self._read.clear()
            self._read[batch] = known
        return known


def read_header(session: Session, batch: int) -> BatchHeader:
    """Read a batch's header; raises BatchUnknown."""
    names = BatchHeader.__slots__
    row = session.execute(
        select(*(getattr(TraceBatch, name) for name in names)).where(TraceBatch.batch == batch)
    ).one_or_none()
    if row is None:
        raise BatchUnknown(batch=batch)
    return BatchHeader(*row)


def proven_key(header: BatchHeader, keys: StampKeys) -> BatchKey:
    """Derive a batch's key and compare its check value; raises StampKeyMissing, StampKeyDiffers."""
    key = keys.batch_key(version=header.key_version, batch=header.batch)
    if check_value_of(key) != header.check_value:
        raise StampKeyDiffers(version=header.key_version, batch=header.batch)
    return key


def key_problems(session: Session, keys: StampKeys) -> tuple[KeyProblem, ...]:
    """Try each key version in use on its newest batch; a wrong root key is noticed at start, not at a scan."""
    problems: list[KeyProblem] = []
    for version in session.scalars(select(TraceBatch.key_version).distinct().order_by(TraceBatch.key_version)).all():
        try:
            _check_root(session, keys, version)
        except KeyProblem as problem:
            problems.append(problem)
    return tuple(problems)


def lock_batch(session: Session, batch: int) -> TraceBatch:
    """Give a batch for writing: two packers of one roll wait for each other here. Raises BatchUnknown."""
    row = session.execute(select(TraceBatch).where(TraceBatch.batch == batch).with_for_update()).scalar_one_or_none()
    if row is None:
        raise BatchUnknown(batch=batch)
    return row


def _check_root(session: Session, keys: StampKeys, version: int) -> None:
    """Try a version's root key on the newest batch that has it, if one has."""
    newest = session.execute(
        select(TraceBatch.batch).where(TraceBatch.key_version == version).order_by(TraceBatch.batch.desc()).limit(1)
    ).scalar_one_or_none()
    if newest is not None:
        proven_key(read_header(session, newest), keys)


def check_range(header: BatchHeader | TraceBatch, *, first: int, last: int) -> None:
    """Accept indexes inside the batch, both ends included; raises RangeReversed, RangeOutsideBatch."""
    if first > last:
        raise RangeReversed(first=first, last=last)
    if first < 0 or last >= header.count:
        raise RangeOutsideBatch(first=first, last=last, count=header.count)


def stamp_codes(session: Session, *, book: BatchBook, batch: int, first: int, last: int) -> Iterator[StampCode]:
    """Derive the codes of a range one by one; the range is checked before the first is asked for."""
    header, key = book.header(session, batch), book.key(session, batch)
    check_range(header, first=first, last=last)
    serials = ((index, key.serial(index)) for index in range(first, last + 1))
    return (StampCode(index, serial, header.url_prefix + serial) for index, serial in serials)
