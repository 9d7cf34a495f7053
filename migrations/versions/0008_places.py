"""Questions about places: which commune of today a record lies in.

Revision ID: 0008_places
Revises: 0007_feed
"""

import sqlalchemy as sa
from alembic import op

revision = "0008_places"
down_revision = "0007_feed"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "place_question",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("former_id", sa.String(20), nullable=True),
        sa.Column("captured", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("run_id", sa.String(32), nullable=True),
        sa.Column("text", sa.String(200), nullable=True),
        sa.Column("text_key", sa.String(200), nullable=False),
        sa.Column("hamlet", sa.String(80), nullable=True),
        sa.Column("hamlet_key", sa.String(80), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.Column("answered_by", sa.String(64), nullable=True),
        sa.Column("unit_id", sa.String(20), nullable=True),
        sa.CheckConstraint("state IN ('open', 'settled', 'void')", name=op.f("ck_place_question_state")),
        sa.ForeignKeyConstraint(["former_id"], ["admin_unit.id"], name=op.f("fk_place_question_former_id_admin_unit")),
        sa.ForeignKeyConstraint(["unit_id"], ["admin_unit.id"], name=op.f("fk_place_question_unit_id_admin_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_question")),
    )
    op.create_index("ix_place_question_state_former_id", "place_question", ["state", "former_id", "hamlet_key"])
    op.create_index(
        "uq_place_question_open",
        "place_question",
        ["subject_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("place_question")
