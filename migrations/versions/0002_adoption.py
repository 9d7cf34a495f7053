"""published figures

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "adopt_lane",
        sa.Column("indicator", sa.String(length=24), nullable=False),
        sa.Column("horizon", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("indicator", name=op.f("pk_adopt_lane")),
    )
    op.create_table(
        "adopt_note",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_adopt_note")),
    )
    op.create_table(
        "adopt_observation",
        sa.Column("audience", sa.String(length=48), nullable=False),
        sa.Column("indicator", sa.String(length=24), nullable=False),
        sa.Column("cut", sa.String(length=48), nullable=False),
        sa.Column("area_id", sa.String(length=22), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("obs_status", sa.String(length=1), nullable=False),
        sa.Column("conf_status", sa.String(length=1), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("horizon", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=24), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "obs_status IN ('A', 'P', 'Q', 'M', 'B', 'E')", name=op.f("ck_adopt_observation_obs_status")
        ),
        sa.CheckConstraint("obs_status NOT IN ('Q', 'M') OR value IS NULL", name=op.f("ck_adopt_observation_hidden")),
        sa.CheckConstraint("status IN ('provisional', 'final', 'revised')", name=op.f("ck_adopt_observation_status")),
        sa.PrimaryKeyConstraint(
            "audience", "indicator", "cut", "area_id", "period", "revision", name=op.f("pk_adopt_observation")
        ),
        sa.UniqueConstraint(
            "audience", "indicator", "cut", "seq", name=op.f("uq_adopt_observation_audience_indicator_cut_seq")
        ),
    )
    op.create_table(
        "adopt_period",
        sa.Column("indicator", sa.String(length=24), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closing', 'closed')", name=op.f("ck_adopt_period_state")),
        sa.PrimaryKeyConstraint("indicator", "month", name=op.f("pk_adopt_period")),
    )


def downgrade() -> None:
    op.drop_table("adopt_period")
    op.drop_table("adopt_observation")
    op.drop_table("adopt_note")
    op.drop_table("adopt_lane")
