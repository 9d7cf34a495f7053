"""What may become of a request that waits at the till: more time to pay, or several smaller requests in its place."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments import Money, rows
from payments.errors import IllegalTransition, RequestBegun
from payments.models import Request
from payments.requests import MOST_ITEM
from payments.states import Purpose, RequestStatus
from portal.acting import Acting
from portal.cashier.actions import cancel, lasts_of, own_request, tell
from portal.cashier.slips import face_limit
from portal.db import new_id

MOST_PARTS = 12
_MARK_ROOM = 12


def more_time(session: Session, *, now: datetime, acting: Acting, request_id: str, ends: datetime | None) -> Request:
    """Give as much time again as a request has; an expired one is open again. Raises as `give_time`.

    `ends` is the end that the cashier saw: pressed twice it is done once, and where it is another by now, nothing is.
    """
    request = own_request(session, acting, request_id)
    request = rows.lock_request(session, request.id)
    if request.expires_at != ends or request.status == RequestStatus.PAID:  # her page is old: it came meanwhile
        return request
    until = max(now, ends or now) + lasts_of(session, request.payee_id, at=now)
    given = payments.give_time(session, request_id=request.id, until=until, now=now)
    tell(session, now, acting, "request.given_time", given.payee_id, given.id)
    return given


def parts_of(amount_minor: int, *, at: datetime) -> tuple[int, ...]:
    """Return the sums, as equal as đồng allow, none of which asks for a face; one where the whole asks for none. Pure.

    The parts differ by at most 1,000 đồng where the whole is in thousands.
    """
    limit = face_limit(at=at)
    if limit is None or amount_minor <= limit:
        return (amount_minor,)
    count = -(-amount_minor // limit)
    step = 1000 if amount_minor % 1000 == 0 else 1
    each, more = divmod(amount_minor // step, count)
    return tuple((each + (part < more)) * step for part in range(count))


def offered_parts(request: Request, *, at: datetime) -> tuple[int, ...]:
    """Return the sums in which a till may ask for an untouched request of its own; none where it may not. Pure.

    What stands on a class list or a patient's bill has a plan of its own.
    """
    own = request.desk_ref is not None and request.subject_ref is None and request.plan_id is None
    plain = own and request.purpose == Purpose.CHARGE and not request.received_minor
    sums = parts_of(request.due_minor, at=at) if plain and request.status == RequestStatus.OPEN else ()
    return sums if 1 < len(sums) <= MOST_PARTS else ()


def in_parts(session: Session, *, now: datetime, acting: Acting, request_id: str, reason: str) -> Request:
    """Ask for a large sum in parts in place of the request, and return the first; pressed twice it is done once.

    Raises IllegalTransition once something has come or the request is over, RequestBegun while a payer is at a gateway.
    """
    own_request(session, acting, request_id)
    request = rows.lock_request(session, request_id)
    begun = session.scalar(
        select(Request).where(Request.desk_ref == request.desk_ref, Request.client_ref == _mark(request, 0))
    )
    if begun is not None:
        return begun
    sums = offered_parts(request, at=now)
    if not sums:
        raise IllegalTransition(table="request", from_status=request.status, to_status="in_parts")
    if any(one.queryable for one in payments.live_attempts(session, request.id)):
        raise RequestBegun  # a payer is at a gateway's page with the whole sum
    cancel(session, now=now, acting=acting, request_id=request.id, reason=reason)
    plan_id, made = new_id("pn"), []
    for at, amount in enumerate(sums):
        part = payments.create_request(
            session, payee_id=request.payee_id, amount=Money(amount),
            item=f"{request.item[: MOST_ITEM - _MARK_ROOM]} ({at + 1}/{len(sums)})", now=now,
            expires_at=request.expires_at, desk_ref=request.desk_ref, client_ref=_mark(request, at),
            cashier_ref=acting.login_id, plan_id=plan_id,
        )  # fmt: skip
        tell(session, now, acting, "request.asked", part.payee_id, part.id, amount_minor=amount)
        made.append(part)
    return made[0]


def plan_of(session: Session, request: Request) -> list[Request]:
    """Return all parts of what was asked for in parts at a desk; none for a request of its own."""
    if request.plan_id is None or request.desk_ref is None:
        return []
    query = select(Request).where(Request.plan_id == request.plan_id, Request.payee_id == request.payee_id)
    return list(session.scalars(query.order_by(Request.seq)))


def _mark(request: Request, at: int) -> str:
    return f"{request.id}-{at}"
