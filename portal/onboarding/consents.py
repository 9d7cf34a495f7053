"""What people agree to: the current words of each purpose, giving and withdrawing.

A purpose that shares with a marketplace is ended there too: marketplaces registers what must follow a withdrawal, so
that it happens in the same transaction.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.errors import NotFound
from portal.onboarding.models import Organisation
from portal.onboarding.questions import void
from portal.onboarding.states import SELLER, follow
from portal.people import actions as people
from portal.people.models import Consent, ConsentText

PURPOSES = ("service", "public_page", "photo", "notices", "share:postmart", "share:voso")
NEEDED = "service"  # without it there is no shop; the others are free
Follower = Callable[..., None]
_FOLLOWERS: dict[str, Follower] = {}
_LOCKS: dict[str, Follower] = {}


def after_withdrawal(name: str, follower: Follower, *, locks: Follower | None = None) -> None:
    """Register `follower(session, *, now, acting, organisation, purpose)`, run inside each withdrawal.

    `locks(session, *, organisation, purposes)` runs before all of them and locks whatever they will write: those rows
    come before the seller and the trail, whoever acts on them.
    """
    _FOLLOWERS[name] = follower
    if locks is not None:
        _LOCKS[name] = locks


def current_texts(session: Session, language: str) -> dict[str, ConsentText]:
    """Return the newest words of each purpose in a language, in the order in which they are asked."""
    newest: dict[str, ConsentText] = {}
    for row in session.scalars(
        select(ConsentText).where(ConsentText.language == language).order_by(ConsentText.version)
    ):
        newest[row.purpose] = row
    return {purpose: newest[purpose] for purpose in PURPOSES if purpose in newest}


def open_consents(session: Session, person_id: str) -> dict[str, Consent]:
    """Return what a person agrees to now, by purpose."""
    query = select(Consent).where(Consent.person_id == person_id, Consent.withdrawn_at.is_(None))
    return {row.purpose: row for row in session.scalars(query)}


def give(
    session: Session,
    *,
    now: datetime,
    acting: Acting,
    organisation: Organisation,
    purpose: str,
    language: str,
    method: str,
) -> Consent:
    """Note the head's agreement to the current words; raise `NotFound` for a purpose that is not asked."""
    given = give_all(
        session, now=now, acting=acting, organisation=organisation, purposes=[purpose], language=language,
        method=method,
    )  # fmt: skip
    return given[purpose]


def give_all(
    session: Session, *, now: datetime, acting: Acting, organisation: Organisation, purposes: Sequence[str],
    language: str, method: str,
) -> dict[str, Consent]:  # fmt: skip
    """Note the head's agreement to several purposes as `give` does to one; return the open rows."""
    texts = current_texts(session, language)
    if organisation.head_person_id is None or any(one not in texts for one in purposes):
        raise NotFound
    return people.give_consents(
        session, now=now, acting=acting, person_id=organisation.head_person_id,
        versions={one: texts[one].version for one in purposes}, language=language, method=method,
    )  # fmt: skip


def withdraw(session: Session, *, now: datetime, acting: Acting, organisation: Organisation, purpose: str) -> None:
    """End an agreement with all that follows from it, in one transaction; without `service` the shop closes.

    A second time changes nothing.
    """
    if organisation.head_person_id is None or purpose not in PURPOSES:
        raise NotFound
    if not people.has_consent(session, person_id=organisation.head_person_id, purpose=purpose):
        return
    ended = [purpose]
    if purpose == NEEDED:  # nothing may be kept in use without it: all else ends too
        ended += [other for other in open_consents(session, organisation.head_person_id) if other != NEEDED]
    for locks in _LOCKS.values():
        locks(session, organisation=organisation, purposes=ended)
    session.execute(select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    if purpose == NEEDED:
        organisation.state, organisation.closed_at = follow(SELLER, organisation.state, "close"), now
        void(session, [organisation.id], now=now)
        record(
            session, now=now, acting=acting, act="household.closed", object_id=organisation.id, subject=organisation.id
        )
    for one in ended:
        people.withdraw_consent(session, now=now, acting=acting, person_id=organisation.head_person_id, purpose=one)
        for follower in _FOLLOWERS.values():
            follower(session, now=now, acting=acting, organisation=organisation, purpose=one)
