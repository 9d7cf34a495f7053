"""What was done in one's name, in plain words: the owner's view of the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, not_, select
from sqlalchemy.orm import Session

from portal.audit.models import AuditRow
from portal.onboarding.models import Organisation, Person

MOST_ROWS = 100
_WORDS: dict[str, Any] = {
    "household.registered": _l("The household was registered."),
    "household.submitted": _l("The registration was sent for approval."),
    "household.approved": _l("The shop was approved."),
    "household.returned": _l("The registration was sent back to be put right."),
    "household.corrected": _l("The answers were put right."),
    "household.claimed": _l("The owner took over the household that a list had put on record."),
    "claim.asked": _l("Somebody asked for this household. An officer was told."),
    "claim.accepted": _l("An officer said whose household this is."),
    "claim.refused": _l("An officer said that it is not this person's household."),
    "household.closed": _l("The shop was closed."),
    "household.selling_changed": _l("Food safety or the way to be paid was changed."),
    "household.paper_seen": _l("An officer looked at the certificate."),
    "household.paper_missing": _l("An officer found no certificate. Food safety stands as open."),
    "household.id_added": _l("The ID number was added."),
    "place.settled": _l("The commune of the shop was chosen."),
    "registration.begun": _l("A registration was begun."),
    "registration.saved": _l("An answer was saved."),
    "registration.read_back": _l("The answers were checked."),
    "registration.expired": _l("An old registration was deleted."),
    "consent.given": _l("A consent was given."),
    "consent.withdrawn": _l("A consent was taken back."),
    "person.login_made": _l("The phone number was confirmed for the first time."),
    "person.signed_in": _l("Somebody signed in."),
    "person.sessions_ended": _l("Other devices were signed out."),
    "person.link_made": _l("A sign-in link was made."),
    "role.granted": _l("A role was given."),
    "role.ended": _l("A role was ended."),
    "role.moved": _l("A role went along with its commune."),
}
_OTHER = _l("A change was made in the shop.")


@dataclass(frozen=True, slots=True)
class Done:
    """One act in words: when, what, who (`you`, `officer`, `other` or `system`), and of a consent the purpose."""

    at: datetime
    sentence: Any
    by: str
    purpose: str | None = None


def add_words(words: Mapping[str, Any]) -> None:
    """Add the sentences of a later subject's acts."""
    _WORDS.update(words)


def done_in_name_of(session: Session, organisation: Organisation) -> list[Done]:
    """Return the newest acts on an organisation and its head, newest first; not each answer that the owner saved."""
    head = session.get(Person, organisation.head_person_id) if organisation.head_person_id else None
    own_login = head.login_id if head is not None else None
    subjects = [subject for subject in (organisation.id, organisation.head_person_id, own_login) if subject]
    own_saving = and_(AuditRow.act == "registration.saved", AuditRow.actor == (own_login or ""))
    query = select(AuditRow).where(AuditRow.subject.in_(subjects), not_(own_saving))
    rows = session.scalars(query.order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(MOST_ROWS))
    return [Done(row.at, _WORDS.get(row.act, _OTHER), _who(row, own_login), _purpose(row)) for row in rows]


def _purpose(row: AuditRow) -> str | None:
    """Return the purpose of a consent that was given or withdrawn."""
    before, after = row.changed.get("purpose", (None, None)) if row.act.startswith("consent.") else (None, None)
    return after or before


def _who(row: AuditRow, own_login: str | None) -> str:
    if own_login is not None and row.actor == own_login:
        return "you"
    if row.actor.startswith("system:"):
        return "system"
    return "officer" if row.role.endswith("_officer") else "other"
