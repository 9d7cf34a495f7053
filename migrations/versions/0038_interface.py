"""What a link asks its payer, secrets that overlap, and more of what happened at each call out.

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0038_interface
Revises: 0037_settling
"""

import sqlalchemy as sa
from alembic import op


revision = "0038_interface"
down_revision = "0037_settling"
branch_labels = None
depends_on = None

_AT = sa.DateTime(timezone=True)
_NEW = (
    ("pay_products", "images", sa.JSON()),
    ("pay_links", "fields", sa.JSON()),
    ("pay_links", "texts", sa.JSON()),
    ("pay_links", "submit_type", sa.String(length=12)),
    ("pay_link_lines", "adjustable", sa.JSON()),
    ("pay_sessions", "left_at", _AT),
    ("pay_sessions", "fields", sa.JSON()),
    ("pay_sessions", "texts", sa.JSON()),
    ("pay_sessions", "recovered_from", sa.String(length=40)),
    ("pay_endpoints", "previous_sealed", sa.Text()),
    ("pay_endpoints", "previous_until", _AT),
    ("pay_endpoints", "paused_at", _AT),
    ("pay_delivery_tries", "address", sa.String(length=64)),
    ("pay_events", "previous", sa.Text()),
)


def upgrade() -> None:
    for table, name, kind in _NEW:
        op.add_column(table, sa.Column(name, kind, nullable=True))
    op.add_column("pay_sessions", sa.Column("recovers", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("pay_sessions", "recovers")
    for table, name, _kind in reversed(_NEW):
        op.drop_column(table, name)
