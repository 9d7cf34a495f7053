"""What a reform does to roles over a unit: they follow it whole, and a person is asked where it was parted.

A team member's role is left out: what it leads to is read from the team's home.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import Act, record_many
from portal.cases import Case, open_case
from portal.people.models import RoleGrant
from portal.places.actions import current_unit
from portal.places.areas import day_of
from portal.places.models import AdminUnit

_BY_HOME = "team_member"


def follow_reform(session: Session, *, now: datetime, acting: Acting) -> int:
    """Move the open roles over one unit that has ended to what it became; return how many, and 0 when all have moved.

    A role keeps its id, so who is signed in stays so. Where the unit was parted, nobody guesses the officer's new
    reach: the role goes on over what came into the unit, and one case asks the province to give it anew.
    """
    on = day_of(now)
    query = (
        select(RoleGrant.unit_id)
        .join(AdminUnit, AdminUnit.id == RoleGrant.unit_id)
        .where(RoleGrant.to_at.is_(None), RoleGrant.role != _BY_HOME, AdminUnit.valid_to <= on)
        .distinct()
        .order_by(RoleGrant.unit_id)
    )
    for ended in session.scalars(query).all():
        heir = current_unit(session, ended, on=on).unit
        grants = session.scalars(
            select(RoleGrant)
            .where(RoleGrant.unit_id == ended, RoleGrant.role != _BY_HOME, RoleGrant.to_at.is_(None))
            .order_by(RoleGrant.id)
            .with_for_update()
        ).all()
        done = _ask(session, grants, now) if heir is None else _move(session, grants, heir.id, now, acting)
        if done:
            return done
    return 0


def _move(session: Session, grants: Sequence[RoleGrant], heir: str, now: datetime, acting: Acting) -> int:
    """Move the roles; one that the login has over the heir already ends, since the same role twice is one."""
    acts = []
    for grant in grants:
        twice = select(RoleGrant.id).where(
            RoleGrant.login_id == grant.login_id,
            RoleGrant.role == grant.role,
            RoleGrant.unit_id == heir,
            RoleGrant.organisation_id.is_not_distinct_from(grant.organisation_id),
            RoleGrant.to_at.is_(None),
        )
        changed: dict[str, tuple[object, object]] = {"unit": (grant.unit_id, heir)}
        if session.scalars(twice).first() is not None:
            grant.to_at = now
            acts.append(Act("role.ended", grant.id, grant.login_id, {}, frozenset()))
        else:
            grant.unit_id = heir
            acts.append(Act("role.moved", grant.id, grant.login_id, changed, frozenset(changed)))
        session.flush()
    record_many(session, now=now, acting=acting, acts=acts)
    return len(grants)


def _ask(session: Session, grants: Sequence[RoleGrant], now: datetime) -> int:
    """Open one case a role, once: one that was closed isn't opened again."""
    ids = [grant.id for grant in grants]
    asked = set(session.scalars(select(Case.subject).where(Case.kind == "role.unit_parted", Case.subject.in_(ids))))
    fresh = [grant for grant in grants if grant.id not in asked]
    for grant in fresh:
        reason = f"{grant.role}: {grant.unit_id} was parted; give the role over a commune of today"
        open_case(session, now=now, kind="role.unit_parted", subject=grant.id, reason=reason[:200])
    return len(fresh)
