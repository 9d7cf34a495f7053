"""The index that settlement files were joined through goes: they are joined in memory (decision 0033).

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0042_settled
Revises: 0041_breaker
"""

from alembic import op


revision = "0042_settled"
down_revision = "0041_breaker"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("pay_transactions", schema=None) as batch_op:
        batch_op.drop_index("ix_pay_transactions_settling")


def downgrade() -> None:
    with op.batch_alter_table("pay_transactions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_pay_transactions_settling",
            ["provider", "provider_txn_id", "kind", "amount_minor", "business_date", "payee_id"],
            unique=False,
        )
