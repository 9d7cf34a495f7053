"""Who works on a case, and what was done.

Revision ID: 0017_case_work
Revises: 0016_messages
"""

import sqlalchemy as sa
from alembic import op

from traceability.types import UtcDateTime

revision = "0017_case_work"
down_revision = "0016_messages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "case_work",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("queue", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("taken_by", sa.String(length=64), nullable=True),
        sa.Column("taken_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_work")),
    )
    with op.batch_alter_table("case_work") as table:
        table.create_index(op.f("ix_case_work_closed_at"), ["closed_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("case_work")
