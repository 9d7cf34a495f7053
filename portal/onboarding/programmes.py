"""Support programmes for firms: who entered, once and dated; an entry made in error is voided, never deleted."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.bulk import insert_rows
from portal.counting import TOTAL, Cell, counting
from portal.errors import NotFound
from portal.onboarding.models import Organisation
from portal.onboarding.roster_models import ProgrammeEntry

SMEDX = "smedx"
PROGRAMMES = (SMEDX,)
OTHER_SECTOR = "other"
_COLUMNS = ("programme", "organisation_id", "sector", "first_at")
Entering = tuple[str, str, str, str]
"""Organisation, its home, programme, sector."""


def enter(
    session: Session, *, now: datetime, acting: Acting, organisation: Organisation, programme: str, sector: str
) -> ProgrammeEntry:
    """Enter a firm into a programme, once; raise `NotFound` for a programme that is none, or a household."""
    if programme not in PROGRAMMES or organisation.kind == "household":
        raise NotFound
    query = select(ProgrammeEntry).where(
        ProgrammeEntry.programme == programme, ProgrammeEntry.organisation_id == organisation.id
    )
    known = session.scalars(query).one_or_none()
    if known is not None:
        return known
    with counting(session, organisation.id, effective_at=now):
        entry = ProgrammeEntry(programme=programme, organisation_id=organisation.id, sector=sector, first_at=now)
        session.add(entry)
    record(session, now=now, acting=acting, act="programme.entered", object_id=organisation.id, subject=organisation.id)
    return entry


def void_entry(session: Session, *, now: datetime, acting: Acting, entry: ProgrammeEntry) -> None:
    """Void an entry that was an error: it counts in no month any more. A second time changes nothing."""
    if entry.voided_at is not None:
        return
    with counting(session, entry.organisation_id, effective_at=now):
        entry.voided_at = now
    record(
        session, now=now, acting=acting, act="programme.voided", object_id=entry.organisation_id,
        subject=entry.organisation_id,
    )  # fmt: skip


def enter_many(session: Session, *, now: datetime, entries: Sequence[Entering]) -> "Counter[Cell]":
    """Enter firms that are in no programme yet; return what that counts. The caller audits the whole chunk."""
    insert_rows(
        session, ProgrammeEntry, _COLUMNS, [(programme, who, sector, now) for who, _, programme, sector in entries]
    )
    cells: Counter[Cell] = Counter()
    for _, home, programme, sector in entries:
        if programme == SMEDX:
            cells["SME_SUPPORT", TOTAL, home] += 1
            cells["SME_SUPPORT", f"sector@{sector}", home] += 1
    return cells
