"""What can be done with certificates: record one, withdraw one, and let the confirmed chain follow the calendar.

The chain of an establishment is confirmed on the days on which one of its safe-chain certificates holds. What begins
or ends by the calendar is done by due work; so the figure never depends on when somebody looks.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.catalogue.chain import confirm_chain, end_chain
from portal.catalogue.models import ChainConfirmation
from portal.errors import NotFound
from portal.onboarding.models import SELLER_KINDS, Organisation
from portal.onboarding.officers import reachable
from portal.places.areas import day_of
from portal.registers.errors import CertificateTwice, EstablishmentUnknown
from portal.stamps.orders import NATURAL_PERSONS
from portal.stamps.voiding import tidy_reason
from traceability import CertificateFacts, record_certificate, withdraw_certificate
from traceability.models import TraceCertificate

SAFE_CHAIN = "safe_chain"
KINDS = (SAFE_CHAIN, "food_safety", "vietgap", "globalgap", "haccp", "iso_22000", "organic", "ocop")
SOON = timedelta(days=30)
Changed = dict[str, tuple[object, object]]


def establishment_named(session: Session, acting: Acting, reference: str) -> Organisation:
    """Return the seller within reach that has a reference number; raise `EstablishmentUnknown`."""
    query = select(Organisation).where(
        Organisation.reference == reference.strip().upper(), Organisation.kind.in_(SELLER_KINDS),
        reachable(session, acting),
    )  # fmt: skip
    found = session.scalars(query).one_or_none()
    if found is None:
        raise EstablishmentUnknown
    return found


def record_paper(session: Session, *, now: datetime, acting: Acting, facts: CertificateFacts) -> TraceCertificate:
    """Record a certificate, with its log entry; raise `NotFound`, `CertificateTwice`."""
    seller = session.scalars(
        select(Organisation).where(Organisation.id == facts.establishment, reachable(session, acting)).with_for_update()
    ).one_or_none()
    if seller is None:
        raise NotFound
    same = select(TraceCertificate.id).where(
        TraceCertificate.establishment == seller.id, TraceCertificate.kind == facts.kind,
        TraceCertificate.number == facts.number, TraceCertificate.valid_from == facts.valid_from,
        TraceCertificate.withdrawn_at.is_(None),
    )  # fmt: skip
    if session.scalar(same) is not None:
        raise CertificateTwice
    row = record_certificate(session, now=now, facts=facts, natural_person=seller.kind in NATURAL_PERSONS)
    changed: Changed = {"kind": (None, row.kind), "valid_to": (None, str(row.valid_to or ""))}
    record(
        session, now=now, acting=acting, act="certificate.recorded", object_id=row.id, subject=seller.id,
        changed=changed, public=frozenset(changed),
    )  # fmt: skip
    follow_calendar(session, now=now, acting=acting, establishment_id=seller.id)
    return row


def withdraw(session: Session, *, now: datetime, acting: Acting, certificate_id: str, reason: str) -> TraceCertificate:
    """Note that a certificate no longer holds; raise `NotFound`, `ReasonMissing`, CertificateMove."""
    found = find_paper(session, acting, certificate_id)
    tidy = tidy_reason(reason)
    row = withdraw_certificate(session, now=now, certificate=found.id)
    changed: Changed = {"reason": (None, tidy)}
    record(
        session, now=now, acting=acting, act="certificate.withdrawn", object_id=row.id, subject=row.establishment,
        changed=changed, public=frozenset(changed),
    )  # fmt: skip
    follow_calendar(session, now=now, acting=acting, establishment_id=row.establishment)
    return row


def find_paper(session: Session, acting: Acting, certificate_id: str) -> TraceCertificate:
    """Return a certificate within reach: of the own seller, or of an officer's area; any other is missing."""
    row = session.get(TraceCertificate, certificate_id)
    if row is None:
        raise NotFound
    if acting.organisation_id is not None:
        if row.establishment != acting.organisation_id:
            raise NotFound
    elif session.scalar(
        select(Organisation.id).where(Organisation.id == row.establishment, reachable(session, acting))
    ) is None:  # fmt: skip
        raise NotFound
    return row


def holds_on(day: date) -> ColumnElement[bool]:
    """Return the condition on certificates that hold on a day."""
    until = or_(TraceCertificate.valid_to.is_(None), TraceCertificate.valid_to >= day)
    return and_(TraceCertificate.withdrawn_at.is_(None), TraceCertificate.valid_from <= day, until)


def follow_calendar(session: Session, *, now: datetime, acting: Acting, establishment_id: str) -> bool:
    """Confirm or end an establishment's chain as its certificates say today; return whether anything changed."""
    own = select(TraceCertificate).where(
        TraceCertificate.establishment == establishment_id, TraceCertificate.kind == SAFE_CHAIN
    )
    newest = session.scalars(
        own.where(holds_on(day_of(now))).order_by(
            TraceCertificate.valid_from.desc(), TraceCertificate.recorded_at.desc()
        )
    ).first()
    standing = session.scalars(_open(establishment_id)).one_or_none()
    if newest is None:
        if standing is None:
            return False
        end_chain(session, now=now, acting=acting, establishment_id=establishment_id)
        return True
    if standing is not None and standing.number == newest.number:
        return False
    confirm_chain(session, now=now, acting=acting, establishment_id=establishment_id, number=newest.number)
    return True


def _open(establishment_id: str) -> Select[ChainConfirmation]:
    return select(ChainConfirmation).where(
        ChainConfirmation.establishment_id == establishment_id, ChainConfirmation.to_at.is_(None),
        ChainConfirmation.state == "valid",
    )  # fmt: skip


def follow_one(session: Session, *, now: datetime, acting: Acting) -> bool:
    """Let one establishment follow the calendar whose chain does not say what its certificates say today."""
    today = and_(
        TraceCertificate.establishment == Organisation.id, TraceCertificate.kind == SAFE_CHAIN, holds_on(day_of(now))
    )
    ever = and_(TraceCertificate.establishment == Organisation.id, TraceCertificate.kind == SAFE_CHAIN)
    confirmed = exists().where(
        ChainConfirmation.establishment_id == Organisation.id, ChainConfirmation.to_at.is_(None),
        ChainConfirmation.state == "valid",
    )  # fmt: skip
    begins, ends = (
        and_(exists().where(today), ~confirmed),
        and_(exists().where(ever), ~exists().where(today), confirmed),
    )
    due = session.scalar(select(Organisation.id).where(or_(begins, ends)).order_by(Organisation.id).limit(1))
    return due is not None and follow_calendar(session, now=now, acting=acting, establishment_id=due)


def renewed(row: TraceCertificate) -> CertificateFacts:
    """Return the facts from which a certificate is renewed: the same paper, one day after it ends."""
    facts = CertificateFacts(
        establishment=row.establishment, kind=row.kind, number=row.number, issuer=row.issuer,
        valid_from=row.valid_from, valid_to=None,
    )  # fmt: skip
    return facts if row.valid_to is None else replace(facts, valid_from=row.valid_to + timedelta(days=1))
