"""Who falls behind: communes by live figures, and teams that registered nobody for a month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.adoption import live
from portal.adoption.query import Ground, ordered
from portal.adoption.words import area_label
from portal.counting import TOTAL
from portal.counting.periods import month_of, parse_period
from portal.places.areas import is_leaf
from portal.places.names import sort_key
from portal.teams.desk import quiet_teams

SHOWS = ("unlisted", "no_team", "quiet")


@dataclass(frozen=True, slots=True)
class CommuneLine:
    """One commune: households with an account, those with goods on sale, and its teams."""

    area: str
    name: str
    created: int
    listed: int
    teams: int

    @property
    def unlisted(self) -> int:
        """Return how many households have an account and nothing on sale."""
        return self.created - self.listed

    @property
    def share(self) -> int:
        """Return the share with goods on sale, in whole percent, rounded down."""
        return self.listed * 100 // self.created if self.created else 0


@dataclass(frozen=True, slots=True)
class TeamLine:
    """One quiet team: where it is, and when it last registered a household, if ever."""

    id: str
    name: str
    commune: str
    last: datetime | None


def communes(session: Session, acting: Acting, on: Ground) -> list[CommuneLine]:
    """Return every commune within reach as it stands now, four statements for all of them."""
    period = parse_period(month_of(on.now))
    within = live.reach(session, acting, on.areas, period)
    funnel, teams = on.catalogue.get("HH_FUNNEL"), on.catalogue.get("ASSIST_TEAM")
    created = live.cells(session, on, funnel, "stage@created", period, within)
    listed = live.cells(session, on, funnel, "stage@listed", period, within)
    team = live.cells(session, on, teams, TOTAL, period, within)
    then = on.areas.then(period)
    known = [area for area in ordered(then) if within is None or area in within] if then is not None else []
    others = sorted({*created, *team} - set(known))
    return [
        CommuneLine(
            area, area_label(area, on.areas.names), created.get(area, 0), listed.get(area, 0), team.get(area, 0)
        )
        for area in [*known, *others]
    ]


def by_unlisted(lines: Sequence[CommuneLine]) -> list[CommuneLine]:
    """Return the communes with households that have nothing on sale, most of them first. Pure."""
    return sorted((one for one in lines if one.unlisted > 0), key=lambda one: (-one.unlisted, one.share, one.area))


def without_team(lines: Sequence[CommuneLine]) -> list[CommuneLine]:
    """Return the communes that have no team, by name; what lies in no known commune is none. Pure."""
    return sorted(
        (one for one in lines if one.teams == 0 and not is_leaf(one.area)),
        key=lambda one: (sort_key(one.name), one.area),
    )


def quiet(session: Session, acting: Acting, on: Ground, *, most: int | None = None, start: int = 0) -> list[TeamLine]:
    """Return the teams that registered nobody for a month, those that never did first, then the longest silence."""
    rows = quiet_teams(session, acting, now=on.now).subquery()
    query = select(rows).order_by(rows.c.last.is_not(None), rows.c.last, rows.c.area, rows.c.name, rows.c.id)
    found = session.execute(query.limit(most).offset(start)) if most is not None else session.execute(query)
    return [TeamLine(row.id, row.name, area_label(row.area, on.areas.names), row.last) for row in found]


def quiet_count(session: Session, acting: Acting, now: datetime) -> int:
    """Return how many teams registered nobody for a month."""
    rows = quiet_teams(session, acting, now=now).subquery()
    return session.scalar(select(func.count()).select_from(rows)) or 0
