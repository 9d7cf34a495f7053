"""The feed to the operations centre: recipient, watermarks, batches; clients and tokens of OAuth 2.

Revision ID: 0007_feed
Revises: 0006_assisted
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_feed"
down_revision = "0006_assisted"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "adopt_recipient",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("url", sa.String(300), nullable=False),
        sa.Column("audience", sa.String(48), nullable=False),
        sa.Column("breaker", sa.String(9), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("pause_s", sa.Integer(), nullable=False),
        sa.Column("open_until", _TIME, nullable=True),
        sa.Column("gone_at", _TIME, nullable=True),
        sa.CheckConstraint("breaker IN ('closed', 'open', 'half_open')", name=op.f("ck_adopt_recipient_breaker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adopt_recipient")),
    )
    op.create_table(
        "adopt_watermark",
        sa.Column("recipient", sa.String(24), nullable=False),
        sa.Column("indicator", sa.String(24), nullable=False),
        sa.Column("cut", sa.String(48), nullable=False),
        sa.Column("sent_seq", _BIG, nullable=False),
        sa.Column("acked_seq", _BIG, nullable=False),
        sa.Column("held", sa.String(24), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("recipient", "indicator", "cut", name=op.f("pk_adopt_watermark")),
    )
    op.create_table(
        "adopt_batch",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("recipient", sa.String(24), nullable=False),
        sa.Column("indicator", sa.String(24), nullable=False),
        sa.Column("cut", sa.String(48), nullable=False),
        sa.Column("prev_seq", _BIG, nullable=False),
        sa.Column("from_seq", _BIG, nullable=False),
        sa.Column("to_seq", _BIG, nullable=False),
        sa.Column("rows_sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", _TIME, nullable=True),
        sa.Column("answer", sa.String(200), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.CheckConstraint(
            "state IN ('due', 'sending', 'retry_wait', 'acknowledged', 'conflict', 'refused')",
            name=op.f("ck_adopt_batch_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adopt_batch")),
    )
    op.create_index("ix_adopt_batch_lane", "adopt_batch", ["recipient", "indicator", "cut", "state"], unique=False)
    op.create_table(
        "oauth_client",
        sa.Column("id", sa.String(48), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_client")),
    )
    op.create_table(
        "oauth_token",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("client_id", sa.String(48), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["oauth_client.id"], name=op.f("fk_oauth_token_client_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_oauth_token")),
    )
    op.create_index(op.f("ix_oauth_token_client_id"), "oauth_token", ["client_id"], unique=False)
    op.create_index(op.f("ix_oauth_token_expires_at"), "oauth_token", ["expires_at"], unique=False)


def downgrade() -> None:
    """Undo."""
    for table in ("oauth_token", "oauth_client", "adopt_batch", "adopt_watermark", "adopt_recipient"):
        op.drop_table(table)
