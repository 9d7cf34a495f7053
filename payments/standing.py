"""Codes that stand for ever on a printed board: who pays by one chooses the sum, and each payment makes its request."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payments import rows
from payments.codes import codes_in, make_code
from payments.errors import AmountTooLarge, AmountTooSmall, TextMissing
from payments.gateways.vietqr_text import encode_vietqr
from payments.matching import Share
from payments.models import Payee
from payments.money import Money
from payments.requests import MOST_ITEM, create_request, take_numbers
from payments.types import PayBase, UtcDateTime, new_id

_ID = String(40)


class StandingCode(PayBase):
    """A code of a payee that any sum may be paid by, as often as people like: a stall's board."""

    __tablename__ = "pay_standing"
    __table_args__ = (UniqueConstraint("payee_id", "code"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey("pay_payees.id"))
    code: Mapped[str] = mapped_column(String(20))
    item: Mapped[str] = mapped_column(String(120))
    desk_ref: Mapped[str] = mapped_column(_ID)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def open_standing(session: Session, *, payee_id: str, item: str, desk_ref: str, now: datetime) -> StandingCode:
    """Give a board its code, of the same form and out of the same numbers as requests; raises TextMissing."""
    item = item.strip()
    if not 0 < len(item) <= MOST_ITEM or not item.isprintable():
        raise TextMissing(field="item", most=MOST_ITEM)
    taken = take_numbers(session, payee_id, 1)
    row = StandingCode(
        id=new_id("sg"), payee_id=payee_id, code=make_code(taken.form, taken.last),
        item=item, desk_ref=desk_ref, created_at=now, closed_at=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def close_standing(session: Session, *, standing_id: str, now: datetime) -> None:
    """End a board's code: what still comes by it waits for a person."""
    row = session.get_one(StandingCode, standing_id)
    row.closed_at = row.closed_at or now
    session.flush()


def static_vietqr(payee: Payee, code: str) -> str:
    """Return the text of a VietQR without a sum; the code stands where apps show the transfer's text (62.08)."""
    return encode_vietqr(bank_bin=payee.bin, account=payee.account, amount_minor=None, purpose=code)


def standing_share(session: Session, *, payee: Payee, memo: str, amount_minor: int, now: datetime) -> Share | None:
    """Make the request that a payment by a board's code answers; None where the memo names no one board.

    A sum that nobody may be asked for is left to a person.
    """
    codes = codes_in(memo, payee.code_form)
    if len(codes) != 1:
        return None
    found = select(StandingCode).where(
        StandingCode.payee_id == payee.id, StandingCode.code == codes[0], StandingCode.closed_at.is_(None)
    )
    board = session.scalar(found)
    if board is None:
        return None
    try:
        made = create_request(
            session, payee_id=payee.id, amount=Money(amount_minor), item=board.item, now=now, desk_ref=board.desk_ref
        )
    except (AmountTooSmall, AmountTooLarge):
        return None
    return Share(rows.lock_request(session, made.id), amount_minor)
