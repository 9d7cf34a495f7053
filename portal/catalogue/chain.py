"""The province's confirmation of a safe food chain: history rows, from which past months are counted again."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.catalogue.errors import ChainUnknown
from portal.catalogue.models import ChainConfirmation
from portal.counting import counting


def confirm_chain(
    session: Session, *, now: datetime, acting: Acting, establishment_id: str, number: str | None = None
) -> ChainConfirmation:
    """Note that an establishment's chain is confirmed from now on; confirmed so already, that row is returned."""
    open_row = _open(session, establishment_id)
    if open_row is not None and open_row.state == "valid" and number in (None, open_row.number):
        return open_row
    with counting(session, establishment_id, effective_at=now):
        if open_row is not None:
            open_row.to_at = now
            session.flush()
        row = ChainConfirmation(establishment_id=establishment_id, state="valid", number=number, from_at=now)
        session.add(row)
        session.flush()
        record(
            session, now=now, acting=acting, act="chain.confirmed", object_id=establishment_id, subject=establishment_id
        )
    return row


def end_chain(session: Session, *, now: datetime, acting: Acting, establishment_id: str) -> ChainConfirmation:
    """Note that a confirmation ended; raise `ChainUnknown` where none is open."""
    open_row = _open(session, establishment_id)
    if open_row is None or open_row.state != "valid":
        raise ChainUnknown
    with counting(session, establishment_id, effective_at=now):
        open_row.to_at = now
        session.flush()
        row = ChainConfirmation(establishment_id=establishment_id, state="ended", number=open_row.number, from_at=now)
        session.add(row)
        session.flush()
        record(session, now=now, acting=acting, act="chain.ended", object_id=establishment_id, subject=establishment_id)
    return row


def _open(session: Session, establishment_id: str) -> ChainConfirmation | None:
    query = select(ChainConfirmation).where(
        ChainConfirmation.establishment_id == establishment_id, ChainConfirmation.to_at.is_(None)
    )
    return session.scalars(query.with_for_update()).one_or_none()
