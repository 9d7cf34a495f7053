"""What a payer's page shows of one request, read in one go."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments import breaker
from payments.models import Attempt, Payee, Receipt, Request
from payments.states import AttemptStatus
from payments.v1 import sessions
from payments.v1.catalog_tables import Link
from payments.v1.session_tables import CheckoutSession
from payments.v1.tables import IntentNotes
from portal.pay.standing import FINAL, Standing, State, standing_of
from portal.pay.starting import live_try, ways_of

if TYPE_CHECKING:
    from portal.world import World

_LOOKED_AFTER = timedelta(seconds=15)
_ENDED_UNPAID = (AttemptStatus.FAILED, AttemptStatus.CANCELED, AttemptStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class Shown:
    """A request with all that its page says; `under_way` is a try that a provider still has, `code` one by VietQR.
    `resting` are the ways whose gateways don't answer just now.

    `back_url` is where the payer goes once it is paid, `leave_url` where to if she does not pay; `visit` is the session
    that the request belongs to, with the words that its maker adds, and `thanks` what a link says at the end.
    """

    request: Request
    payee: Payee
    standing: Standing
    ways: tuple[str, ...]
    resting: tuple[str, ...]
    under_way: Attempt | None
    code: Attempt | None
    refused: bool
    receipt: Receipt | None
    back_url: str | None
    leave_url: str | None
    visit: CheckoutSession | None
    thanks: str | None

    @property
    def final(self) -> bool:
        """Say whether nothing can come any more that this page would wait for."""
        return self.standing.state in FINAL

    @property
    def mark(self) -> str:
        """Return what changes whenever the page must say something else."""
        return f"{self.standing.mark}-{self.under_way.id if self.under_way else 'none'}"


def shown(session: Session, request_id: str, *, world: "World") -> Shown:
    """Return what a request's page shows; raise RequestUnknown."""
    request = payments.get_request(session, request_id)
    payee = session.get_one(Payee, request.payee_id)
    live = payments.live_attempts(session, request.id)
    begun = (one for one in live if one.status != AttemptStatus.CREATED and not one.only_looked_up)
    under_way = next((one for one in begun if one.queryable), None)
    notes, visit = session.get(IntentNotes, request.id), sessions.of_request(session, request.id)
    now = world.clock.now()
    ways = ways_of(payee, due_minor=request.due_minor, world=world)
    rests = breaker.resting(session, now=now)
    standing = standing_of(request, now=now, goes_on=under_way is not None)
    return Shown(
        request=request,
        payee=payee,
        standing=standing,
        ways=tuple(way for way in ways if way not in rests),
        resting=tuple(way for way in ways if way in rests),
        under_way=under_way,
        code=live_try(session, request=request, way="vietqr", world=world),
        refused=under_way is None and _last_was_refused(session, request),
        receipt=payments.current_receipt(session, request.id) if standing.state is State.PAID else None,
        back_url=notes.return_url if notes is not None else None,
        leave_url=visit.cancel_url if visit is not None else None,
        visit=visit,
        thanks=_thanks(session, visit),
    )


def _thanks(session: Session, visit: CheckoutSession | None) -> str | None:
    if visit is None or visit.link_id is None:
        return None
    return session.scalar(select(Link.thanks).where(Link.id == visit.link_id))


def worth_asking(attempt: Attempt | None, *, world: "World") -> bool:
    """Say whether a provider was last asked about this try so long ago that looking at it asks again."""
    if attempt is None:
        return False
    return world.clock.now() - (attempt.last_query_at or attempt.created_at) > _LOOKED_AFTER


def by_reference(session: Session, *, gateway: str, merchant_ref: str) -> Attempt | None:
    """Return the try that a provider names by our reference, or None."""
    return session.scalar(select(Attempt).where(Attempt.gateway == gateway, Attempt.merchant_ref == merchant_ref))


def ended_unpaid(session: Session, page: Shown, attempt_id: str) -> Attempt | None:
    """Return the try that a page waits for once it has ended without money while its request still owes, else None."""
    goes_on = page.under_way is not None and page.under_way.id == attempt_id
    if not attempt_id or goes_on or page.final:
        return None
    ended = select(Attempt).where(Attempt.request_id == page.request.id, Attempt.status.in_(_ENDED_UNPAID))
    return next((one for one in session.scalars(ended) if one.id == attempt_id), None)


def _last_was_refused(session: Session, request: Request) -> bool:
    query = select(Attempt).where(Attempt.request_id == request.id, Attempt.queryable.is_(True))
    tries = session.scalars(query.order_by(Attempt.seq.desc()))
    last = next((one for one in tries if not one.only_looked_up), None)
    return last is not None and last.status in _ENDED_UNPAID
