"""How many details of scans each day must have.

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Days before this one have no count, and none is made up for them: their details are gone after 90 days.

Revision ID: 0027_scan_days
Revises: 0026_refunds
"""

import sqlalchemy as sa
from alembic import op


revision = "0027_scan_days"
down_revision = "0026_refunds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trace_scan_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("details", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_trace_scan_days")),
    )


def downgrade() -> None:
    op.drop_table("trace_scan_days")
