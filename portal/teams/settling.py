"""Where a team lies whose commune was parted by a reform: a person says it, among what came of that commune."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.counting import counting
from portal.errors import NotFound
from portal.onboarding.questions import void
from portal.places.actions import candidates, home_at, set_home
from portal.places.areas import day_of, is_leaf
from portal.places.models import AdminUnit
from portal.teams.actions import reached_team
from portal.teams.models import Team


def settle_team(session: Session, *, now: datetime, acting: Acting, team_id: str, unit_id: str) -> Team:
    """Say in which commune of today a team lies whose own was parted; only what came of its commune may be said.

    Raises `NotFound` out of reach and for another commune.
    """
    with counting(session, team_id, effective_at=now):
        team = reached_team(session, acting, team_id)
        if unit_id not in {one.id for one in open_choices(session, team, now)}:
            raise NotFound
        before = home_at(session, team_id, now)
        set_home(session, subject_id=team_id, area_id=unit_id, at=now)
        void(session, [team_id], now=now)
        record(
            session,
            now=now,
            acting=acting,
            act="team.settled",
            object_id=team_id,
            subject=team_id,
            changed={"area": (before.area_id if before else None, unit_id)},
            public=frozenset({"area"}),
        )
    return team


def open_choices(session: Session, team: Team, now: datetime) -> list[AdminUnit]:
    """Return where an open team may lie since its commune was parted; nothing where that is no question."""
    home = home_at(session, team.id, now) if team.to_at is None else None
    return candidates(session, team.unit_id, on=day_of(now)) if home is not None and is_leaf(home.area_id) else []
