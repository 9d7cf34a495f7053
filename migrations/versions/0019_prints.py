"""Files of labels that the worker makes part by part.

Revision ID: 0019_prints
Revises: 0018_recall_files
"""

import sqlalchemy as sa
from alembic import op

from traceability.types import UtcDateTime

revision = "0019_prints"
down_revision = "0018_recall_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "stamp_print",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.String(length=24), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("client_id", sa.String(length=36), nullable=True),
        sa.Column("ordered_by", sa.String(length=64), nullable=False),
        sa.Column("ordered_at", UtcDateTime(), nullable=False),
        sa.Column("printed_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('due', 'printed', 'failed', 'swept')", name=op.f("ck_stamp_print_state")),
        sa.CheckConstraint("first >= 0 AND first <= last", name=op.f("ck_stamp_print_order")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_stamp_print_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stamp_print")),
        sa.UniqueConstraint("client_id", name=op.f("uq_stamp_print_client_id")),
    )
    op.create_index(op.f("ix_stamp_print_batch"), "stamp_print", ["batch"])
    op.create_index(op.f("ix_stamp_print_organisation_id"), "stamp_print", ["organisation_id"])
    op.create_index("ix_stamp_print_due", "stamp_print", ["state", "next_attempt_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("stamp_print")
