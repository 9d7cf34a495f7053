"""What a person must decide about money: one open case for a kind and a thing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import rows
from payments.models import Case
from payments.types import new_id

# The kinds of case that this library opens.
UNMATCHED = "unmatched"
ORDER_UNKNOWN = "order_unknown"
MONEY_FOR_CANCELED = "money_for_canceled"
AMOUNT_DIFFERS = "amount_differs"
PAID_AGAIN = "paid_again"
CONTRADICTION = "contradiction"
SUSPECTED = "suspected"
STUCK = "stuck"
FEED_GAP = "feed_gap"
ACCOUNT_UNKNOWN = "account_unknown"
NOTICE_STUCK = "notice_stuck"
ENDPOINT_PAUSED = "endpoint_paused"
NOT_TOLD = "not_told"
REFUND_STUCK = "refund_stuck"
REFUND_RETURNED = "refund_returned"
REFUND_AGAIN = "refund_again"
REFUND_UNFIT = "refund_unfit"
GATEWAY_DOWN = "gateway_down"
CLOCK_SKEW = "clock_skew"
FILE_DIFFERS = "file_differs"
PAYOUT_DIFFERS = "payout_differs"
PAYOUT_MISSING = "payout_missing"
BANK_LACKS = "bank_lacks"
MAYBE_TWICE = "maybe_twice"
# Those about a sum that waits; they end with it.
ABOUT_MONEY = (UNMATCHED, ORDER_UNKNOWN, MONEY_FOR_CANCELED, PAID_AGAIN, ACCOUNT_UNKNOWN)
KINDS = (
    UNMATCHED,
    ORDER_UNKNOWN,
    MONEY_FOR_CANCELED,
    AMOUNT_DIFFERS,
    PAID_AGAIN,
    CONTRADICTION,
    SUSPECTED,
    STUCK,
    FEED_GAP,
    ACCOUNT_UNKNOWN,
    NOTICE_STUCK,
    ENDPOINT_PAUSED,
    NOT_TOLD,
    REFUND_STUCK,
    REFUND_RETURNED,
    REFUND_AGAIN,
    REFUND_UNFIT,
    GATEWAY_DOWN,
    CLOCK_SKEW,
    FILE_DIFFERS,
    PAYOUT_DIFFERS,
    PAYOUT_MISSING,
    BANK_LACKS,
    MAYBE_TWICE,
)


def open_case(
    session: Session, *, kind: str, subject_id: str, payee_id: str | None, reason: str, now: datetime
) -> str | None:
    """Open a case and return its id, or None if one of this kind about this thing is open already."""
    case_id = new_id("ca")
    written = rows.insert_once(
        session,
        Case,
        {
            "id": case_id,
            "kind": kind,
            "subject_id": subject_id,
            "payee_id": payee_id,
            "reason": reason,
            "opened_at": now,
            "closed_at": None,
            "closed_by": None,
        },
    )
    return case_id if written else None


def open_cases(session: Session, *, payee_id: str | None = None, limit: int = 100) -> list[Case]:
    """Return open cases, oldest first, of one payee or of all."""
    statement = select(Case).where(Case.closed_at.is_(None)).order_by(Case.opened_at, Case.id).limit(limit)
    if payee_id is not None:
        statement = statement.where(Case.payee_id == payee_id)
    return list(session.scalars(statement))


def close_cases(session: Session, *, kind: str, subject_id: str, actor: str, now: datetime) -> None:
    """Close the open case of a kind about a thing, if there is one."""
    statement = select(Case).where(Case.kind == kind, Case.subject_id == subject_id, Case.closed_at.is_(None))
    for case in session.scalars(statement):
        case.closed_at, case.closed_by = now, actor
    session.flush()


def close_one(session: Session, case_id: str, *, actor: str, now: datetime) -> None:
    """Close one open case that a person looked into; a closed one stays as it is."""
    statement = select(Case).where(Case.id == case_id, Case.closed_at.is_(None)).with_for_update()
    for case in session.scalars(statement):
        case.closed_at, case.closed_by = now, actor
    session.flush()
