"""Lots whose words are erased once they need not be kept any longer.

Revision ID: 0022_erased_lots
Revises: 0021_pins
"""

import sqlalchemy as sa
from alembic import op

revision = "0022_erased_lots"
down_revision = "0021_pins"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("trace_lots", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("trace_lots", sa.Column("erased_hash", sa.String(80), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("trace_lots", "erased_hash")
    op.drop_column("trace_lots", "erased_at")
