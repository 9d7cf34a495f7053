"""A bank's lines that leave an account: the refund by hand that one ends, and the one that was sent a second time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import cases
from payments.booking import OUTGOING
from payments.codes import codes_in
from payments.models import Payee, Refund, Transaction
from payments.refunds import booking
from payments.refunds.asking import MEMO, lock_refund
from payments.refunds.booking import Returned
from payments.states import RefundStatus


def settle_outgoing(session: Session, *, payee: Payee, line: Transaction, now: datetime, actor: str) -> Returned | None:
    """End a refund by hand whose code and sum stand on a line that left the account; None if no line of one."""
    codes = codes_in(line.memo or "", MEMO)
    if len(codes) != 1:
        return None
    found = session.scalar(select(Refund.id).where(Refund.code == codes[0], Refund.payee_id == payee.id))
    if found is None:
        return None
    row = lock_refund(session, found)
    if row.status == RefundStatus.SUCCEEDED and _left_by_a_line(session, row):
        cases.open_case(
            session, kind=cases.REFUND_AGAIN, subject_id=line.id, payee_id=payee.id,
            reason="a second transfer carries the code of a refund that was done", now=now,
        )  # fmt: skip
    elif row.status != RefundStatus.SUCCEEDED and (row.status != RefundStatus.BY_HAND or _differs(row, line)):
        cases.open_case(
            session, kind=cases.REFUND_UNFIT, subject_id=line.id, payee_id=payee.id,
            reason=f"a transfer carries the code of refund {row.id}: {row.status}, {row.amount_minor}", now=now,
        )  # fmt: skip
    if row.status != RefundStatus.BY_HAND or _differs(row, line):
        return None
    return booking.done(session, row, provider_ref=line.provider_txn_id, now=now, actor=actor, at=line.paid_at)


def _differs(row: Refund, line: Transaction) -> bool:
    return row.amount_minor != line.amount_minor


def _left_by_a_line(session: Session, row: Refund) -> bool:
    """Say whether a bank's line ended a refund; one that a person confirmed still expects its line."""
    line = select(Transaction.id).where(
        Transaction.payee_id == row.payee_id, Transaction.provider_txn_id == row.provider_ref,
        Transaction.kind == OUTGOING,
    )  # fmt: skip
    return row.by_hand and session.scalar(line.limit(1)) is not None
