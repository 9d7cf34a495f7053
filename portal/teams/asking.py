"""What a question about a team's place needs: its hamlet, its name; the answer is its home, it keeps no other."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.bulk import among
from portal.counting import pieces
from portal.crypto import FieldKeys
from portal.teams.models import Team


def hamlets(session: Session, subject_ids: Sequence[str]) -> dict[str, str | None]:
    """Return the hamlets of the open teams among many subjects."""
    found: dict[str, str | None] = {}
    for some in pieces([one for one in subject_ids if one.startswith("te_")]):
        query = select(Team.id, Team.hamlet).where(among(session, Team.id, some), Team.to_at.is_(None))
        found |= dict(session.execute(query).all())
    return found


def names(session: Session, subject_ids: Sequence[str], _keys: FieldKeys) -> dict[str, str]:
    """Return what teams are called."""
    return dict(session.execute(select(Team.id, Team.name).where(among(session, Team.id, subject_ids))).all())


def settle(_session: Session, _subject_ids: Sequence[str], _unit_id: str, _captured_id: str | None) -> None:
    """Write nothing: a team's place is its home alone."""
