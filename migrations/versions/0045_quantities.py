"""How many of a session's line its payer may choose, and how many she has chosen.

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0045_quantities
Revises: 0044_complete
"""

import sqlalchemy as sa
from alembic import op


revision = "0045_quantities"
down_revision = "0044_complete"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pay_session_lines", sa.Column("adjustable", sa.JSON(), nullable=True))
    op.add_column("pay_session_lines", sa.Column("chosen", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("pay_session_lines", "chosen")
    op.drop_column("pay_session_lines", "adjustable")
