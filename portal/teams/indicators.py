"""The figures that teams own: teams, their members, and the communes that have one."""

from collections import Counter as Sums
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import distinct, func, or_, select
from sqlalchemy.orm import Session

from portal.bulk import among
from portal.counting import TOTAL, Cell, Counter, Cut, Indicator, pieces
from portal.places.actions import homes_at
from portal.places.areas import COMMUNE, PROVINCE
from portal.places.models import AdminUnit, PlacesHome
from portal.teams.models import Team, TeamMember

_OF_TEAM = """team s JOIN places_home h ON h.subject_id = s.id
AND h.from_at < :end AND (h.to_at IS NULL OR h.to_at >= :end)"""
_TEAM_THEN = "s.from_at < :end AND (s.to_at IS NULL OR s.to_at >= :end)"
_MEMBERS = f"""{_OF_TEAM} JOIN team_member m ON m.team_id = s.id
WHERE m.from_at < :end AND (m.to_at IS NULL OR m.to_at >= :end)"""
# All below is put together from our own constants.
ASSIST_TEAM = Indicator(
    code="ASSIST_TEAM",
    version=1,
    name_vi="Tổ công nghệ số cộng đồng",
    name_en="Community digital teams",
    definition_vi="Số tổ công nghệ số cộng đồng đang hoạt động vào ngày cuối kỳ.",
    definition_en="Community digital teams that were at work on the last day of the period.",
    unit="team",
    kind="S",
    privacy="-",
    owner="KC",
    source="team",
    recount_sql={
        TOTAL: f"""SELECT h.area_id, '_T' AS cut, COUNT(*) AS value FROM {_OF_TEAM}
WHERE {_TEAM_THEN} GROUP BY h.area_id"""  # noqa: S608
    },
)
ASSIST_MEMBER = Indicator(
    code="ASSIST_MEMBER",
    version=1,
    name_vi="Thành viên tổ công nghệ số",
    name_en="Members of digital teams",
    definition_vi="Số người đang là thành viên của một tổ vào ngày cuối kỳ; mỗi người chỉ thuộc một tổ.",
    definition_en="People who were in a team on the last day of the period; nobody is in two.",
    unit="person",
    kind="S",
    privacy="P5",
    owner="KC",
    source="team_member",
    cuts=(Cut("role", additive=True),),
    recount_sql={
        TOTAL: f"SELECT h.area_id, '_T' AS cut, COUNT(*) AS value FROM {_MEMBERS} GROUP BY h.area_id",  # noqa: S608
        "role": f"SELECT h.area_id, m.role AS cut, COUNT(*) AS value FROM {_MEMBERS} GROUP BY h.area_id, m.role",  # noqa: S608
    },
)
COMMUNE_COVERED = Indicator(
    code="COMMUNE_COVERED",
    version=1,
    name_vi="Xã có tổ công nghệ số",
    name_en="Communes with a digital team",
    definition_vi="Số xã, phường có ít nhất một tổ công nghệ số cộng đồng vào ngày cuối kỳ.",
    definition_en="Communes with at least one community digital team on the last day of the period.",
    unit="commune",
    kind="S",
    privacy="-",
    owner="KC",
    source="team",
    province_only=True,
    recount_sql={
        TOTAL: f"""SELECT u.province_id AS area_id, '_T' AS cut, COUNT(DISTINCT h.area_id) AS value FROM {_OF_TEAM}
JOIN admin_unit u ON u.id = h.area_id AND u.level = 'commune' WHERE {_TEAM_THEN} GROUP BY u.province_id"""  # noqa: S608
    },
)
COMMUNE_RATE = Indicator(
    code="COMMUNE_RATE",
    version=1,
    name_vi="Tỷ lệ xã có tổ công nghệ số",
    name_en="Share of communes with a digital team",
    definition_vi="Số xã, phường có tổ chia cho tổng số xã, phường có hiệu lực vào ngày cuối kỳ.",
    definition_en="Communes with a team divided by all communes valid on the last day of the period.",
    unit="%",
    kind="R",
    privacy="R10",
    owner="KC",
    source="team, admin_unit",
    numerator="COMMUNE_COVERED",
    denominator="COMMUNE_TOTAL",
    province_only=True,
)
INDICATORS = (ASSIST_TEAM, ASSIST_MEMBER, COMMUNE_COVERED, COMMUNE_RATE)


def lock_coverage(session: Session) -> None:
    """Hold back all others who found, end or move a team: which commune is covered depends on all of its teams."""
    first = select(AdminUnit.id).where(AdminUnit.level == PROVINCE).order_by(AdminUnit.id).limit(1)
    session.execute(first.with_for_update(key_share=True))


def covered(session: Session, at: datetime) -> Mapping[str, int]:
    """Return how many communes of each province have an open team whose home they are at this instant."""
    query = (
        select(AdminUnit.province_id, func.count(distinct(AdminUnit.id)))
        .join(PlacesHome, PlacesHome.area_id == AdminUnit.id)
        .join(Team, Team.id == PlacesHome.subject_id)
        .where(
            AdminUnit.level == COMMUNE,
            Team.to_at.is_(None),
            PlacesHome.from_at <= at,
            or_(PlacesHome.to_at.is_(None), PlacesHome.to_at > at),
        )
        .group_by(AdminUnit.province_id)
    )
    return dict(session.execute(query).all())


class _Team:
    """Tells where a team and its members are counted, and, since one team may cover a commune alone, the coverage."""

    def lock(self, session: Session, subject_id: str) -> None:
        """Lock the team and the coverage; a subject of another kind has neither."""
        if subject_id.startswith("te_"):
            lock_coverage(session)
            session.execute(select(Team.id).where(Team.id == subject_id).with_for_update())

    def cells(self, session: Session, subject_id: str, at: datetime) -> Mapping[Cell, int]:
        """Return the cells of one team, and those of the coverage, which its founding, move or end may change."""
        return self.cells_of_many(session, [subject_id], at)

    def lock_many(self, session: Session, subject_ids: Sequence[str]) -> None:
        """Lock the teams among many subjects, and once the coverage."""
        teams = [one for one in subject_ids if one.startswith("te_")]
        if teams:
            lock_coverage(session)
            own = select(Team.id).where(among(session, Team.id, teams)).order_by(Team.id)
            session.execute(own.with_for_update())

    def cells_of_many(self, session: Session, subject_ids: Sequence[str], at: datetime) -> "Sums[Cell]":
        """Return the sums of the cells of the teams among many subjects; the coverage is one for all of them."""
        teams = [one for one in subject_ids if one.startswith("te_")]
        found: Sums[Cell] = Sums(_coverage(session, at) if teams else {})
        for some in pieces(teams):
            homes = homes_at(session, some, at)
            own = (among(session, Team.id, some), Team.to_at.is_(None))
            for team_id in session.scalars(select(Team.id).where(*own)):
                if team_id in homes:
                    found["ASSIST_TEAM", TOTAL, homes[team_id]] += 1
            members = select(Team.id, TeamMember.role, func.count()).join(TeamMember, TeamMember.team_id == Team.id)
            by_role = members.where(*own, TeamMember.to_at.is_(None)).group_by(Team.id, TeamMember.role)
            for team_id, role, count in session.execute(by_role):
                if team_id in homes:
                    found["ASSIST_MEMBER", f"role@{role}", homes[team_id]] += count
                    found["ASSIST_MEMBER", TOTAL, homes[team_id]] += count
        return found


def _coverage(session: Session, at: datetime) -> dict[Cell, int]:
    return {("COMMUNE_COVERED", TOTAL, province): count for province, count in covered(session, at).items()}


COUNTERS: tuple[Counter, ...] = (_Team(),)
