"""Where a seller is: what may be meant by a typed place, what is kept of it, and what a reform makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.bulk import among
from portal.counting import pieces
from portal.crypto import FieldKeys
from portal.errors import NotFound
from portal.onboarding.models import Organisation, Person
from portal.onboarding.persons import initials, person_name
from portal.onboarding.questions import void
from portal.places import actions as places
from portal.places.areas import COMMUNE, day_of
from portal.places.models import AdminUnit

MOST_CHOICES = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """A commune of today that a text may mean: `within` names the units above, `formerly` the old name it had."""

    unit_id: str
    name: str
    within: str
    formerly: str | None
    confidence: str


def choices(session: Session, text: str, *, on: date, province: str) -> list[Choice]:
    """Return today's communes of the province that a text may mean; an old name leads to what became of it."""
    found: dict[str, Choice] = {}
    for hit in places.find(session, text, on=on, province=province):
        if hit.level != COMMUNE:
            continue
        if hit.valid_from <= on and (hit.valid_to is None or on < hit.valid_to):
            found.setdefault(hit.id, Choice(hit.id, hit.name, ", ".join(hit.within), None, "exact"))
            continue
        today = places.candidates(session, hit.id, on=on)
        formerly = ", ".join((hit.name, *hit.within))
        for unit in today:
            confidence = "successor" if len(today) == 1 else "chosen"
            found.setdefault(unit.id, Choice(unit.id, unit.name, within(session, unit), formerly, confidence))
    return list(found.values())[:MOST_CHOICES]


def within(session: Session, unit: AdminUnit) -> str:
    """Return the names of the units above, the nearest first."""
    names, at = [], unit
    while at.parent_id is not None:
        at = places.unit(session, at.parent_id)
        names.append(at.name)
    return ", ".join(names)


def place_name(session: Session, unit_id: str | None) -> str:
    """Return a unit's name with those above it."""
    if unit_id is None:
        return ""
    unit = places.unit(session, unit_id)
    above = within(session, unit)
    return f"{unit.name}, {above}" if above else unit.name


def put(
    session: Session,
    organisation: Organisation,
    *,
    now: datetime,
    raw: str,
    unit_id: str,
    confidence: str,
    hamlet: str | None,
) -> None:
    """Keep where an organisation is, and make that its home for all counts from now on."""
    on = day_of(now)
    unit = places.resolve(session, unit_id, on)
    if unit.level != COMMUNE:
        raise NotFound
    organisation.place_raw, organisation.captured_unit_id, organisation.captured_on = raw[:200], unit.id, on
    organisation.current_unit_id, organisation.confidence, organisation.hamlet = unit.id, confidence, hamlet
    session.flush()
    places.set_home(session, subject_id=organisation.id, area_id=unit.id, at=now)
    void(session, [organisation.id], now=now)


def hamlets(session: Session, subject_ids: Sequence[str]) -> dict[str, str | None]:
    """Return the hamlets of the sellers among many subjects that are not closed."""
    found: dict[str, str | None] = {}
    for some in pieces([one for one in subject_ids if one.startswith("or_")]):
        query = select(Organisation.id, Organisation.hamlet).where(
            among(session, Organisation.id, some), Organisation.closed_at.is_(None)
        )
        found |= dict(session.execute(query).all())
    return found


def names(session: Session, subject_ids: Sequence[str], keys: FieldKeys) -> dict[str, str]:
    """Return what sellers are called before an officer: a household by its head's initials, all by their reference."""
    query = (
        select(Organisation, Person)
        .outerjoin(Person, Person.id == Organisation.head_person_id)
        .where(among(session, Organisation.id, subject_ids))
    )
    found = {}
    for organisation, head in session.execute(query):
        name = initials(person_name(head, keys)) if head is not None else organisation.public_name
        found[organisation.id] = f"{name} · {organisation.reference}" if name else organisation.reference
    return found


def settle(session: Session, subject_ids: Sequence[str], unit_id: str, captured_id: str | None) -> None:
    """Keep a person's answer in the sellers' own rows; what was captured stays, unless the question was about it."""
    query = select(Organisation).where(among(session, Organisation.id, subject_ids))
    for organisation in session.scalars(query, execution_options={"populate_existing": True}):
        organisation.current_unit_id, organisation.confidence = unit_id, str(places.Confidence.CHOSEN)
        organisation.captured_unit_id = captured_id or organisation.captured_unit_id


def derive_again(session: Session, *, now: datetime, acting: Acting) -> int:
    """Follow reforms for the sellers of one unit that has ended; return how many. What was captured stays.

    One whose unit was parted has no current unit until a person chooses; its home is moved by places itself.
    """
    on = day_of(now)
    query = (
        select(Organisation.current_unit_id, func.min(Organisation.id))
        .join(AdminUnit, AdminUnit.id == Organisation.current_unit_id)
        .where(AdminUnit.valid_to.is_not(None), AdminUnit.valid_to <= on)
        .group_by(Organisation.current_unit_id)
        .order_by(Organisation.current_unit_id)
        .limit(1)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return 0
    ended, first = found
    unit, confidence = places.current_unit(session, ended, on=on)
    following = {
        "current_unit_id": unit.id if unit else None,
        "confidence": str(confidence),
        "version": Organisation.version + 1,
    }
    moving = update(Organisation).where(Organisation.current_unit_id == ended).values(following)
    moved = session.execute(moving.returning(Organisation.id), execution_options={"synchronize_session": False}).all()
    session.expire_all()
    if moved:
        changed: dict[str, tuple[object, object]] = {"sellers": (None, len(moved))}
        record(
            session,
            now=now,
            acting=acting,
            act="sellers.places_derived",
            object_id=first,
            changed=changed,
            public=frozenset(changed),
        )
    return len(moved)
