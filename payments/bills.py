"""Bills that a provider looks up by their payment code, to collect them where the payer is: at the provider's own.

A provider that asks again is told the same try, until it has ended or another sum is due; then a new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import rows
from payments.attempts import order_of, record_started, start_attempt
from payments.errors import AmountTooLarge, AmountTooSmall, RequestNotOpen, RequestUnknown
from payments.gateways.protocol import Capabilities, Order, Started
from payments.models import LOOKED_UP, Attempt, Payee, Request
from payments.states import LIVE_ATTEMPTS, RequestStatus

_CODE = re.compile(r"([A-Z]{2,4})[0-9]{1,13}")


@dataclass(frozen=True, slots=True)
class Bill:
    """What a provider may collect, under the try made for it; `repeated` if it was told the same before."""

    payee_id: str
    attempt_id: str
    order: Order
    repeated: bool


def look_up(session: Session, *, gateway: str, capabilities: Capabilities, code: str, now: datetime) -> Bill | None:
    """Return the bill of a payment code, or None where nothing is due by this gateway, paid and over among it.

    Raises RequestUnknown for a code of nobody who takes money by it, and for one that several payees use.
    """
    request = _named(session, gateway=gateway, code=code)
    over = sum(not _goes_on(one, request, now) for one in _told_before(session, request, gateway))
    try:
        began = start_attempt(
            session,
            request_id=request.id,
            gateway=gateway,
            capabilities=capabilities,
            key=f"{LOOKED_UP}{gateway}:{over}",
            now=now,
        )
    except (RequestNotOpen, AmountTooSmall, AmountTooLarge):
        return None
    # Nothing leads anywhere from here: whoever asked has the payer already.
    order = order_of(session, attempt_id=began.attempt_id, return_url="", payer_ip="")
    if not began.repeated:
        record_started(
            session, attempt_id=began.attempt_id, started=Started(None, None, None, order.expires_at), now=now
        )
    return Bill(request.payee_id, began.attempt_id, order, began.repeated)


def _named(session: Session, *, gateway: str, code: str) -> Request:
    """Return the one request that a code can mean here, locked. Codes are unique within a payee, not among all."""
    form = _CODE.fullmatch(code)
    if form is None:
        raise RequestUnknown(code=code[:20])
    named = (
        select(Request.id, Payee.gateways)
        .join(Payee, Payee.id == Request.payee_id)
        .where(Payee.prefix == form[1], Request.code == code, Request.status != RequestStatus.DRAFT)
    )
    found = [request_id for request_id, ways in session.execute(named) if gateway in ways.split()]
    if len(found) != 1:
        raise RequestUnknown(code=code)
    return rows.lock_request(session, found[0])


def _told_before(session: Session, request: Request, gateway: str) -> list[Attempt]:
    tries = select(Attempt).where(Attempt.request_id == request.id, Attempt.gateway == gateway)
    return [one for one in session.scalars(tries, execution_options=rows.FRESH) if one.looked_up]


def _goes_on(attempt: Attempt, request: Request, now: datetime) -> bool:
    same = attempt.amount_minor == request.due_minor
    return same and attempt.status in LIVE_ATTEMPTS and attempt.expires_at > now
