"""EPCIS events, what and whom they name, and the capture jobs.

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0011_epcis
Revises: 0010_unread
"""

import sqlalchemy as sa
from alembic import op


revision = "0011_epcis"
down_revision = "0010_unread"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "trace_captures",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("captured_by", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=40), nullable=True),
        sa.Column("path", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_captures")),
    )
    op.create_index(op.f("ix_trace_captures_captured_by"), "trace_captures", ["captured_by"], unique=False)
    op.create_table(
        "trace_events",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("event_id", sa.String(length=120), nullable=False),
        sa.Column("declares_error", sa.Boolean(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=True),
        sa.Column("biz_step", sa.String(length=320), nullable=True),
        sa.Column("place", sa.String(length=320), nullable=True),
        sa.Column("event_time", _TIME, nullable=False),
        sa.Column("recorded_at", _TIME, nullable=False),
        sa.Column("captured_by", sa.String(length=80), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("entry", _BIG, nullable=False),
        sa.Column("capture", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["capture"], ["trace_captures.id"], name=op.f("fk_trace_events_capture_trace_captures")
        ),
        sa.ForeignKeyConstraint(["entry"], ["trace_entries.id"], name=op.f("fk_trace_events_entry_trace_entries")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_events")),
        sa.UniqueConstraint("entry", name=op.f("uq_trace_events_entry")),
    )
    op.create_index(op.f("ix_trace_events_capture"), "trace_events", ["capture"], unique=False)
    op.create_index(op.f("ix_trace_events_captured_by"), "trace_events", ["captured_by"], unique=False)
    op.create_index(op.f("ix_trace_events_event_time"), "trace_events", ["event_time"], unique=False)
    op.create_index(
        "uq_trace_events_event_id_declares_error", "trace_events", ["event_id", "declares_error"], unique=True
    )
    op.create_table(
        "trace_event_parties",
        sa.Column("event", _BIG, nullable=False),
        sa.Column("side", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(["event"], ["trace_events.id"], name=op.f("fk_trace_event_parties_event_trace_events")),
        sa.PrimaryKeyConstraint("event", "side", "name", name=op.f("pk_trace_event_parties")),
    )
    op.create_index("ix_trace_event_parties_name_event", "trace_event_parties", ["name", "event"], unique=False)
    op.create_table(
        "trace_event_things",
        sa.Column("event", _BIG, nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(["event"], ["trace_events.id"], name=op.f("fk_trace_event_things_event_trace_events")),
        sa.PrimaryKeyConstraint("event", "role", "name", name=op.f("pk_trace_event_things")),
    )
    op.create_index("ix_trace_event_things_name_event", "trace_event_things", ["name", "event"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table("trace_event_things")
    op.drop_table("trace_event_parties")
    op.drop_table("trace_events")
    op.drop_table("trace_captures")
