"""Columns that nothing read are gone: how far the feed had sent, and when a sweep of eligibility had ended.

Revision ID: 0010_unread
Revises: 0009_cosignatures
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_unread"
down_revision = "0009_cosignatures"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.drop_column("adopt_watermark", "sent_seq")
    op.drop_column("eligibility_sweep", "ended_at")


def downgrade() -> None:
    """Take back."""
    op.add_column("eligibility_sweep", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("adopt_watermark", sa.Column("sent_seq", _BIG, nullable=False, server_default="0"))
