"""Cancelling stamps: at once up to 1,000, beyond that only when a second person agrees.

void(…)          → Voiding, or `SecondPersonNeeded`: then
ask_void(…)      → a request that waits
decide(…)        → done or refused, by somebody else than who asked: of the same seller, or an officer in reach
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.errors import NotFound
from portal.onboarding.models import Organisation
from portal.onboarding.officers import reachable
from portal.stamps.actions import note_act, own_batch, sector_of
from portal.stamps.errors import OwnRequest, ReasonMissing, RequestDecided, SecondPersonNeeded
from portal.stamps.indicators import VOID, count
from portal.stamps.models import ASKED, DONE, REFUSED, VoidRequest
from traceability import Voiding, check_voidable, read_header, void_range

SECOND_PERSON_ABOVE = 1_000
REASON_LENGTH = 300
Doer = Callable[[Session, datetime, Acting, VoidRequest], None]
_DOERS: dict[str, Doer] = {}


def add_doer(kind: str, doer: Doer) -> None:
    """Register what is done once a second person agreed to a kind of request."""
    _DOERS[kind] = doer


def void(session: Session, *, now: datetime, acting: Acting, batch: int, first: int, last: int, reason: str) -> Voiding:
    """Cancel stamps first..last (both included) for good.

    Raises `SecondPersonNeeded`, `ReasonMissing`, RangeReversed, RangeOutsideBatch, RangeOverlap.
    """
    own_batch(session, acting, batch)
    tidy = tidy_reason(reason)
    if last - first + 1 > SECOND_PERSON_ABOVE:
        check_voidable(session, batch=batch, first=first, last=last)
        raise SecondPersonNeeded(most=SECOND_PERSON_ABOVE)
    done = void_range(session, now=now, batch=batch, first=first, last=last, reason=tidy)
    note_voided(session, done, now=now, acting=acting)
    return done


def tidy_reason(reason: str) -> str:
    """Return a reason without spare spaces; raise `ReasonMissing` where there is none."""
    tidy = " ".join(reason.split())[:REASON_LENGTH]
    if not tidy:
        raise ReasonMissing
    return tidy


def note_voided(session: Session, done: Voiding, *, now: datetime, acting: Acting) -> None:
    """Count and audit stamps that were cancelled."""
    header = read_header(session, done.batch)
    sector = sector_of(session, done.batch)
    count(session, VOID, establishment=header.establishment, sector=sector, d=done.changed, at=now)
    note_act(session, now, acting, header, "stamps.voided", {"range": (None, f"{done.first}-{done.last}")})


def ask_void(
    session: Session, *, now: datetime, acting: Acting, batch: int, first: int, last: int, reason: str
) -> VoidRequest:
    """Ask that a second person agrees to cancel a range; the same again is the same request.

    Raises `ReasonMissing`, RangeReversed, RangeOutsideBatch, RangeOverlap.
    """
    header = own_batch(session, acting, batch)
    tidy = tidy_reason(reason)
    check_voidable(session, batch=batch, first=first, last=last)
    same = (VoidRequest.batch == batch, VoidRequest.first == first, VoidRequest.last == last)
    asked = VoidRequest(
        kind="range", batch=batch, first=first, last=last, organisation_id=header.establishment,
        stamps=last - first + 1, reason=tidy, asked_by=acting.actor,
    )  # fmt: skip
    return ask(session, asked, *same, now=now, acting=acting)


def ask(session: Session, asked: VoidRequest, *same: ColumnElement[bool], now: datetime, acting: Acting) -> VoidRequest:
    """Keep a request, or return the open one that is the same."""
    known = session.scalars(select(VoidRequest).where(VoidRequest.state == ASKED, *same)).first()
    if known is not None:
        return known
    asked.state, asked.asked_at = ASKED, now
    session.add(asked)
    session.flush()
    changed: dict[str, tuple[object, object]] = {"stamps": (None, asked.stamps)}
    record(
        session, now=now, acting=acting, act="void.asked", object_id=asked.id, subject=asked.organisation_id,
        changed=changed, public=frozenset(changed),
    )  # fmt: skip
    return asked


def decide(session: Session, *, now: datetime, acting: Acting, request_id: str, agreed: bool) -> VoidRequest:
    """Agree to a request, which does it, or refuse it.

    Raises `NotFound`, `RequestDecided`, `OwnRequest`, and what cancelling raises.
    """
    found = session.scalars(
        select(VoidRequest).where(VoidRequest.id == request_id, within(session, acting)).with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound
    if found.state != ASKED:
        raise RequestDecided
    if agreed and found.asked_by == acting.actor:
        raise OwnRequest
    if agreed:
        _DOERS[found.kind](session, now, acting, found)
    found.state, found.decided_by, found.decided_at = DONE if agreed else REFUSED, acting.actor, now
    act = "void.agreed" if agreed else "void.refused"
    record(session, now=now, acting=acting, act=act, object_id=found.id, subject=found.organisation_id)
    return found


def within(session: Session, acting: Acting) -> ColumnElement[bool]:
    """Return the condition on requests that somebody may see: the own seller's, or an officer's area's."""
    if acting.role.endswith("_officer") or acting.role == "system":
        return VoidRequest.organisation_id.in_(select(Organisation.id).where(reachable(session, acting)))
    return VoidRequest.organisation_id == (acting.organisation_id or "")


def open_requests(session: Session, acting: Acting) -> list[VoidRequest]:
    """Return the requests that wait, oldest first."""
    query = select(VoidRequest).where(VoidRequest.state == ASKED, within(session, acting))
    return list(session.scalars(query.order_by(VoidRequest.asked_at, VoidRequest.id).limit(200)))


def _range(session: Session, now: datetime, acting: Acting, asked: VoidRequest) -> None:
    if asked.batch is None or asked.first is None or asked.last is None:
        raise ValueError("a range without its bounds")
    done = void_range(session, now=now, batch=asked.batch, first=asked.first, last=asked.last, reason=asked.reason)
    note_voided(session, done, now=now, acting=acting)


add_doer("range", _range)
