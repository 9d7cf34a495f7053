"""Support programmes for firms: who entered, once and dated."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.bulk import insert_rows
from portal.counting import TOTAL, Cell
from portal.onboarding.roster_models import ProgrammeEntry

SMEDX = "smedx"
OTHER_SECTOR = "other"
_COLUMNS = ("programme", "organisation_id", "sector", "first_at")
Entering = tuple[str, str, str, str]
"""Organisation, its home, programme, sector."""


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
