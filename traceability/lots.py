"""Lots of produce: one producer, one product, one harvest or packing."""

import json
import secrets
from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.canonical import canonical_json, salted_hash
from traceability.errors import LotDiffers, LotUnknown
from traceability.gs1 import check_lot_number
from traceability.ids import new_id
from traceability.models import TraceLot

_SALT_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFacts:
    """What is stated of a lot; it does not change once recorded."""

    number: str
    product: str
    establishment: str
    origin_place: str | None = None
    origin_words: str = ""
    produced_on: date | None = None
    packed_on: date | None = None
    expires_on: date | None = None
    standards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedLot:
    """A lot with its id; `created` is False if it was there already, equal in all."""

    id: str
    facts: LotFacts
    created: bool


def record_lot(session: Session, *, now: datetime, facts: LotFacts) -> RecordedLot:
    """Record a lot once; raises LotSyntax, or LotDiffers if its number stands for other facts of this product."""
    check_lot_number(facts.number)
    row = session.scalars(
        select(TraceLot).where(TraceLot.product == facts.product, TraceLot.number == facts.number)
    ).one_or_none()
    if row is not None:
        if lot_facts(row) != facts:
            raise LotDiffers(number=facts.number)
        return RecordedLot(row.id, facts, created=False)
    columns = {field.name: getattr(facts, field.name) for field in fields(facts)}
    columns["standards"] = json.dumps(facts.standards, ensure_ascii=False)
    row = TraceLot(id=new_id("lt"), salt=secrets.token_bytes(_SALT_BYTES), recorded_at=now, **columns)
    session.add(row)
    session.flush()
    return RecordedLot(row.id, facts, created=True)


def get_lot(session: Session, lot: str) -> TraceLot:
    """Give a lot by id; raises LotUnknown."""
    row = session.get(TraceLot, lot)
    if row is None:
        raise LotUnknown(lot=lot)
    return row


def lock_lot(session: Session, lot: str) -> TraceLot:
    """Give a lot for writing: activating onto it and recalling it wait for each other. Raises LotUnknown."""
    row = session.get(TraceLot, lot, with_for_update=True)
    if row is None:
        raise LotUnknown(lot=lot)
    return row


def lot_facts(row: TraceLot) -> LotFacts:
    """Read the facts of a stored lot."""
    columns = {field.name: getattr(row, field.name) for field in fields(LotFacts)}
    columns["standards"] = tuple(json.loads(row.standards))
    return LotFacts(**columns)


def lot_hash(row: TraceLot) -> str:
    """Name the lot's facts for the public log; salted, since words of origin may lead to a person."""
    if row.erased_hash is not None:
        return row.erased_hash
    facts = lot_facts(row)
    plain = {
        "establishment": facts.establishment,
        "expires_on": _day(facts.expires_on),
        "number": facts.number,
        "origin_place": facts.origin_place,
        "origin_words": facts.origin_words,
        "packed_on": _day(facts.packed_on),
        "produced_on": _day(facts.produced_on),
        "product": facts.product,
        "standards": list(facts.standards),
    }
    return salted_hash(row.salt, canonical_json(plain))


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
