"""What a payer does to a session on its page: answer its questions, say that she is done, begin an expired one anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import requests, rows
from payments.errors import LinkClosed
from payments.models import Request
from payments.money import Money
from payments.states import RequestStatus
from payments.v1 import fields, sessions
from payments.v1.fields import Field
from payments.v1.intents import make_notes
from payments.v1.session_tables import CheckoutSession, SessionLine
from payments.v1.tables import IntentNotes


def answer(session: Session, row: CheckoutSession, filled: Sequence[Field]) -> None:
    """Keep what the payer answered, until she has gone on: what was answered once stays."""
    if fields.waits(row.fields):
        row.fields = list(filled)
        session.flush()


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
        [(one.price_id, one.quantity, one.amount_minor) for one in lines],
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
