"""How far the households of a team came, who waits where, and who should be called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.crypto import FieldKeys
from portal.onboarding.models import Organisation, Person, StageReached
from portal.onboarding.persons import initials, person_name
from portal.places.areas import day_of, starts_at
from portal.teams.models import Assisted, Team

# In the order in which they come about here; the province's own funnel wants the account first.
STEPS = ("phone_confirmed", "approved", "created", "eligible", "listed", "first_sale")
PATIENCE = timedelta(days=7)
_PIECE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """One household as its team sees it: initials and hamlet, the stages with their dates, and what it waits for."""

    session_id: str
    name: str
    hamlet: str
    state: str
    note: str | None
    registered_at: datetime
    reached: Mapping[str, datetime]

    @property
    def waits_for(self) -> str | None:
        """Return the first stage that is missing."""
        return next((stage for stage in STEPS if stage not in self.reached), None)

    @property
    def since(self) -> datetime:
        """Return since when it waits."""
        return max((self.registered_at, *self.reached.values()))


@dataclass(frozen=True, slots=True)
class Step:
    """One stage: how many reached it, and who waits for it."""

    stage: str
    count: int
    waiting: tuple[Household, ...]


def households(session: Session, team: Team, *, keys: FieldKeys) -> list[Household]:
    """Return the open households that a team registered, newest first."""
    query = (
        select(Assisted, Organisation, Person)
        .join(Organisation, Organisation.id == Assisted.organisation_id)
        .join(Person, Person.id == Organisation.head_person_id)
        .where(
            Assisted.team_id == team.id,
            Assisted.kind == "register",
            Assisted.state == "done",
            Assisted.undone_at.is_(None),
            Organisation.closed_at.is_(None),
        )
        .order_by(Organisation.registered_at.desc(), Organisation.id)
    )
    rows = session.execute(query).all()
    reached = _reached(session, [organisation.id for _row, organisation, _head in rows])
    return [
        Household(
            session_id=row.id,
            name=initials(person_name(head, keys)),
            hamlet=organisation.hamlet or "",
            state=organisation.state,
            note=organisation.state_note,
            registered_at=organisation.registered_at,
            reached=reached.get(organisation.id, {}),
        )
        for row, organisation, head in rows
    ]


def _reached(session: Session, ids: Sequence[str]) -> dict[str, dict[str, datetime]]:
    found: dict[str, dict[str, datetime]] = {}
    for start in range(0, len(ids), _PIECE):
        query = select(StageReached).where(StageReached.household_id.in_(ids[start : start + _PIECE]))
        for row in session.scalars(query):
            found.setdefault(row.household_id, {})[row.stage] = row.reached_at
    return found


def funnel(found: Sequence[Household]) -> list[Step]:
    """Return each stage with its count and its waiting list, longest first; a household waits in one place. Pure."""
    return [
        Step(
            stage,
            sum(stage in one.reached for one in found),
            tuple(sorted((one for one in found if one.waits_for == stage), key=lambda one: one.since)),
        )
        for stage in STEPS
    ]


def to_call(found: Sequence[Household], now: datetime) -> list[Household]:
    """Return whom to call, longest first: what was sent back, and what moved no further for a week. Pure."""
    late = (
        one
        for one in found
        if one.state == "returned"
        or (one.state == "approved" and one.waits_for not in (None, "first_sale") and now - one.since > PATIENCE)
    )
    return sorted(late, key=lambda one: (one.state != "returned", one.since))


def today(session: Session, login_id: str, now: datetime) -> list[Assisted]:
    """Return a member's sessions since midnight in Vietnam, newest first."""
    query = select(Assisted).where(
        Assisted.login_id == login_id, Assisted.kind == "register", Assisted.opened_at >= starts_at(day_of(now))
    )
    return list(session.scalars(query.order_by(Assisted.opened_at.desc(), Assisted.id)))
