"""Invoices of receipts.

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0039_invoices
Revises: 0038_interface
"""

import sqlalchemy as sa
from alembic import op


revision = "0039_invoices"
down_revision = "0038_interface"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OF_BUYER = "of_id IS NULL AND status IN ('requested', 'refused', 'issued')"


def upgrade() -> None:
    op.create_table(
        "pay_invoices",
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("receipt_id", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", _BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("item", sa.String(length=120), nullable=False),
        sa.Column("sealed_buyer", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("refusal", sa.String(length=200), nullable=True),
        sa.Column("by_hand", sa.String(length=64), nullable=True),
        sa.Column("change", sa.String(length=16), nullable=True),
        sa.Column("change_reason", sa.String(length=200), nullable=True),
        sa.Column("of_id", sa.String(length=40), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease_no", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_pay_invoices_amount")),
        sa.CheckConstraint("status <> 'issued' OR number IS NOT NULL", name=op.f("ck_pay_invoices_number")),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_invoices_payee_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["pay_receipts.id"], name=op.f("fk_pay_invoices_receipt_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_pay_invoices")),
        sa.UniqueConstraint("id", name=op.f("uq_pay_invoices_id")),
    )
    op.create_index("uq_pay_invoices_payee_id_number", "pay_invoices", ["payee_id", "number"], unique=True)
    op.create_index(
        "uq_pay_invoices_receipt_id", "pay_invoices", ["receipt_id"], unique=True, sqlite_where=sa.text(_OF_BUYER),
        postgresql_where=sa.text(_OF_BUYER),
    )  # fmt: skip
    op.create_index("ix_pay_invoices_next_try_at", "pay_invoices", ["next_try_at"], unique=False)
    op.create_index("ix_pay_invoices_payee_id_seq", "pay_invoices", ["payee_id", "seq"], unique=False)


def downgrade() -> None:
    op.drop_table("pay_invoices")
