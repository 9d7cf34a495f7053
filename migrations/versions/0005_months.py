"""A month's certificate, and how far what waits for a closing is published. Figures are published anew from the cells.

Revision ID: 0005_months
Revises: 0004_rosters
"""

import sqlalchemy as sa
from alembic import op

revision = "0005_months"
down_revision = "0004_rosters"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    # The rows of quarters and years, and those of months without a certificate, follow no rule any more.
    for table in ("adopt_observation", "adopt_lane", "adopt_period"):
        op.execute(sa.delete(sa.table(table)))
    op.add_column("adopt_lane", sa.Column("closed_horizon", _BIG, nullable=False, server_default="0"))
    op.add_column("adopt_period", sa.Column("tried_at", _TIME, nullable=True))
    op.add_column("adopt_period", sa.Column("closed_at", _TIME, nullable=True))
    op.add_column("adopt_period", sa.Column("units", sa.String(22), nullable=True))
    op.add_column("adopt_period", sa.Column("cells", sa.Integer(), nullable=True))
    op.add_column("adopt_period", sa.Column("recount_hash", sa.String(64), nullable=True))


def downgrade() -> None:
    """Undo."""
    for table in ("adopt_observation", "adopt_lane", "adopt_period"):
        op.execute(sa.delete(sa.table(table)))
    for column in ("recount_hash", "cells", "units", "closed_at", "tried_at"):
        op.drop_column("adopt_period", column)
    op.drop_column("adopt_lane", "closed_horizon")
