"""Planned figures beside the real ones.

Revision ID: 0024_targets
Revises: 0023_links
"""

import sqlalchemy as sa
from alembic import op

revision = "0024_targets"
down_revision = "0023_links"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "adopt_target",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("indicator", sa.String(24), nullable=False),
        sa.Column("cut", sa.String(48), nullable=False),
        sa.Column("area_id", sa.String(22), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("set_at", _TIME, nullable=False),
        sa.Column("set_by", sa.String(64), nullable=False),
        sa.Column("approved_at", _TIME, nullable=True),
        sa.Column("approved_by", sa.String(64), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'approved', 'replaced', 'dropped')", name=op.f("ck_adopt_target_state")),
        sa.CheckConstraint("value > 0", name=op.f("ck_adopt_target_value")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adopt_target")),
    )
    op.create_index(
        "uq_adopt_target_approved",
        "adopt_target",
        ["indicator", "cut", "area_id", "period"],
        unique=True,
        sqlite_where=sa.text("state = 'approved'"),
        postgresql_where=sa.text("state = 'approved'"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("adopt_target")
