"""Settlement: providers' files, what their rows met, differences, payouts and adjustments.

Revision ID: 0029_settlement
Revises: 0028_class_lists
"""

import sqlalchemy as sa
from alembic import op


revision = "0029_settlement"
down_revision = "0028_class_lists"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pay_settlement_files",
        sa.Column("no", _NUMBER, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("amount_minor", _NUMBER, nullable=False),
        sa.Column("fee_minor", _NUMBER, nullable=False),
        sa.Column("net_minor", _NUMBER, nullable=False),
        sa.Column("first_seq", _NUMBER, nullable=True),
        sa.Column("last_seq", _NUMBER, nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("waiver", sa.String(length=200), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_pay_settlement_files")),
        sa.UniqueConstraint("id", name=op.f("uq_pay_settlement_files_id")),
        sa.UniqueConstraint("sha256", name=op.f("uq_pay_settlement_files_sha256")),
    )
    op.create_table(
        "pay_adjustments",
        sa.Column("seq", _NUMBER, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("debit", sa.String(length=90), nullable=False),
        sa.Column("credit", sa.String(length=90), nullable=False),
        sa.Column("amount_minor", _NUMBER, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("difference_id", sa.String(length=40), nullable=True),
        sa.Column("payout_id", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_by", sa.String(length=40), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "checked_by IS NULL OR status = 'withdrawn' OR checked_by <> made_by",
            name=op.f("ck_pay_adjustments_two_persons"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_pay_adjustments_amount")),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_adjustments_payee_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_pay_adjustments")),
        sa.UniqueConstraint("id", name=op.f("uq_pay_adjustments_id")),
    )
    op.create_index("ix_pay_adjustments_payee_id_status", "pay_adjustments", ["payee_id", "status"], unique=False)
    op.create_table(
        "pay_payouts",
        sa.Column("seq", _NUMBER, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("file_no", _NUMBER, nullable=False),
        sa.Column("net_minor", _NUMBER, nullable=False),
        sa.Column("came_minor", _NUMBER, nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transaction_seq", _NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["file_no"], ["pay_settlement_files.no"], name=op.f("fk_pay_payouts_file_no")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_pay_payouts")),
        sa.UniqueConstraint("id", name=op.f("uq_pay_payouts_id")),
        sa.UniqueConstraint("provider", "batch_id", name=op.f("uq_pay_payouts_provider_batch_id")),
    )
    op.create_index("ix_pay_payouts_status", "pay_payouts", ["status"], unique=False)
    op.create_table(
        "pay_settlement_differences",
        sa.Column("seq", _NUMBER, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("file_no", _NUMBER, nullable=False),
        sa.Column("row_no", _NUMBER, nullable=True),
        sa.Column("transaction_seq", _NUMBER, nullable=True),
        sa.Column("attempt_id", sa.String(length=40), nullable=True),
        sa.Column("payee_id", sa.String(length=40), nullable=True),
        sa.Column("outcome", sa.SmallInteger(), nullable=False),
        sa.Column("ours_minor", _NUMBER, nullable=True),
        sa.Column("theirs_minor", _NUMBER, nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("closed_by", sa.String(length=40), nullable=True),
        sa.Column("next_query_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_no"], ["pay_settlement_files.no"], name=op.f("fk_pay_settlement_differences_file_no")
        ),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_settlement_differences_payee_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_pay_settlement_differences")),
        sa.UniqueConstraint("id", name=op.f("uq_pay_settlement_differences_id")),
    )
    op.create_index(
        "ix_pay_settlement_differences_file_no_row_no",
        "pay_settlement_differences",
        ["file_no", "row_no"],
        unique=False,
    )
    op.create_index(
        "ix_pay_settlement_differences_state_next_query_at",
        "pay_settlement_differences",
        ["state", "next_query_at"],
        unique=False,
    )
    op.create_index(
        "uq_pay_settlement_differences_missing",
        "pay_settlement_differences",
        ["transaction_seq"],
        unique=True,
        sqlite_where=sa.text("row_no IS NULL"),
        postgresql_where=sa.text("row_no IS NULL"),
    )
    op.create_table(
        "pay_settlement_rows",
        sa.Column("file_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("row_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("type", sa.String(length=12), nullable=False),
        sa.Column("provider_txn_id", sa.String(length=64), nullable=False),
        sa.Column("merchant_ref", sa.String(length=64), nullable=False),
        sa.Column("original_ref", sa.String(length=64), nullable=False),
        sa.Column("amount_minor", _NUMBER, nullable=False),
        sa.Column("fee_minor", _NUMBER, nullable=False),
        sa.Column("net_minor", _NUMBER, nullable=False),
        sa.Column("txn_time", sa.String(length=32), nullable=False),
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("file_no", "row_no", name=op.f("pk_pay_settlement_rows")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pay_payout_shares",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("payout_seq", _NUMBER, nullable=False),
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("fee_minor", _NUMBER, nullable=False),
        sa.Column("net_minor", _NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_payout_shares_payee_id")),
        sa.ForeignKeyConstraint(["payout_seq"], ["pay_payouts.seq"], name=op.f("fk_pay_payout_shares_payout_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_payout_shares")),
    )
    op.create_index("ix_pay_payout_shares_payout_seq", "pay_payout_shares", ["payout_seq"], unique=False)
    op.create_table(
        "pay_settlement_matches",
        sa.Column("file_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("row_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("transaction_seq", _NUMBER, nullable=True),
        sa.Column("account_id", _NUMBER, nullable=True),
        sa.Column("outcome", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("file_no", "row_no", name=op.f("pk_pay_settlement_matches")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_pay_transactions_provider_business_date", "pay_transactions", ["provider", "business_date"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_pay_transactions_provider_business_date", table_name="pay_transactions")
    op.drop_table("pay_settlement_matches")
    op.drop_index("ix_pay_payout_shares_payout_seq", table_name="pay_payout_shares")
    op.drop_table("pay_payout_shares")
    op.drop_table("pay_settlement_rows")
    op.drop_index(
        "uq_pay_settlement_differences_missing",
        table_name="pay_settlement_differences",
        sqlite_where=sa.text("row_no IS NULL"),
        postgresql_where=sa.text("row_no IS NULL"),
    )
    op.drop_index("ix_pay_settlement_differences_state_next_query_at", table_name="pay_settlement_differences")
    op.drop_index("ix_pay_settlement_differences_file_no_row_no", table_name="pay_settlement_differences")
    op.drop_table("pay_settlement_differences")
    op.drop_index("ix_pay_payouts_status", table_name="pay_payouts")
    op.drop_table("pay_payouts")
    op.drop_index("ix_pay_adjustments_payee_id_status", table_name="pay_adjustments")
    op.drop_table("pay_adjustments")
    op.drop_table("pay_settlement_files")
