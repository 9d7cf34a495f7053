"""Owners who ask for a household that a list put on record.

Revision ID: 0015_claims
Revises: 0014_log_keys
"""

import sqlalchemy as sa
from alembic import op

from traceability.types import UtcDateTime

revision = "0015_claims"
down_revision = "0014_log_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "household_claim",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("draft_id", sa.String(length=36), nullable=False),
        sa.Column("login_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.CheckConstraint("state IN ('asked', 'accepted', 'refused', 'void')", name=op.f("ck_household_claim_state")),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_household_claim_draft_id_draft")),
        sa.ForeignKeyConstraint(["login_id"], ["logins.id"], name=op.f("fk_household_claim_login_id_logins")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_household_claim_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_claim")),
    )
    with op.batch_alter_table("household_claim") as table:
        table.create_index(op.f("ix_household_claim_draft_id"), ["draft_id"])
        table.create_index(op.f("ix_household_claim_organisation_id"), ["organisation_id"])
        table.create_index(
            "uq_household_claim_open", ["draft_id"], unique=True,
            sqlite_where=sa.text("state = 'asked'"), postgresql_where=sa.text("state = 'asked'"),
        )  # fmt: skip


def downgrade() -> None:
    """Undo."""
    op.drop_table("household_claim")
