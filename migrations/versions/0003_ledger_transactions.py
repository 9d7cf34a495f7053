"""ledger transactions

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0003_ledger
Revises: 0002_teams
"""

import sqlalchemy as sa
from alembic import op


revision = "0003_ledger"
down_revision = "0002_teams"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trace_transactions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chain_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("nonce", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=66), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("fee", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tip", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("origin", sa.String(length=120), nullable=True),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("root", sa.LargeBinary(length=32), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_up", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_transactions")),
    )
    op.create_index("ix_trace_transactions_origin_size", "trace_transactions", ["origin", "size"], unique=False)
    op.create_index(
        "uq_trace_transactions_account_nonce",
        "trace_transactions",
        ["chain_id", "account", "nonce", "version"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_index("uq_trace_transactions_account_nonce", table_name="trace_transactions")
    op.drop_index("ix_trace_transactions_origin_size", table_name="trace_transactions")
    op.drop_table("trace_transactions")
