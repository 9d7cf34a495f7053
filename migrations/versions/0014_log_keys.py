"""Log keys: which of them the log last stated to sign.

Revision ID: 0014_log_keys
Revises: 0013_interface
"""

import sqlalchemy as sa
from alembic import op

revision = "0014_log_keys"
down_revision = "0013_interface"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. The keys that are known have signed, and no other was stated to."""
    op.add_column("trace_log_keys", sa.Column("signs", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("trace_log_keys") as batch:
        batch.alter_column("signs", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("trace_log_keys") as batch:
        batch.drop_column("signs")
