"""Files of recalls with their clock, who was told, and requests that need a second person.

Revision ID: 0018_recall_files
Revises: 0017_case_work
"""

import sqlalchemy as sa
from alembic import op

revision = "0018_recall_files"
down_revision = "0017_case_work"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "void_request",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("about", sa.String(32), nullable=True),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("first", sa.Integer(), nullable=True),
        sa.Column("last", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.String(32), nullable=False),
        sa.Column("stamps", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("decided_by", sa.String(64), nullable=True),
        sa.Column("decided_at", _TIME, nullable=True),
        sa.CheckConstraint("state IN ('asked', 'done', 'refused')", name=op.f("ck_void_request_state")),
        sa.CheckConstraint("kind IN ('range', 'recall')", name=op.f("ck_void_request_kind")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_void_request_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_void_request")),
    )
    op.create_index("ix_void_request_queue", "void_request", ["state", "asked_at"])
    op.create_index(op.f("ix_void_request_organisation_id"), "void_request", ["organisation_id"])
    op.create_table(
        "recall_file",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organisation_id", sa.String(32), nullable=False),
        sa.Column("product_id", sa.String(32), nullable=False),
        sa.Column("found_at", _TIME, nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("opened_by", sa.String(64), nullable=False),
        sa.Column("by_officer", sa.Boolean(), nullable=False),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.Column("closed_by", sa.String(64), nullable=True),
        sa.Column("note", sa.String(300), nullable=True),
        sa.Column("client_id", sa.String(36), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_recall_file_organisation_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_recall_file_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_file")),
        sa.UniqueConstraint("client_id", name=op.f("uq_recall_file_client_id")),
    )
    op.create_index("ix_recall_file_open", "recall_file", ["closed_at", "found_at"])
    op.create_index(op.f("ix_recall_file_organisation_id"), "recall_file", ["organisation_id"])
    op.create_index(op.f("ix_recall_file_product_id"), "recall_file", ["product_id"])
    op.create_table(
        "recall_notice",
        sa.Column("recall_id", sa.String(32), nullable=False),
        sa.Column("login_id", sa.String(32), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["recall_id"], ["recall_file.id"], name=op.f("fk_recall_notice_recall_id")),
        sa.ForeignKeyConstraint(["login_id"], ["logins.id"], name=op.f("fk_recall_notice_login_id")),
        sa.ForeignKeyConstraint(["message_id"], ["sms_messages.id"], name=op.f("fk_recall_notice_message_id")),
        sa.PrimaryKeyConstraint("recall_id", "login_id", name=op.f("pk_recall_notice")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("recall_notice")
    op.drop_table("recall_file")
    op.drop_table("void_request")
