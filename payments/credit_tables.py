"""What advances pay: which part of one a charge has taken."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from payments.types import PayBase, Sequence64, UtcDateTime

_ID = String(40)


class CreditUse(PayBase):
    """A part of an advance that pays a charge of the same subject, until it is undone; no new money comes by it."""

    __tablename__ = "pay_credit_uses"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_pay_credit_uses_request_id", "request_id"),
        Index("ix_pay_credit_uses_allocation_id", "allocation_id"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey("pay_payees.id"))
    allocation_id: Mapped[str] = mapped_column(ForeignKey("pay_allocations.id"))
    request_id: Mapped[str] = mapped_column(ForeignKey("pay_requests.id"))
    amount_minor: Mapped[int] = mapped_column(Sequence64)
    made_by: Mapped[str] = mapped_column(_ID)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    why_undone: Mapped[str | None] = mapped_column(String(200))
