"""Indexes by which paid requests are found by day, and what became of each one's receipts and invoices.

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0043_sales
Revises: 0042_settled
"""

import sqlalchemy as sa
from alembic import op


revision = "0043_sales"
down_revision = "0042_settled"
branch_labels = None
depends_on = None

_PAID = sa.text("paid_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_pay_requests_payee_id_paid_at", "pay_requests", ["payee_id", "paid_at"], unique=False, sqlite_where=_PAID,
        postgresql_where=_PAID,
    )  # fmt: skip
    op.create_index("ix_pay_receipts_request_id", "pay_receipts", ["request_id"], unique=False)
    op.create_index("ix_pay_invoices_receipt_id", "pay_invoices", ["receipt_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_pay_invoices_receipt_id", table_name="pay_invoices")
    op.drop_index("ix_pay_receipts_request_id", table_name="pay_receipts")
    op.drop_index("ix_pay_requests_payee_id_paid_at", table_name="pay_requests")
