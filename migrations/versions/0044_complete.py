"""Until when all lines of a feed's account are known, so that a pull asks for no more days than it must.

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0044_complete
Revises: 0043_sales
"""

import sqlalchemy as sa
from alembic import op


revision = "0044_complete"
down_revision = "0043_sales"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("pay_feeds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("complete_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("pay_feeds", schema=None) as batch_op:
        batch_op.drop_column("complete_until")
