"""How each gateway answers: failures in a row, its rest, its clock's distance from ours.

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0041_breaker
Revises: 0040_statements
"""

import sqlalchemy as sa
from alembic import op


revision = "0041_breaker"
down_revision = "0040_statements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pay_gateway_health",
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("rests", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("skew_s", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("gateway", name=op.f("pk_pay_gateway_health")),
    )


def downgrade() -> None:
    op.drop_table("pay_gateway_health")
