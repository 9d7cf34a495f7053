"""Certificates of establishments.

Revision ID: 0020_certificates
Revises: 0019_prints
"""

import sqlalchemy as sa
from alembic import op

revision = "0020_certificates"
down_revision = "0019_prints"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "trace_certificates",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("establishment", sa.String(40), nullable=False),
        sa.Column("establishment_logged", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("issuer", sa.String(200), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("paper", sa.String(64), nullable=True),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
        sa.Column("recorded_at", _TIME, nullable=False),
        sa.Column("entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("withdrawn_at", _TIME, nullable=True),
        sa.Column("withdrawn_entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name=op.f("ck_trace_certificates_days")),
        sa.ForeignKeyConstraint(
            ["entry"], ["trace_entries.id"], name=op.f("fk_trace_certificates_entry_trace_entries")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_entry"],
            ["trace_entries.id"],
            name=op.f("fk_trace_certificates_withdrawn_entry_trace_entries"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_certificates")),
        sa.UniqueConstraint("entry", name=op.f("uq_trace_certificates_entry")),
    )
    op.create_index(op.f("ix_trace_certificates_establishment"), "trace_certificates", ["establishment"])
    op.create_index(op.f("ix_trace_certificates_valid_to"), "trace_certificates", ["valid_to"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("trace_certificates")
