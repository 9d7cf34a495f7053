"""What an owner changes after registering: food safety, the way to be paid, an ID number that was left for later.

Eligibility follows by itself, since its rules read these on each look. A number that is on record stays: only an
officer can say that it was wrong. A certificate that somebody says to have is looked at by an officer.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.cases import Case, close_case, open_case
from portal.counting import counting
from portal.crypto import FieldKeys
from portal.errors import NotFound
from portal.onboarding.errors import AnswerRefused, IllegalTransition, OwnApproval
from portal.onboarding.models import Organisation, Person
from portal.onboarding.officers import find_seller
from portal.onboarding.persons import give_id_number
from portal.onboarding.registering import FOOD_SAFETY
from portal.onboarding.validators import IdNumber

CHANGEABLE = frozenset({"submitted", "approved", "suspended"})
CLAIMED = "seller.certificate_claimed"


def change_selling(
    session: Session, *, now: datetime, acting: Acting, organisation: Organisation, food_safety: str, payment: bool
) -> bool:
    """Write how food is kept safe and whether a transfer can be taken; say whether anything changed.

    Raises `IllegalTransition` for a shop whose answers are open anyway, or that is closed.
    """
    _refuse_standing(organisation)
    if food_safety not in FOOD_SAFETY:
        raise AnswerRefused("answer.unknown")
    changed: dict[str, tuple[object, object]] = {}
    if organisation.food_safety != food_safety:
        changed["food_safety"] = (organisation.food_safety, food_safety)
    if organisation.payment_declared != payment:
        changed["payment_declared"] = (organisation.payment_declared, payment)
    if not changed:
        return False
    with counting(session, organisation.id, effective_at=now):
        organisation.food_safety, organisation.payment_declared = food_safety, payment
        session.flush()
    record(
        session, now=now, acting=acting, act="household.selling_changed", object_id=organisation.id,
        subject=organisation.id, changed=changed,
    )  # fmt: skip
    if "food_safety" in changed and food_safety == "certificate":
        open_case(
            session, now=now, kind=CLAIMED, subject=organisation.id, reason=f"{organisation.reference}: certificate"
        )
    return True


def add_id_number(
    session: Session, *, now: datetime, acting: Acting, organisation: Organisation, number: IdNumber, keys: FieldKeys
) -> None:
    """Keep the ID number of a head of whom there is none; raise `AnswerRefused` id.given or id.known."""
    _refuse_standing(organisation)
    head = session.get(Person, organisation.head_person_id, with_for_update=True)
    if head is None:
        raise NotFound
    if head.id_index is not None:
        raise AnswerRefused("id.given")
    with counting(session, organisation.id, effective_at=now):
        give_id_number(session, head, number, keys=keys)
    record(
        session, now=now, acting=acting, act="household.id_added", object_id=organisation.id, subject=organisation.id,
        changed={"id_number": (None, number.value)},
    )  # fmt: skip


def claimed_certificate(session: Session, organisation_id: str) -> Case | None:
    """Return the open case of a certificate that no officer has looked at yet."""
    query = select(Case).where(Case.kind == CLAIMED, Case.subject == organisation_id, Case.closed_at.is_(None))
    return session.scalars(query).one_or_none()


def look_at_paper(session: Session, *, now: datetime, acting: Acting, organisation_id: str, seen: bool) -> None:
    """Note whether an officer saw the certificate; without it the food safety of the shop is open again.

    Raises `NotFound` out of reach or where nothing is claimed, `OwnApproval` for one's own household.
    """
    organisation = find_seller(session, acting, organisation_id)
    case = claimed_certificate(session, organisation.id)
    if case is None:
        raise NotFound
    head = session.get_one(Person, organisation.head_person_id)
    if head.login_id is not None and head.login_id == acting.login_id:
        raise OwnApproval
    if not seen and organisation.food_safety == "certificate":
        with counting(session, organisation.id, effective_at=now):
            organisation.food_safety = "not_yet"
            session.flush()
    act = "household.paper_seen" if seen else "household.paper_missing"
    close_case(session, case, now=now, note=act)
    record(session, now=now, acting=acting, act=act, object_id=organisation.id, subject=organisation.id)


def _refuse_standing(organisation: Organisation) -> None:
    if organisation.kind != "household" or organisation.state not in CHANGEABLE:
        raise IllegalTransition
