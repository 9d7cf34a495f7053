"""Receipts that take another's place.

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0033_receipts
Revises: 0032_sessions
"""

import sqlalchemy as sa
from alembic import op


revision = "0033_receipts"
down_revision = "0032_sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pay_receipts", sa.Column("replaces_id", sa.String(length=40), nullable=True))
    op.create_index("uq_pay_receipts_replaces_id", "pay_receipts", ["replaces_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_pay_receipts_replaces_id", table_name="pay_receipts")
    op.drop_column("pay_receipts", "replaces_id")
