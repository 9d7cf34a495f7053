"""What the portal keeps of a recall beside the library's own row, and who was told. Internal; no personal data."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime


class RecallFile(Base):
    """The file of one recall, under the library's id. `found_at` starts the clock of 24 hours."""

    __tablename__ = "recall_file"
    __table_args__ = (Index("ix_recall_file_open", "closed_at", "found_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"), index=True)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by: Mapped[str] = mapped_column(String(64))
    by_officer: Mapped[bool]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(String(64))
    note: Mapped[str | None] = mapped_column(String(300))
    client_id: Mapped[str | None] = mapped_column(String(36), unique=True)


class RecallNotice(Base):
    """One message about a recall: to whom, as what, and the message that leaves."""

    __tablename__ = "recall_notice"

    recall_id: Mapped[str] = mapped_column(ForeignKey("recall_file.id"), primary_key=True)
    login_id: Mapped[str] = mapped_column(ForeignKey("logins.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    message_id: Mapped[str] = mapped_column(ForeignKey("sms_messages.id"))
