"""Recalls of a range of stamps, beside those of a lot.

Revision ID: 0012_recalls
Revises: 0011_epcis
"""

import sqlalchemy as sa
from alembic import op

revision = "0012_recalls"
down_revision = "0011_epcis"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("trace_recalls") as table:
        table.alter_column("lot", existing_type=sa.String(32), nullable=True)
        table.add_column(sa.Column("batch", sa.Integer(), nullable=True))
        table.add_column(sa.Column("first", sa.Integer(), nullable=True))
        table.add_column(sa.Column("last", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f("fk_trace_recalls_batch_trace_batches"), "trace_batches", ["batch"], ["batch"])
        table.create_check_constraint(op.f("ck_trace_recalls_target"), "(lot IS NULL) <> (batch IS NULL)")
        table.create_check_constraint(op.f("ck_trace_recalls_order"), "batch IS NULL OR (first >= 0 AND first <= last)")
        table.create_index(op.f("ix_trace_recalls_batch"), ["batch"])


def downgrade() -> None:
    """Undo; recalls of ranges have no place in the older table."""
    op.execute("DELETE FROM trace_recalls WHERE batch IS NOT NULL")
    with op.batch_alter_table("trace_recalls") as table:
        table.drop_index(op.f("ix_trace_recalls_batch"))
        table.drop_constraint(op.f("ck_trace_recalls_order"), type_="check")
        table.drop_constraint(op.f("ck_trace_recalls_target"), type_="check")
        table.drop_constraint(op.f("fk_trace_recalls_batch_trace_batches"), type_="foreignkey")
        table.drop_column("last")
        table.drop_column("first")
        table.drop_column("batch")
        table.alter_column("lot", existing_type=sa.String(32), nullable=False)
