"""Codes that were never issued, counted by day, network and the batch that they claim.

Revision ID: 0025_unknown_codes
Revises: 0024_targets
"""

import sqlalchemy as sa
from alembic import op

revision = "0025_unknown_codes"
down_revision = "0024_targets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "unknown_code",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("network", sa.String(8), nullable=False),
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "network", "batch", name=op.f("pk_unknown_code")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("unknown_code")
