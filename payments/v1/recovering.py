"""What a payer does to a session on its page: answer, choose how many, say that she is done, begin it anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import requests, rows
from payments.errors import LinkClosed
from payments.models import Request
from payments.money import Money, askable
from payments.states import RequestStatus
from payments.v1 import fields, intents, quantities, sessions
from payments.v1.fields import Field
from payments.v1.intents import make_notes
from payments.v1.session_tables import CheckoutSession, SessionLine
from payments.v1.sessions import Sold
from payments.v1.tables import IntentNotes


def answer(session: Session, request: Request, *, filled: Sequence[Field], wanted: Mapping[str, int]) -> None:
    """Keep what the payer of a locked request answered, and ask for as many as she wants, by the lines' ids.

    What was answered once stays; how many she may choose until she begins to pay, after that it is left as it is.
    Raises QuantityOutside, AmountTooSmall or AmountTooLarge.
    """
    query = select(CheckoutSession).where(CheckoutSession.request_id == request.id)
    row = session.scalars(query, execution_options=rows.FRESH).one()
    if fields.untouched(row.fields):
        row.fields = list(filled)
    if choosable(session, row, request):
        _take(session, row, request, wanted)
    session.flush()


def choosable(session: Session, row: CheckoutSession, request: Request) -> list[Sold]:
    """Return the lines of which the payer may choose how many now: none once somebody began to pay.

    None, too, where the intent's sum was changed by another hand: it is no longer that of the lines.
    """
    lines = sessions.lines_of(session, row)
    own = [one for one in lines if one.line.adjustable is not None]
    if not own or sum(one.line.amount_minor for one in lines) != request.amount_minor:
        return []
    is_open = sessions.status_of(session, row, request) == sessions.OPEN
    return own if is_open and intents.amount_open(session, request) else []


def asks(session: Session, row: CheckoutSession, request: Request) -> bool:
    """Say whether the payer is asked now: what must be answered always, what need not until somebody began to pay."""
    if request.status != RequestStatus.OPEN:
        return False
    return fields.waits(row.fields) or (fields.untouched(row.fields) and intents.amount_open(session, request))


def leave(session: Session, request_id: str, *, now: datetime) -> bool:
    """Note that the payer is done with the page of an open request; False where that is no news."""
    row = sessions.of_request(session, request_id)
    if row is None or row.left_at is not None:
        return False
    if rows.lock_request(session, request_id).status != RequestStatus.OPEN:
        return False
    row.left_at = now
    session.flush()
    return True


def may_begin_anew(session: Session, row: CheckoutSession, *, now: datetime) -> bool:
    """Say whether an expired session can be begun anew: its maker allows it, for 30 days."""
    request = rows.request(session, row.request_id)
    over = request.status == RequestStatus.EXPIRED or request.cancel_reason == sessions.EXPIRED
    return row.recovers and over and now < row.expires_at + sessions.RECOVERABLE


def begin_anew(session: Session, row: CheckoutSession, *, form_id: str, now: datetime) -> Request:
    """Make a session like an expired one, at the same sums; the same form twice makes one. Raises LinkClosed."""
    old = rows.request(session, row.request_id)
    repeated = session.scalar(select(Request).where(Request.desk_ref == row.id, Request.client_ref == form_id))
    if repeated is not None:
        return repeated
    if not may_begin_anew(session, row, now=now):
        raise LinkClosed(link_id=row.id)
    until = now + sessions.LONGEST
    request = requests.create_request(
        session, payee_id=row.payee_id, amount=Money(old.amount_minor), item=old.item, now=now, expires_at=until,
        desk_ref=row.id, client_ref=form_id,
    )  # fmt: skip
    lines = session.scalars(select(SessionLine).where(SessionLine.session_id == row.id).order_by(SessionLine.n))
    made = sessions.add(
        session,
        CheckoutSession(
            link_id=row.link_id, livemode=row.livemode, success_url=row.success_url, cancel_url=row.cancel_url,
            client_reference_id=row.client_reference_id, customer_email=row.customer_email, noted=dict(row.noted),
            fields=fields.unanswered(row.fields) or None, texts=row.texts, recovers=True, recovered_from=row.id,
            expires_at=until,
        ),
        request,
        [
            SessionLine(
                price_id=one.price_id, offered=one.offered, amount_minor=one.amount_minor, adjustable=one.adjustable,
                chosen=one.chosen,
            )
            for one in lines
        ],
        now=now,
    )  # fmt: skip
    notes = session.get_one(IntentNotes, old.id)
    session.add(
        make_notes(
            request, livemode=row.livemode, description=notes.description, noted=dict(notes.noted),
            ways=list(notes.ways), return_url=sessions.back_of(made), receipt_email=notes.receipt_email,
        )
    )  # fmt: skip
    session.flush()
    return request


def _take(session: Session, row: CheckoutSession, request: Request, wanted: Mapping[str, int]) -> None:
    """Have session, request and intent ask for so many: one sum, and the words that name what is sold."""
    lines = sessions.lines_of(session, row)
    for one in lines:
        one.line.chosen = quantities.taken(one.line, wanted) if one.line.adjustable else None
        one.line.amount_minor = (one.price.unit_amount_minor or 0) * one.line.quantity
    notes, before = session.get_one(IntentNotes, request.id), request.item
    request.amount_minor = askable(Money(sum(one.line.amount_minor for one in lines))).amount_minor
    request.item = sessions.item_of([(one.product.name, one.line.quantity) for one in lines if one.line.quantity])
    if notes.description == before:
        notes.description = request.item
