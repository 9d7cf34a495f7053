"""What can be done with recalls: open one for a lot or for stamps, lift it, complete it.

Each is one transaction: the library's row and log entry, the event for partners, the file with its clock, the audit
row, the messages that are due, and, on completing, the count of what is voided.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.crypto import FieldKeys
from portal.errors import NotFound
from portal.onboarding.models import Organisation
from portal.onboarding.officers import reachable
from portal.recalls.errors import FoundLater, InstructionMissing, RecallOfOfficer
from portal.recalls.models import RecallFile
from portal.recalls.notices import tell
from portal.recalls.telling import tell_partners
from portal.stamps.models import VoidRequest
from portal.stamps.voiding import SECOND_PERSON_ABOVE, ask, note_voided, tidy_reason
from traceability import (
    Recall,
    affected,
    complete_recall,
    get_lot,
    lift_recall,
    open_range_recall,
    read_header,
)
from traceability import open_recall as open_lot_recall
from traceability.errors import RecallMove

CLOCK = timedelta(hours=24)
INSTRUCTION_LENGTH, CONTACT_LENGTH = 300, 100
Changed = dict[str, tuple[object, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """What is said of a danger: what buyers should do, whom to call, when it was found; once per `client_id`."""

    instruction: str
    contact: str
    found_at: datetime
    client_id: str | None = None


def recall_lot(
    session: Session, *, now: datetime, acting: Acting, lot_id: str, danger: Danger, keys: FieldKeys, public_url: str
) -> RecallFile:
    """Recall a lot. Raises `NotFound`, `InstructionMissing`, `FoundLater`, LotRecalled."""
    known, told = _before(session, now, danger)
    if known is not None:
        return find_file(session, acting, known)
    lot = get_lot(session, lot_id)
    check_reach(session, acting, lot.establishment)
    opened = open_lot_recall(session, now=now, lot=lot_id, instruction=told, contact=_contact(danger))
    file = _file(session, opened, lot.establishment, lot.product, now=now, acting=acting, danger=danger)
    _told_to_all(session, file, opened, now=now, acting=acting, keys=keys, public_url=public_url)
    return file


def recall_range(
    session: Session, *, now: datetime, acting: Acting, batch: int, first: int, last: int, danger: Danger,
    keys: FieldKeys, public_url: str,
) -> RecallFile:  # fmt: skip
    """Recall stamps first..last (both included), on goods or not.

    Raises `NotFound`, `InstructionMissing`, `FoundLater`, RangeReversed, RangeOutsideBatch, RangeRecalled.
    """
    known, told = _before(session, now, danger)
    if known is not None:
        return find_file(session, acting, known)
    header = read_header(session, batch)
    check_reach(session, acting, header.establishment)
    opened = open_range_recall(
        session, now=now, batch=batch, first=first, last=last, instruction=told, contact=_contact(danger)
    )
    file = _file(session, opened, header.establishment, header.product, now=now, acting=acting, danger=danger)
    _told_to_all(session, file, opened, now=now, acting=acting, keys=keys, public_url=public_url)
    return file


def _before(session: Session, now: datetime, danger: Danger) -> tuple[str | None, str]:
    """Return the recall that the same form opened before, and the instruction as buyers read it."""
    told = " ".join(danger.instruction.split())[:INSTRUCTION_LENGTH]
    if not told:
        raise InstructionMissing
    if danger.found_at > now:
        raise FoundLater
    known = None
    if danger.client_id is not None:
        known = session.scalar(select(RecallFile.id).where(RecallFile.client_id == danger.client_id))
    return known, told if told[-1] in ".!?" else f"{told}."


def _contact(danger: Danger) -> str:
    return " ".join(danger.contact.split())[:CONTACT_LENGTH]


def _file(
    session: Session, recall: Recall, organisation_id: str, product_id: str, *, now: datetime, acting: Acting,
    danger: Danger,
) -> RecallFile:  # fmt: skip
    row = RecallFile(
        id=recall.id, organisation_id=organisation_id, product_id=product_id, found_at=danger.found_at, opened_at=now,
        opened_by=acting.actor, by_officer=acting.organisation_id is None, client_id=danger.client_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    what: Changed = {"lot": (None, recall.lot)} if recall.lot else {"range": (None, _range_text(recall))}
    record(
        session, now=now, acting=acting, act="recall.opened", object_id=row.id, subject=organisation_id, changed=what,
        public=frozenset(what),
    )  # fmt: skip
    return row


def _range_text(recall: Recall) -> str:
    return f"{recall.batch}:{recall.first}-{recall.last}"


def _told_to_all(
    session: Session, file: RecallFile, recall: Recall, *, now: datetime, acting: Acting, keys: FieldKeys,
    public_url: str,
) -> None:  # fmt: skip
    tell_partners(session, recall, now=now, acting=acting, public_url=public_url)
    tell(session, file, recall, now=now, acting=acting, keys=keys, public_url=public_url)


def check_reach(session: Session, acting: Acting, organisation_id: str) -> None:
    """Hold that somebody may act on a seller's goods; another's are missing."""
    if session.scalar(select(Organisation.id).where(Organisation.id == organisation_id, own(session, acting))) is None:
        raise NotFound


def own(session: Session, acting: Acting) -> ColumnElement[bool]:
    """Return the condition on the sellers whose recalls somebody sees: the own one, or an officer's area's."""
    if acting.organisation_id is not None:
        return Organisation.id == acting.organisation_id
    return reachable(session, acting)


def find_file(session: Session, acting: Acting, recall_id: str, *, lock: bool = False) -> RecallFile:
    """Return a recall's file within reach; any other is missing."""
    query = select(RecallFile).join(Organisation, Organisation.id == RecallFile.organisation_id)
    query = query.where(RecallFile.id == recall_id, own(session, acting))
    row = session.scalars(query.with_for_update(of=RecallFile) if lock else query).one_or_none()
    if row is None:
        raise NotFound
    return row


def lift(session: Session, *, now: datetime, acting: Acting, recall_id: str, note: str, public_url: str) -> RecallFile:
    """Close a recall that was not needed: the goods are as before.

    Raises `NotFound`, `RecallOfOfficer`, `ReasonMissing`, RecallMove.
    """
    file, tidy = _closing(session, acting, recall_id), tidy_reason(note)
    closed = lift_recall(session, now=now, recall=recall_id)
    tell_partners(session, closed, now=now, acting=acting, public_url=public_url)
    return _close(session, file, closed, now=now, acting=acting, note=tidy)


def complete(session: Session, *, now: datetime, acting: Acting, recall_id: str, note: str) -> RecallFile | VoidRequest:
    """Close a recall whose goods are collected, and void its stamps; above 1,000 a second person is asked.

    Raises `NotFound`, `RecallOfOfficer`, `ReasonMissing`, RecallMove.
    """
    file, tidy = _closing(session, acting, recall_id), tidy_reason(note)
    if file.closed_at is not None:
        raise RecallMove(recall=recall_id)
    stamps = sum(one.count for one in affected(session, recall_id).open_ranges)
    if stamps > SECOND_PERSON_ABOVE:
        asked = VoidRequest(
            kind="recall", about=recall_id, organisation_id=file.organisation_id, stamps=stamps, reason=tidy,
            asked_by=acting.actor,
        )  # fmt: skip
        return ask(session, asked, VoidRequest.about == recall_id, now=now, acting=acting)
    return _complete(session, file, now=now, acting=acting, note=tidy)


def complete_agreed(session: Session, now: datetime, acting: Acting, asked: VoidRequest) -> None:
    """Complete the recall of a request to which a second person agreed."""
    file = session.get_one(RecallFile, asked.about, with_for_update=True)
    if file.by_officer and acting.organisation_id is not None:
        raise RecallOfOfficer
    _complete(session, file, now=now, acting=acting, note=asked.reason)


def _complete(session: Session, file: RecallFile, *, now: datetime, acting: Acting, note: str) -> RecallFile:
    done = complete_recall(session, now=now, recall=file.id)
    for voided in done.voided:
        note_voided(session, voided, now=now, acting=acting)
    return _close(session, file, done.recall, now=now, acting=acting, note=note)


def _closing(session: Session, acting: Acting, recall_id: str) -> RecallFile:
    file = find_file(session, acting, recall_id, lock=True)
    if file.by_officer and acting.organisation_id is not None:
        raise RecallOfOfficer
    return file


def _close(
    session: Session, file: RecallFile, recall: Recall, *, now: datetime, acting: Acting, note: str
) -> RecallFile:
    file.closed_at, file.closed_by, file.note = now, acting.actor, note
    session.flush()
    act = f"recall.{recall.closed_because}"
    record(session, now=now, acting=acting, act=act, object_id=file.id, subject=file.organisation_id)
    return file
