"""Bank statements read in by an accountant, and the bank's own reference of a line, by which two reports are one.

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0040_statements
Revises: 0039_invoices
"""

import sqlalchemy as sa
from alembic import op


revision = "0040_statements"
down_revision = "0039_invoices"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("pay_transactions", sa.Column("bank_reference", sa.String(length=64), nullable=True))
    op.create_table(
        "pay_bank_statements",
        sa.Column("no", _NUMBER, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=30), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("opening_minor", _NUMBER, nullable=False),
        sa.Column("closing_minor", _NUMBER, nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_bank_statements_payee_id")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_pay_bank_statements")),
        sa.UniqueConstraint("id", name=op.f("uq_pay_bank_statements_id")),
        sa.UniqueConstraint("sha256", name=op.f("uq_pay_bank_statements_sha256")),
    )
    op.create_index("ix_pay_bank_statements_payee_id", "pay_bank_statements", ["payee_id"], unique=False)
    op.create_table(
        "pay_bank_statement_lines",
        sa.Column("statement_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("row_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("amount_minor", _NUMBER, nullable=False),
        sa.Column("balance_minor", _NUMBER, nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("transaction_seq", _NUMBER, nullable=True),
        sa.Column("told_by", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["statement_no"], ["pay_bank_statements.no"], name=op.f("fk_pay_bank_statement_lines_statement_no")
        ),
        sa.PrimaryKeyConstraint("statement_no", "row_no", name=op.f("pk_pay_bank_statement_lines")),
    )
    op.create_index(
        "ix_pay_bank_statement_lines_transaction_seq", "pay_bank_statement_lines", ["transaction_seq"], unique=False
    )


def downgrade() -> None:
    op.drop_table("pay_bank_statement_lines")
    op.drop_table("pay_bank_statements")
    with op.batch_alter_table("pay_transactions", schema=None) as batch_op:
        batch_op.drop_column("bank_reference")
