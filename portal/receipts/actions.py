"""What a person may do with a receipt of her own institution: print it again, void it, correct it, issue a new one."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

import payments
from payments.models import Receipt, Request
from portal.acting import Acting
from portal.audit import record
from portal.errors import NotFound, Refused
from portal.pay.owners import own_payee, owner_of

# Who reads alone changes no receipt.
DUTIES = frozenset({"collect", "reconcile"})


def own_receipt(session: Session, acting: Acting, receipt_id: str) -> Receipt:
    """Return a receipt of one's own organisation; raise `NotFound` for any other."""
    found = session.get(Receipt, receipt_id)
    if found is None:
        raise NotFound
    own_payee(session, acting, found.payee_id)
    return found


def may_change(acting: Acting) -> bool:
    """Say whether somebody's duties let her print again, void or correct."""
    return bool(acting.duties & DUTIES)


def print_again(session: Session, *, now: datetime, acting: Acting, receipt_id: str) -> int:
    """Count one more copy, and return its number, which the paper shows."""
    row = _own_to_change(session, acting, receipt_id)
    copy = payments.reprint_receipt(session, receipt_id=row.id)
    _tell(session, now, acting, "receipt.printed_again", row, copy=copy)
    return copy


def void(session: Session, *, now: datetime, acting: Acting, receipt_id: str, reason: str) -> Receipt:
    """Void a receipt for a written reason; raises ReasonMissing or IllegalTransition."""
    row = _own_to_change(session, acting, receipt_id)
    done = payments.void_receipt(session, receipt_id=row.id, reason=reason, now=now, actor=acting.actor)
    _tell(session, now, acting, "receipt.voided", done)
    return done


def correct(session: Session, *, now: datetime, acting: Acting, receipt_id: str, item: str, reason: str) -> Receipt:
    """Put a corrected receipt in a receipt's place, and return it; raises as `payments.replace_receipt`."""
    row = _own_to_change(session, acting, receipt_id)
    made = payments.replace_receipt(session, receipt_id=row.id, item=item, reason=reason, now=now, actor=acting.actor)
    _tell(session, now, acting, "receipt.replaced", row)
    _tell(session, now, acting, "receipt.issued", made, amount_minor=made.amount_minor)
    return made


def issue_new(session: Session, *, now: datetime, acting: Acting, receipt_id: str) -> Receipt:
    """Give a payment whose receipt is void a new one; raises NotPaid where the money went back to nobody's request."""
    row = _own_to_change(session, acting, receipt_id)
    before = payments.current_receipt(session, row.request_id)
    if before is not None:
        return before
    made = payments.issue_receipt(session, request_id=row.request_id, now=now, actor=acting.actor)
    _tell(session, now, acting, "receipt.issued", made, amount_minor=made.amount_minor)
    return made


def request_of(session: Session, row: Receipt) -> Request:
    """Return what a receipt is the proof of."""
    return payments.get_request(session, row.request_id)


def _own_to_change(session: Session, acting: Acting, receipt_id: str) -> Receipt:
    row = own_receipt(session, acting, receipt_id)
    if not may_change(acting):
        raise Refused
    return row


def _tell(session: Session, now: datetime, acting: Acting, act: str, row: Receipt, **figures: int) -> None:
    own = replace(acting, organisation_id=owner_of(session, row.payee_id))
    changed: dict[str, tuple[object, object]] = {name: (None, value) for name, value in figures.items()}
    record(session, now=now, acting=own, act=act, object_id=row.id, changed=changed, public=frozenset(changed))
