"""Closed days of desks, and which money each counted.

Revision ID: 0031_days
Revises: 0030_stalls
"""

import sqlalchemy as sa
from alembic import op


revision = "0031_days"
down_revision = "0030_stalls"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pay_days",
        sa.Column("seq", _NUMBER, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("desk_ref", sa.String(length=40), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("opening_minor", _NUMBER, nullable=False),
        sa.Column("in_minor", _NUMBER, nullable=False),
        sa.Column("out_minor", _NUMBER, nullable=False),
        sa.Column("closing_minor", _NUMBER, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("opening_minor + in_minor - out_minor = closing_minor", name=op.f("ck_pay_days_adds_up")),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_days_payee_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_pay_days")),
        sa.UniqueConstraint("id", name=op.f("uq_pay_days_id")),
        sa.UniqueConstraint(
            "payee_id", "desk_ref", "business_date", name=op.f("uq_pay_days_payee_id_desk_ref_business_date")
        ),
    )
    op.create_index(op.f("ix_pay_days_desk_ref"), "pay_days", ["desk_ref"], unique=False)
    op.create_table(
        "pay_day_lines",
        sa.Column("day_seq", _NUMBER, nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", _NUMBER, nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("after_close", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["day_seq"], ["pay_days.seq"], name=op.f("fk_pay_day_lines_day_seq")),
        sa.PrimaryKeyConstraint("day_seq", "line_no", name=op.f("pk_pay_day_lines")),
        sa.UniqueConstraint("source_id", "kind", name=op.f("uq_pay_day_lines_source_id_kind")),
    )


def downgrade() -> None:
    op.drop_table("pay_day_lines")
    op.drop_index(op.f("ix_pay_days_desk_ref"), table_name="pay_days")
    op.drop_table("pay_days")
