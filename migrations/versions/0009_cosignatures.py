"""Cosignatures: what witnesses say of the log's checkpoints.

Revision ID: 0009_cosignatures
Revises: 0008_places
"""

import sqlalchemy as sa
from alembic import op

revision = "0009_cosignatures"
down_revision = "0008_places"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "trace_cosignatures",
        sa.Column("size", _BIG, autoincrement=False, nullable=False),
        sa.Column("key_id", sa.String(8), nullable=False),
        sa.Column("line", sa.String(400), nullable=False),
        sa.Column("cosigned_at", _TIME, nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["size"], ["trace_checkpoints.size"], name=op.f("fk_trace_cosignatures_size_trace_checkpoints")
        ),
        sa.PrimaryKeyConstraint("size", "key_id", name=op.f("pk_trace_cosignatures")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("trace_cosignatures")
