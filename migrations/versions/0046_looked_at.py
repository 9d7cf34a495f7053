"""Requests whose exceptions a person has looked at, and an index by which the others are found.

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0046_looked_at
Revises: 0045_quantities
"""

import sqlalchemy as sa
from alembic import op


revision = "0046_looked_at"
down_revision = "0045_quantities"
branch_labels = None
depends_on = None

_ODD = sa.text("exceptions <> ''")


def upgrade() -> None:
    op.add_column("pay_requests", sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_pay_requests_odd", "pay_requests", ["payee_id"], unique=False, sqlite_where=_ODD, postgresql_where=_ODD
    )


def downgrade() -> None:
    op.drop_index("ix_pay_requests_odd", table_name="pay_requests")
    op.drop_column("pay_requests", "looked_at")
