"""Advances, which stay the payer's, what charges take of them, and the stays of a hospital.

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0036_advances
Revises: 0035_name_index
"""

import sqlalchemy as sa
from alembic import op


revision = "0036_advances"
down_revision = "0035_name_index"
branch_labels = None
depends_on = None

_AMOUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("pay_requests", sa.Column("purpose", sa.String(length=8), server_default="charge", nullable=False))
    op.add_column("pay_allocations", sa.Column("used_minor", _AMOUNT, server_default="0", nullable=False))
    op.create_table(
        "pay_credit_uses",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("allocation_id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", _AMOUNT, nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why_undone", sa.String(length=200), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_pay_credit_uses_amount")),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["pay_allocations.id"], name=op.f("fk_pay_credit_uses_allocation_id")
        ),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_credit_uses_payee_id")),
        sa.ForeignKeyConstraint(["request_id"], ["pay_requests.id"], name=op.f("fk_pay_credit_uses_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_credit_uses")),
    )
    op.create_index("ix_pay_credit_uses_request_id", "pay_credit_uses", ["request_id"], unique=False)
    op.create_index("ix_pay_credit_uses_allocation_id", "pay_credit_uses", ["allocation_id"], unique=False)
    op.create_table(
        "hospital_stay",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("payee", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_sealed", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("discharged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("account_sealed", sa.Text(), nullable=True),
        sa.Column("account_by", sa.String(length=64), nullable=True),
        sa.Column("checked_by", sa.String(length=64), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "checked_by IS NULL OR checked_by <> account_by", name=op.f("ck_hospital_stay_two_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital_stay")),
        sa.UniqueConstraint("payee", "code", name=op.f("uq_hospital_stay_payee_code")),
    )
    op.create_index("ix_hospital_stay_payee_discharged_at", "hospital_stay", ["payee", "discharged_at"], unique=False)
    op.create_table(
        "hospital_charge",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("stay_id", sa.String(length=32), nullable=False),
        sa.Column("item", sa.String(length=16), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("reduction_minor", sa.BigInteger(), nullable=False),
        sa.Column("reduction_reason", sa.String(length=120), nullable=True),
        sa.Column("request_id", sa.String(length=40), nullable=True),
        sa.Column("form_id", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "gross_minor > 0 AND reduction_minor >= 0 AND reduction_minor <= gross_minor",
            name=op.f("ck_hospital_charge_sums"),
        ),
        sa.ForeignKeyConstraint(["stay_id"], ["hospital_stay.id"], name=op.f("fk_hospital_charge_stay_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital_charge")),
        sa.UniqueConstraint("request_id", name=op.f("uq_hospital_charge_request_id")),
        sa.UniqueConstraint("stay_id", "form_id", name=op.f("uq_hospital_charge_stay_id_form_id")),
    )


def downgrade() -> None:
    op.drop_table("hospital_charge")
    op.drop_index("ix_hospital_stay_payee_discharged_at", table_name="hospital_stay")
    op.drop_table("hospital_stay")
    op.drop_index("ix_pay_credit_uses_allocation_id", table_name="pay_credit_uses")
    op.drop_index("ix_pay_credit_uses_request_id", table_name="pay_credit_uses")
    op.drop_table("pay_credit_uses")
    op.drop_column("pay_allocations", "used_minor")
    op.drop_column("pay_requests", "purpose")
