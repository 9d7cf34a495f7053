"""Numbers under a scratch layer: which batches have them, their tries and first reveals.

Revision ID: 0021_pins
Revises: 0020_certificates
"""

import sqlalchemy as sa
from alembic import op

from traceability.types import UtcDateTime

revision = "0021_pins"
down_revision = "0020_certificates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for table in ("trace_batches", "stamp_order"):
        op.add_column(table, sa.Column("pin", sa.Boolean(), nullable=False, server_default=sa.false()))
        with op.batch_alter_table(table) as batch:
            batch.alter_column("pin", existing_type=sa.Boolean(), server_default=None)
    op.create_table(
        "trace_pins",
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("tried", sa.String(length=60), nullable=False),
        sa.Column("revealed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["trace_batches.batch"], name=op.f("fk_trace_pins_batch_trace_batches")),
        sa.PrimaryKeyConstraint("batch", "index", name=op.f("pk_trace_pins")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("trace_pins")
    for table in ("stamp_order", "trace_batches"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("pin")
