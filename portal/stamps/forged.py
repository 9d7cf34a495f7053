"""Codes that were never issued, counted by day and network: nothing that leads to a person, nothing of the code.

A network is named by a hash under a key of the day, so that no two days can be put together. The batch is the one that
the code claims, where there is such a batch.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.places.areas import day_of
from portal.stamps.details import DetailBuffer
from portal.stamps.models import UnknownCode
from portal.stamps.scan import address_hash
from portal.world import World
from traceability import decode_serial
from traceability.models import TraceBatch
from traceability.scans import DETAILS_KEPT
from traceability.upserts import upsert

NO_BATCH = -1


@dataclass(frozen=True, slots=True)
class Unknown:
    """One scan of a code that was not issued."""

    day: date
    network: str
    batch: int


def note_unknown(world: World, *, serial: str, address: str | None) -> None:
    """Take one scan of an unknown code; it is written with others, after the answer."""
    now, parts = world.clock.now(), decode_serial(serial)
    network = address_hash(address, now=now, keys=world.field_keys)
    FORGED.add(Unknown(day_of(now), network, NO_BATCH if parts is None else parts.batch))


def write_unknown(session: Session, found: list[Unknown]) -> None:
    """Add scans of unknown codes to their rows."""
    claimed = {one.batch for one in found}
    known = set(session.scalars(select(TraceBatch.batch).where(TraceBatch.batch.in_(claimed))))
    counts = Counter((one.day, one.network, one.batch if one.batch in known else NO_BATCH) for one in found)
    table = UnknownCode
    for (day, network, batch), number in sorted(counts.items()):
        statement = upsert(session.get_bind().dialect.name, table.__table__).values(  # type: ignore[arg-type]
            day=day, network=network, batch=batch, count=number
        )
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["day", "network", "batch"], set_={"count": table.count + statement.excluded["count"]}
            )
        )


def purge_unknown(session: Session, *, now: datetime) -> None:
    """Delete what is older than 90 days."""
    before = day_of(now - DETAILS_KEPT)
    session.execute(delete(UnknownCode).where(UnknownCode.day < before))


FORGED = DetailBuffer(write=write_unknown)
