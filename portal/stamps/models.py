"""Orders of stamps, of their printing, and what two people cancel. Internal; no personal data."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, ids

DUE, ISSUED, FAILED = "due", "issued", "failed"
ASKED, DONE, REFUSED = "asked", "done", "refused"
PRINTED, SWEPT = "printed", "swept"


class StampOrder(Base):
    """One print order. It is `due` until its batch is issued; a lease says who derives it now.

    `sector` is the product's at the time of the order: the figures keep it, whatever becomes of the product.
    """

    __tablename__ = "stamp_order"
    __table_args__ = (
        CheckConstraint(f"state IN ('{DUE}', '{ISSUED}', '{FAILED}')", name="state"),
        Index("ix_stamp_order_due", "state", "next_attempt_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("so"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"), index=True)
    sector: Mapped[str] = mapped_column(String(16))
    gtin: Mapped[str | None] = mapped_column(String(14))
    count: Mapped[int]
    batch: Mapped[int] = mapped_column(unique=True)
    key_version: Mapped[int]
    pin: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(8))
    done: Mapped[int] = mapped_column(default=0)
    promise: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(String(64))
    client_id: Mapped[str | None] = mapped_column(String(36), unique=True)
    ordered_by: Mapped[str] = mapped_column(String(64))
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    # Counts up with every claim; whoever comes late writes with an old number and is refused.
    lease: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)


class VoidRequest(Base):
    """So many stamps to be cancelled that a second person must agree: a `range` of a batch, or all of a `recall`.

    `about` is the recall's id; the range of a batch stands in its own columns.
    """

    __tablename__ = "void_request"
    __table_args__ = (
        CheckConstraint(f"state IN ('{ASKED}', '{DONE}', '{REFUSED}')", name="state"),
        CheckConstraint("kind IN ('range', 'recall')", name="kind"),
        Index("ix_void_request_queue", "state", "asked_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("vr"))
    kind: Mapped[str] = mapped_column(String(8))
    about: Mapped[str | None] = mapped_column(String(32))
    batch: Mapped[int | None]
    first: Mapped[int | None]
    last: Mapped[int | None]
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    stamps: Mapped[int]
    reason: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(8))
    asked_by: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StampPrint(Base):
    """One file of labels: stamps first..last (both included) of a batch on one kind of sheet.

    `done` labels are on parts that lie on the disk; with the last the parts become one file, kept until it is swept.
    """

    __tablename__ = "stamp_print"
    __table_args__ = (
        CheckConstraint(f"state IN ('{DUE}', '{PRINTED}', '{FAILED}', '{SWEPT}')", name="state"),
        CheckConstraint("first >= 0 AND first <= last", name="order"),
        Index("ix_stamp_print_due", "state", "next_attempt_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("sp"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    batch: Mapped[int] = mapped_column(index=True)
    first: Mapped[int]
    last: Mapped[int]
    sheet: Mapped[str] = mapped_column(String(24))
    language: Mapped[str] = mapped_column(String(2))
    state: Mapped[str] = mapped_column(String(8))
    done: Mapped[int] = mapped_column(default=0)
    pages: Mapped[int]
    bytes: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(64))
    client_id: Mapped[str | None] = mapped_column(String(36), unique=True)
    ordered_by: Mapped[str] = mapped_column(String(64))
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    printed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    # As an order's: whoever comes late writes with an old number and is refused.
    lease: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def labels(self) -> int:
        """Count the labels of the whole file."""
        return self.last - self.first + 1


class UnknownCode(Base):
    """How often a network asked for codes that were never issued, on one day; deleted after 90 days.

    `network` is a hash under a key of that day; `batch` the one that the codes claim, -1 where there is none such.
    """

    __tablename__ = "unknown_code"

    day: Mapped[date] = mapped_column(primary_key=True)
    network: Mapped[str] = mapped_column(String(8), primary_key=True)
    batch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
