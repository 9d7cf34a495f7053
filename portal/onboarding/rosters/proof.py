"""Hold what is kept of each row of a list against its chunk's row of the trail, whose digest covers them all."""

from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import AuditRow
from portal.crypto import FieldKeys
from portal.onboarding.roster_models import RosterRow

ACT = "roster.chunk"


def digest_of(rows: Iterable[tuple[int, str, str]], keys: FieldKeys) -> str:
    """Return the digest of a chunk's rows: number, outcome and digest of each, in their order."""
    return keys.index(ACT, "".join(f"{row}:{outcome}:{digest};" for row, outcome, digest in rows))


def altered_chunks(session: Session, keys: FieldKeys) -> Iterator[str]:
    """Yield `run:first-last` of each chunk of which a row was changed, added or removed since it was written."""
    kept = select(RosterRow.row, RosterRow.outcome, RosterRow.digest).order_by(RosterRow.row)
    chunks = select(AuditRow.object_id, AuditRow.changed).where(AuditRow.act == ACT).order_by(AuditRow.id)
    for run_id, changed in session.execute(chunks).all():
        first, last = map(int, changed["rows"])
        rows = session.execute(kept.where(RosterRow.run_id == run_id, RosterRow.row.between(first, last)))
        if digest_of(((one.row, one.outcome, one.digest) for one in rows), keys) != changed["digest"][1]:
            yield f"{run_id}:{first}-{last}"
